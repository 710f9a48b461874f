#include "tests/check/judge/format/event_pairing.h"

#include <algorithm>
#include <utility>

#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

// What an invocation and its completion have in common: all but what was read.
std::string ShapeOf(const std::vector<Op>& ops) {
  std::string shape;
  for (const Op& op : ops) {
    const char kind = op.writes() ? static_cast<char>('A' + static_cast<int>(op.kind)) : 'r';
    shape += kind;
    shape.append(reinterpret_cast<const char*>(&op.key), sizeof(op.key));
    if (op.writes()) shape.append(reinterpret_cast<const char*>(&op.value), sizeof(op.value));
  }
  return shape;
}

}  // namespace

uint64_t EventPairing::NameOf(uint64_t number) {
  while (!names_.insert(number).second) number = next_name_++;
  next_name_ = std::max(next_name_, number + 1);
  return number;
}

TxnId EventPairing::AddDangling(const Open& open) {
  ++dangling_;
  return builder_.Add({.session = open.process,
                       .outcome = Outcome::kIndeterminate,
                       .invoked = open.invoked,
                       .line = open.line,
                       .number = NameOf(open.number)},
                      open.ops);
}

void EventPairing::LeaveBehind(const Open& open) {
  const TxnId txn = AddDangling(open);
  const auto [it, first] =
      left_behind_.try_emplace({open.process, ShapeOf(open.ops)}, LeftBehind{.txn = txn});
  if (!first) it->second.alike = true;
  it->second.invoked.push_back(open.invoked);
}

// The completion of what its process had left behind: not what it has open, by its looks.
std::optional<EventPairing::LeftBehind> EventPairing::CloseLeftBehind(const Event& event) {
  if (event.process == kNone || left_behind_.empty()) return std::nullopt;
  const std::string shape = ShapeOf(event.ops);
  const auto it = left_behind_.find(ProcessShape(event.process, shape));
  if (it == left_behind_.end()) return std::nullopt;
  const auto open = by_process_.find(event.process);
  if (open != by_process_.end() && ShapeOf(open->second.ops) == shape) {
    // CONSERVATIVE-TIME: this is of the oldest, and the next of none that is older than the second.
    std::deque<uint64_t>& invoked = it->second.invoked;
    invoked.push_back(open->second.invoked);
    open->second.invoked = invoked.front();
    invoked.pop_front();
    it->second.alike = true;
    return std::nullopt;
  }
  const LeftBehind closed = it->second;
  if (!closed.alike) left_behind_.erase(it);
  return closed;
}

std::optional<EventPairing::Open> EventPairing::Close(const Event& event) {
  if (event.process != kNone) {
    const auto it = by_process_.find(event.process);
    if (it == by_process_.end()) return std::nullopt;
    Open open = std::move(it->second);
    by_process_.erase(it);
    return open;
  }
  const auto it = by_shape_.find(ShapeOf(event.ops));
  if (it == by_shape_.end()) return std::nullopt;
  std::vector<Open>& alike = it->second;
  Open open = std::move(alike.back());
  alike.pop_back();
  // CONSERVATIVE-TIME: the oldest stays behind until it is the last.
  if (!alike.empty()) open.invoked = alike.front().invoked;
  if (alike.empty()) by_shape_.erase(it);
  return open;
}

bool EventPairing::Take(Event event) {
  const uint64_t now = ++clock_;
  const uint64_t number = event.index.value_or(now - 1);
  if (event.process == kNone) ++without_process_;
  if (event.type == Event::Type::kInvoke) {
    Open open = {.ops = std::move(event.ops),
                 .invoked = now,
                 .line = event.line,
                 .number = number,
                 .process = event.process};
    if (event.process == kNone) {
      by_shape_[ShapeOf(open.ops)].push_back(std::move(open));
      return true;
    }
    const auto [it, first] = by_process_.try_emplace(event.process);
    if (!first) LeaveBehind(it->second);
    it->second = std::move(open);
    return true;
  }
  if (const std::optional<LeftBehind> closed = CloseLeftBehind(event); closed.has_value()) {
    if (event.type == Event::Type::kFail && !closed->alike) builder_.SetAborted(closed->txn);
    if (!closed->alike) --dangling_;
    return event.type != Event::Type::kOk;
  }
  std::optional<Open> open = Close(event);
  if (!open.has_value()) ++without_invocation_;
  TxnInfo info = {.session = event.process,
                  .outcome = event.type == Event::Type::kOk     ? Outcome::kCommitted
                             : event.type == Event::Type::kFail ? Outcome::kAborted
                                                                : Outcome::kIndeterminate,
                  .invoked = open.has_value() ? open->invoked : kAlways,
                  .completed = now,
                  .line = event.line,
                  .number = NameOf(number)};
  // What failed tells best what it tried in its invocation, whose reads have no results.
  if (event.type == Event::Type::kOk || !open.has_value()) {
    builder_.Add(info, event.ops);
    return true;
  }
  std::erase_if(open->ops, [](const Op& op) { return !op.writes(); });
  builder_.Add(info, open->ops);
  return true;
}

void EventPairing::Finish() {
  std::vector<Open> rest;
  for (auto& [process, open] : by_process_) rest.push_back(std::move(open));
  for (auto& [shape, alike] : by_shape_) {
    for (Open& open : alike) rest.push_back(std::move(open));
  }
  std::sort(rest.begin(), rest.end(),
            [](const Open& a, const Open& b) { return a.invoked < b.invoked; });
  for (const Open& open : rest) AddDangling(open);
  if (dangling_ > 0) {
    builder_.Note(Cat(dangling_, " invocations have no completion: they may have happened or not"));
  }
  if (without_invocation_ > 0) {
    builder_.Note(
        Cat(without_invocation_, " completions have no invocation: when they began is not known"));
  }
  if (without_process_ > 0) {
    builder_.Note(Cat(without_process_, " events name no process: they are in no session's order"));
  }
}

}  // namespace nacre::check::judge
