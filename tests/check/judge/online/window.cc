#include "tests/check/judge/online/window.h"

#include <algorithm>
#include <utility>

namespace nacre::check::judge {

KeyId Window::Key(std::string_view text, Frontier& frontier) {
  const KeyId key = keys.Intern(text);
  if (key == states_.size()) {
    states_.push_back(frontier.Find(text));
    // A key that is in use has a state or came up in the window, so it is not forgotten.
    forgotten_.push_back(states_.back() == nullptr && frontier.WasForgotten(text));
  }
  return key;
}

namespace {

// Moves transactions into a new window, where texts and lists are numbered anew.
class Mover {
 public:
  Mover(const Window& from, Window& to, const std::vector<std::vector<ValueId>>& dropped,
        Frontier& frontier)
      : from_(from),
        to_(to),
        dropped_(dropped),
        frontier_(frontier),
        keys_(from.keys.size(), kNone),
        values_(from.values.size(), kNone),
        sessions_(from.sessions.size(), kNone) {}

  void Move(KeptTxn txn) {
    if (txn.info.session != kNone) {
      uint32_t& session = sessions_[txn.info.session];
      if (session == kNone) session = to_.sessions.Intern(from_.sessions.text(txn.info.session));
      txn.info.session = session;
    }
    for (KeptOp& kept : txn.ops) {
      Op& op = kept.op;
      const KeyId key = op.key;
      op.key = Key(key);
      if (op.kind == OpKind::kReadList) {
        MoveList(kept, key);
      } else if (op.kind == OpKind::kScan) {
        if (op.value != kNone) op.value = Key(op.value);
      } else if (op.value != kNone) {
        op.value = Value(op.value);
      }
    }
    to_.txns.push_back(std::move(txn));
  }

 private:
  KeyId Key(KeyId key) {
    if (keys_[key] == kNone) keys_[key] = to_.Key(from_.keys.text(key), frontier_);
    return keys_[key];
  }
  ValueId Value(ValueId value) {
    if (values_[value] == kNone) values_[value] = to_.values.Intern(from_.values.text(value));
    return values_[value];
  }

  void MoveList(KeptOp& kept, KeyId key) {
    Op& op = kept.op;
    std::vector<ValueId> elements = from_.lists.Elements(op.list());
    if (kept.reach == Reach::kWithin && !dropped_[key].empty()) {
      const std::vector<ValueId>& dropped = dropped_[key];
      const size_t base = elements.size() - std::min<size_t>(kept.appended, elements.size());
      const size_t taken = std::min(base, dropped.size());
      // LISTS-AGREE: what is taken off is what was dropped, or the list is said to reach behind.
      if (!std::equal(dropped.begin(), dropped.begin() + static_cast<ptrdiff_t>(taken),
                      elements.begin())) {
        kept.reach = Reach::kUnclear;
      } else if (base < dropped.size()) {
        const KeyState& state = *to_.state(op.key);
        const size_t length = state.length - dropped.size() + base;
        kept.reach = length <= state.read_length ? Reach::kBehind : Reach::kUnclear;
      }
      elements.erase(elements.begin(), elements.begin() + static_cast<ptrdiff_t>(taken));
    }
    ListRef list = to_.lists.Empty(op.key);
    for (const ValueId element : elements) list = to_.lists.Extend(list, Value(element));
    op.value = list.branch;
    op.extra = list.length;
  }

  const Window& from_;
  Window& to_;
  const std::vector<std::vector<ValueId>>& dropped_;
  Frontier& frontier_;
  std::vector<uint32_t> keys_;
  std::vector<uint32_t> values_;
  std::vector<uint32_t> sessions_;
};

}  // namespace

void Window::Compact(const std::vector<bool>& drop,
                     const std::vector<std::vector<ValueId>>& dropped, Frontier& frontier) {
  Window next;
  next.txns.reserve(static_cast<size_t>(
      std::count(drop.begin(), drop.begin() + static_cast<ptrdiff_t>(txns.size()), false)));
  Mover mover(*this, next, dropped, frontier);
  for (size_t i = 0; i < txns.size(); ++i) {
    if (!drop[i]) mover.Move(std::move(txns[i]));
  }
  *this = std::move(next);
}

void Window::TouchStates(uint64_t now) {
  for (KeyState* const state : states_) {
    if (state != nullptr) state->touched = now;
  }
}

size_t Window::memory_bytes() const {
  size_t bytes = keys.memory_bytes() + values.memory_bytes() + sessions.memory_bytes() +
                 lists.memory_bytes() + txns.capacity() * sizeof(KeptTxn) +
                 states_.capacity() * sizeof(void*) + forgotten_.capacity() / 8;
  for (const KeptTxn& txn : txns) bytes += txn.ops.capacity() * sizeof(KeptOp);
  return bytes;
}

}  // namespace nacre::check::judge
