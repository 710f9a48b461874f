#include "tests/check/explore/model.h"

#include <algorithm>

namespace nacre::check::explore {

Timeline::Timeline(const State& initial, uint64_t timestamp, const Expiries& expiries) {
  for (const auto& [key, value] : initial) {
    Written written{value, std::nullopt};
    if (auto expiry = expiries.find(key); expiry != expiries.end()) {
      written.expires_s = expiry->second;
    }
    changes_[key].push_back({timestamp, std::move(written)});
  }
}

void Timeline::Apply(uint64_t timestamp, const WriteSet& writes) {
  for (const auto& [key, written] : writes) changes_[key].push_back({timestamp, written});
}

std::optional<std::string> Timeline::Get(const std::string& key, uint64_t at, int64_t now_s) const {
  auto changes = changes_.find(key);
  if (changes == changes_.end()) return std::nullopt;
  std::optional<std::string> value;
  for (const Change& change : changes->second) {
    if (change.timestamp > at) break;
    value = change.written.At(now_s);
  }
  return value;
}

KeyValues Timeline::Range(const std::string& start, const std::string& end, uint64_t at,
                          int64_t now_s) const {
  KeyValues items;
  for (auto it = changes_.lower_bound(start); it != changes_.end() && it->first < end; ++it) {
    if (std::optional<std::string> value = Get(it->first, at, now_s)) {
      items.emplace_back(it->first, *std::move(value));
    }
  }
  return items;
}

State Timeline::StateAt(uint64_t at, int64_t now_s) const {
  State state;
  for (const auto& [key, changes] : changes_) {
    if (std::optional<std::string> value = Get(key, at, now_s))
      state.emplace(key, *std::move(value));
  }
  return state;
}

std::optional<uint64_t> Timeline::WrittenIn(const std::string& key, uint64_t after,
                                            uint64_t up_to) const {
  auto changes = changes_.find(key);
  if (changes == changes_.end()) return std::nullopt;
  for (const Change& change : changes->second) {
    if (change.timestamp > after && change.timestamp <= up_to) return change.timestamp;
  }
  return std::nullopt;
}

bool Timeline::RangeWrittenIn(const std::string& start, const std::string& end, uint64_t after,
                              uint64_t up_to) const {
  for (auto it = changes_.lower_bound(start); it != changes_.end() && it->first < end; ++it) {
    if (WrittenIn(it->first, after, up_to)) return true;
  }
  return false;
}

absl::StatusOr<std::optional<std::string>> ModelTransaction::Get(const std::string& key) {
  auto own = writes_.find(key);
  if (own != writes_.end()) return own->second.At(now_s_);
  return timeline_.Get(key, at_, now_s_);
}

absl::StatusOr<std::optional<std::string>> ModelTransaction::GetForUpdate(const std::string& key) {
  locked_.insert(key);
  return Get(key);
}

absl::StatusOr<bool> ModelTransaction::Exists(const std::string& key) {
  return Get(key)->has_value();
}

KeyValues ModelTransaction::Visible(const std::string& start, const std::string& end) const {
  State merged;
  for (auto& [key, value] : timeline_.Range(start, end, at_, now_s_)) merged.emplace(key, value);
  for (auto own = writes_.lower_bound(start); own != writes_.end() && own->first < end; ++own) {
    if (std::optional<std::string> value = own->second.At(now_s_)) {
      merged[own->first] = *std::move(value);
    } else {
      merged.erase(own->first);
    }
  }
  return KeyValues(merged.begin(), merged.end());
}

absl::StatusOr<KeyValues> ModelTransaction::Scan(const std::string& start, const std::string& end,
                                                 bool reverse, std::optional<uint64_t> limit) {
  KeyValues items = Visible(start, end);
  if (reverse) std::reverse(items.begin(), items.end());
  if (limit && items.size() > *limit) items.resize(*limit);
  return items;
}

absl::StatusOr<uint64_t> ModelTransaction::Count(const std::string& start, const std::string& end) {
  return Visible(start, end).size();
}

absl::Status ModelTransaction::Put(const std::string& key, const std::string& value,
                                   std::optional<int64_t> expires_s) {
  writes_[key] = {value, expires_s};
  return absl::OkStatus();
}

absl::Status ModelTransaction::Delete(const std::string& key) {
  writes_[key] = {std::nullopt, std::nullopt};
  return absl::OkStatus();
}

absl::Status ModelTransaction::SetSavepoint() {
  savepoint_ = writes_;
  return absl::OkStatus();
}

absl::Status ModelTransaction::RollbackToSavepoint() {
  writes_ = savepoint_;
  return absl::OkStatus();
}

}  // namespace nacre::check::explore
