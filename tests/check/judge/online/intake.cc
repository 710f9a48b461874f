#include "tests/check/judge/online/intake.h"

#include <algorithm>
#include <utility>

#include "tests/check/judge/online/window_history.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {

void Intake::Push(OpKind kind, std::string_view key, std::optional<std::string_view> value) {
  if (closed_) return;
  const KeyId k = Key(key);
  const bool read = kind == OpKind::kRead;
  current_.push_back({.op = {.kind = kind,
                             .in_scan = read && scan_ != SIZE_MAX,
                             .key = k,
                             .value = value.has_value() ? window_.values.Intern(*value) : kNone}});
}

void Intake::BeginList(std::string_view key) {
  if (closed_) return;
  list_key_ = Key(key);
  list_bytes_.clear();
  list_ends_.clear();
}

void Intake::Element(std::string_view text) {
  if (closed_) return;
  list_bytes_.append(text);
  list_ends_.push_back(list_bytes_.size());
}

void Intake::EndList() {
  if (closed_) return;
  KeptOp kept = {
      .op = {
          .kind = OpKind::kReadList, .in_scan = scan_ != SIZE_MAX, .key = list_key_, .value = 0}};
  for (const KeptOp& other : current_) {
    const bool append = other.op.kind == OpKind::kAppend && other.op.key == list_key_;
    kept.appended += append ? 1 : 0;
  }
  size_t first = 0;  // What is kept of the list.
  const KeyState* const state = window_.state(list_key_);
  if (state != nullptr && state->is_list && !window_.forgotten(list_key_)) {
    first = Compare(*state, kept);
  }
  ListRef list = window_.lists.Empty(list_key_);
  for (size_t i = first; i < list_ends_.size(); ++i) {
    const std::string_view text = ListElement(i);
    ValueId value = window_.lists.Likely(list);
    if (value == kNone || window_.values.text(value) != text) {
      value = window_.values.Intern(text);
    }
    list = window_.lists.Extend(list, value);
  }
  kept.op.value = list.branch;
  kept.op.extra = list.length;
  current_.push_back(kept);
}

void Intake::BeginScan(std::string_view start, std::optional<std::string_view> end, bool reverse,
                       bool limited) {
  if (closed_) return;
  scan_ = current_.size();
  const KeyId from = Key(start);
  const KeyId to = end.has_value() ? Key(*end) : kNone;
  current_.push_back({.op = {.kind = OpKind::kScan,
                             .reverse = reverse,
                             .limited = limited,
                             .key = from,
                             .value = to}});
}

void Intake::EndScan() {
  if (closed_) return;
  current_[scan_].op.extra = static_cast<uint32_t>(current_.size() - scan_ - 1);
  scan_ = SIZE_MAX;
}

KeyId Intake::Key(std::string_view text) {
  const KeyId key = window_.Key(text, frontier_);
  if (text >= MarksBegin()) Doubt("a key begins with eight bytes of 0xff");
  if (window_.state(key) != nullptr) window_.state(key)->touched = transactions_ + 1;
  return key;
}

std::string_view Intake::ListElement(size_t i) const {
  const size_t begin = i == 0 ? 0 : list_ends_[i - 1];
  return std::string_view(list_bytes_).substr(begin, list_ends_[i] - begin);
}

// How a list that was read stands to what was dropped of it. Returns how much of it to pass over.
size_t Intake::Compare(const KeyState& state, KeptOp& kept) const {
  const size_t own = std::min<size_t>(kept.appended, list_ends_.size());
  const size_t base = list_ends_.size() - own;
  if (base < state.length) {
    kept.reach = base <= state.read_length ? Reach::kBehind : Reach::kUnclear;
    return base;
  }
  uint64_t hash = 0;
  bool as_read = state.read_length == 0;
  for (uint32_t i = 0; i < state.length; ++i) {
    hash = ChainHash(hash, ListElement(i));
    if (i + 1 == state.read_length) as_read = hash == state.read_hash;
  }
  if (!as_read) {
    kept.reach = Reach::kContradicts;
  } else if (hash != state.hash) {
    kept.reach = Reach::kUnclear;
  }
  return state.length;
}

void Intake::Take(KeptTxn& txn) {
  size_t scan = SIZE_MAX;
  for (const KeptOp& kept : current_) {
    const Op& op = kept.op;
    if (op.kind == OpKind::kScan) {
      scan = txn.ops.size();
    } else if (window_.forgotten(op.key)) {
      if (op.in_scan && scan < txn.ops.size()) --txn.ops[scan].op.extra;
      if (txn.info.outcome != Outcome::kAborted) {
        ++beyond_;
        Doubt(Cat("T", txn.info.number, " used ", window_.keys.text(op.key),
                  ", which had not been used for so long that it was forgotten"));
      }
      continue;
    }
    // Reads of others are not judged, nor evidence.
    if (!op.writes() && txn.info.outcome != Outcome::kCommitted) continue;
    KeyState* const state = op.kind == OpKind::kScan ? nullptr : window_.state(op.key);
    const bool list = op.kind == OpKind::kAppend || op.kind == OpKind::kReadList;
    if (state != nullptr && state->is_list != list &&
        !(op.kind == OpKind::kRead && op.value == kNone)) {
      Doubt(Cat("key ", window_.keys.text(op.key), " is used as a list and as a register"));
    }
    if (state != nullptr && op.kind == OpKind::kReadList && kept.reach == Reach::kWithin) {
      state->read_length = state->length;  // Now it has been shown.
      state->read_hash = state->hash;
    }
    txn.writes |= op.writes();
    txn.ops.push_back(kept);
  }
  ++transactions_;
  Drop();
}

void Intake::Drop() {
  current_.clear();
  scan_ = SIZE_MAX;
}

void Intake::Doubt(std::string why) {
  if (doubt_.empty()) doubt_ = std::move(why);
}

size_t Intake::memory_bytes() const {
  return current_.capacity() * sizeof(KeptOp) + list_bytes_.capacity() +
         list_ends_.capacity() * sizeof(size_t);
}

}  // namespace nacre::check::judge
