#include "tests/model/reference.h"

#include <algorithm>

namespace nacre::model {

bool InRange(const Range& range, std::string_view key) {
  using Kind = Bound::Kind;
  if (range.start.kind == Kind::kInclusive && key < range.start.key) return false;
  if (range.start.kind == Kind::kExclusive && key <= range.start.key) return false;
  if (range.end.kind == Kind::kInclusive && key > range.end.key) return false;
  if (range.end.kind == Kind::kExclusive && key >= range.end.key) return false;
  return key.substr(0, range.prefix.size()) == range.prefix;
}

Items Select(const Contents& contents, const Range& range, int64_t now_ms) {
  Items items;
  for (const auto& [key, entry] : contents) {
    if (entry.LiveAt(now_ms) && InRange(range, key)) items.emplace_back(key, entry.value);
  }
  if (range.reverse) std::reverse(items.begin(), items.end());
  items.erase(items.begin(), items.begin() + static_cast<ptrdiff_t>(
                                                 std::min<uint64_t>(range.offset, items.size())));
  if (items.size() > range.limit) items.resize(range.limit);
  return items;
}

Reference::Reference(uint32_t keyspaces) : keyspaces_(keyspaces) {
  states_[0] = State(keyspaces, std::make_shared<Contents>());
}

void Reference::Commit(uint64_t timestamp, const Writes& writes) {
  State state = NewestState();
  std::map<uint32_t, std::shared_ptr<Contents>> copies;
  for (const auto& [place, entry] : writes) {
    auto& copy = copies[place.first];
    if (copy == nullptr) copy = std::make_shared<Contents>(*state[place.first]);
    const bool was_there = copy->count(place.second) != 0;
    changes_[place][timestamp] = entry || was_there ? Written::kYes : Written::kMaybe;
    if (entry) {
      (*copy)[place.second] = *entry;
    } else {
      copy->erase(place.second);
    }
  }
  for (auto& [keyspace, copy] : copies) state[keyspace] = copy;
  states_[timestamp] = std::move(state);
}

void Reference::Flush(uint64_t timestamp, uint32_t keyspace) {
  State state = NewestState();
  state[keyspace] = std::make_shared<Contents>();
  replacements_[keyspace].insert(timestamp);
  states_[timestamp] = std::move(state);
}

void Reference::FlushAll(uint64_t timestamp) {
  for (uint32_t keyspace = 0; keyspace < keyspaces_; ++keyspace) Flush(timestamp, keyspace);
}

void Reference::Swap(uint64_t timestamp, uint32_t a, uint32_t b) {
  State state = NewestState();
  std::swap(state[a], state[b]);
  replacements_[a].insert(timestamp);
  replacements_[b].insert(timestamp);
  states_[timestamp] = std::move(state);
}

const Contents& Reference::At(uint64_t timestamp, uint32_t keyspace) const {
  return *std::prev(states_.upper_bound(timestamp))->second[keyspace];
}

Written Reference::WrittenIn(const Place& place, uint64_t after, uint64_t up_to) const {
  auto changes = changes_.find(place);
  if (changes == changes_.end()) return Written::kNo;
  Written written = Written::kNo;
  for (auto it = changes->second.upper_bound(after);
       it != changes->second.end() && it->first <= up_to; ++it) {
    written = std::max(written, it->second);
  }
  return written;
}

bool Reference::ReplacedIn(uint32_t keyspace, uint64_t after, uint64_t up_to) const {
  auto timestamps = replacements_.find(keyspace);
  if (timestamps == replacements_.end()) return false;
  auto it = timestamps->second.upper_bound(after);
  return it != timestamps->second.end() && *it <= up_to;
}

void Reference::Forget(uint64_t oldest) {
  while (states_.size() > 1 && std::next(states_.begin())->first <= oldest) {
    states_.erase(states_.begin());
  }
  for (auto& [place, changes] : changes_) {
    changes.erase(changes.begin(), changes.upper_bound(oldest));
  }
}

bool ReferenceTransaction::RangeRead::Contains(const std::string& key) const {
  if (!InRange(range, key)) return false;
  if (!cut) return true;
  return range.reverse ? key >= *cut : key <= *cut;
}

Contents ReferenceTransaction::Visible(uint32_t keyspace) const {
  Contents contents = reference_.At(read_timestamp_, keyspace);
  for (const auto& [place, entry] : writes_) {
    if (place.first != keyspace) continue;
    if (entry) {
      contents[place.second] = *entry;
    } else {
      contents.erase(place.second);
    }
  }
  return contents;
}

void ReferenceTransaction::NoteLive(const Entry& entry) {
  earliest_expiry_read_ms_ = std::min(earliest_expiry_read_ms_, entry.expiry_ms);
}

std::optional<Entry> ReferenceTransaction::Get(const std::string& key) {
  keyspaces_read_.insert(keyspace_);
  const Place place{keyspace_, key};
  if (auto own = writes_.find(place); own != writes_.end()) {
    if (!own->second || !own->second->LiveAt(now_ms_)) return std::nullopt;
    return own->second;
  }
  read_keys_.insert(place);
  const Contents& contents = reference_.At(read_timestamp_, keyspace_);
  auto entry = contents.find(key);
  if (entry == contents.end() || !entry->second.LiveAt(now_ms_)) return std::nullopt;
  NoteLive(entry->second);
  return entry->second;
}

void ReferenceTransaction::NoteCommittedRead(const std::string& key) {
  keyspaces_read_.insert(keyspace_);
  read_keys_.insert({keyspace_, key});
  const Contents& contents = reference_.At(read_timestamp_, keyspace_);
  auto entry = contents.find(key);
  if (entry != contents.end() && entry->second.LiveAt(now_ms_)) NoteLive(entry->second);
}

std::optional<Entry> ReferenceTransaction::GetForUpdate(const std::string& key) {
  locked_.insert({keyspace_, key});
  return Get(key);
}

void ReferenceTransaction::NoteRange(const Range& range, std::optional<std::string> cut,
                                     bool certain) {
  keyspaces_read_.insert(keyspace_);
  auto read = std::make_unique<RangeRead>();
  read->keyspace = keyspace_;
  read->start = range.start.key;
  read->end = range.end.key;
  read->prefix = range.prefix;
  read->range = range;
  read->range.start.key = read->start;
  read->range.end.key = read->end;
  read->range.prefix = read->prefix;
  read->cut = std::move(cut);
  read->certain = certain;
  read_ranges_.push_back(std::move(read));
  for (const auto& [key, entry] : reference_.At(read_timestamp_, keyspace_)) {
    if (InRange(range, key) && entry.LiveAt(now_ms_)) NoteLive(entry);
  }
}

Items ReferenceTransaction::Scan(const Range& range, size_t stop_after) {
  if (range.limit == 0) return {};
  Items items = Select(Visible(keyspace_), range, now_ms_);
  std::optional<std::string> cut;
  if (items.size() >= stop_after) {
    items.resize(stop_after);
    cut = items.back().first;
  } else if (items.size() == range.limit) {
    cut = items.back().first;
  }
  NoteRange(range, cut, /*certain=*/true);
  return items;
}

uint64_t ReferenceTransaction::Count(const Range& range) { return Scan(range, SIZE_MAX).size(); }

Items ReferenceTransaction::Iterate(const Range& range) {
  NoteRange(range, std::nullopt, /*certain=*/false);
  return Select(Visible(keyspace_), range, now_ms_);
}

void ReferenceTransaction::Put(const std::string& key, const std::string& value, int64_t expiry_ms,
                               bool keep_expiry) {
  Entry entry{value, expiry_ms};
  if (keep_expiry) {
    const std::optional<Entry> replaced = Get(key);
    entry.expiry_ms = replaced ? replaced->expiry_ms : kNoExpiry;
  }
  writes_[{keyspace_, key}] = entry;
}

void ReferenceTransaction::Delete(const std::string& key) {
  writes_[{keyspace_, key}] = std::nullopt;
}

size_t ReferenceTransaction::SetSavepoint() {
  savepoints_.push_back(writes_);
  return savepoints_.size() - 1;
}

void ReferenceTransaction::RollbackTo(size_t savepoint) {
  writes_ = savepoints_[savepoint];
  savepoints_.resize(savepoint + 1);
}

Written ReferenceTransaction::ChangedForMe(const std::string& key, int64_t now_ms) const {
  const Place place{keyspace_, key};
  Written written = reference_.WrittenIn(place, read_timestamp_);
  // The vacuum may have removed what this transaction still sees alive.
  const Contents& contents = reference_.At(read_timestamp_, place.first);
  auto entry = contents.find(place.second);
  if (entry != contents.end() && entry->second.LiveAt(now_ms_) && !entry->second.LiveAt(now_ms)) {
    written = std::max(written, Written::kMaybe);
  }
  return written;
}

Written ReferenceTransaction::WriteConflict(int64_t now_ms) const {
  Written worst = Written::kNo;
  auto look = [&](const Place& place) {
    worst = std::max(worst, reference_.WrittenIn(place, read_timestamp_));
    const Contents& contents = reference_.At(read_timestamp_, place.first);
    auto entry = contents.find(place.second);
    if (entry != contents.end() && entry->second.LiveAt(now_ms_) && !entry->second.LiveAt(now_ms)) {
      worst = std::max(worst, Written::kMaybe);
    }
  };
  for (const auto& [place, entry] : writes_) look(place);
  for (const Place& place : locked_) look(place);
  return worst;
}

Written ReferenceTransaction::ReadConflict(int64_t now_ms) const {
  // Time moves for everybody when somebody looks at it, so this is possible and not certain.
  Written worst = earliest_expiry_read_ms_ <= now_ms ? Written::kMaybe : Written::kNo;
  auto live = [](const Contents& contents, const std::string& key, int64_t at_ms) {
    auto entry = contents.find(key);
    return entry != contents.end() && entry->second.LiveAt(at_ms);
  };
  reference_.ForEachWrittenAfter(read_timestamp_, [&](const Place& place, Written written) {
    // What was absent and is absent again reads the same in the instant of the commit.
    if (!live(reference_.At(read_timestamp_, place.first), place.second, now_ms_) &&
        !live(reference_.Newest(place.first), place.second, now_ms)) {
      written = Written::kMaybe;
    }
    if (read_keys_.count(place) != 0) worst = std::max(worst, written);
    for (const auto& read : read_ranges_) {
      if (read->keyspace != place.first || !read->Contains(place.second)) continue;
      worst = std::max(worst, read->certain ? written : Written::kMaybe);
    }
  });
  return worst;
}

Written ReferenceTransaction::KeyspaceConflict() const {
  Written worst = Written::kNo;
  auto look = [&](uint32_t keyspace, Written when_replaced) {
    if (reference_.ReplacedIn(keyspace, read_timestamp_)) worst = std::max(worst, when_replaced);
  };
  for (const auto& [place, entry] : writes_) look(place.first, Written::kYes);
  for (const Place& place : locked_) look(place.first, Written::kYes);
  if (isolation_ == Isolation::kSerializable) {
    for (uint32_t keyspace : keyspaces_read_) look(keyspace, Written::kYes);
  }
  // Touched by a write that was rolled back to a savepoint, or by Use() alone.
  for (uint32_t keyspace = 0; keyspace < reference_.keyspaces(); ++keyspace) {
    if (isolation_ == Isolation::kSerializable) look(keyspace, Written::kMaybe);
  }
  return worst;
}

ReferenceTransaction::Outcome ReferenceTransaction::Predict(int64_t now_ms) const {
  if (writes_.empty() && locked_.empty()) return Outcome::kCommits;
  Written worst = std::max(WriteConflict(now_ms), KeyspaceConflict());
  if (isolation_ == Isolation::kSerializable) {
    const Written read = ReadConflict(now_ms);
    // Without writes the locked keys alone must stand: the rest was read in one snapshot.
    worst = std::max(worst, writes_.empty() ? std::min(read, Written::kMaybe) : read);
  }
  if (writes_.empty() && worst == Written::kYes && WriteConflict(now_ms) != Written::kYes) {
    worst = Written::kMaybe;
  }
  switch (worst) {
    case Written::kNo: return Outcome::kCommits;
    case Written::kMaybe: return Outcome::kEither;
    case Written::kYes: return Outcome::kConflicts;
  }
  return Outcome::kEither;
}

std::string ReferenceTransaction::Describe() const {
  std::string text = "read at " + std::to_string(read_timestamp_) + ", begun at " +
                     std::to_string(now_ms_) + " ms, writes:";
  for (const auto& [place, entry] : writes_) {
    text += " " + std::to_string(place.first) + "/" + place.second + (entry ? "" : " deleted");
  }
  text += "; locked:";
  for (const Place& place : locked_) text += " " + std::to_string(place.first) + "/" + place.second;
  text += "; read:";
  for (const Place& place : read_keys_)
    text += " " + std::to_string(place.first) + "/" + place.second;
  text += "; ranges: " + std::to_string(read_ranges_.size()) + "; written since:";
  reference_.ForEachWrittenAfter(read_timestamp_, [&](const Place& place, Written written) {
    text += " " + std::to_string(place.first) + "/" + place.second;
    if (written == Written::kMaybe) text += " (maybe)";
  });
  for (uint32_t keyspace = 0; keyspace < reference_.keyspaces(); ++keyspace) {
    if (!reference_.ReplacedIn(keyspace, read_timestamp_)) continue;
    text += "; keyspace " + std::to_string(keyspace) + " replaced since";
  }
  return text;
}

}  // namespace nacre::model
