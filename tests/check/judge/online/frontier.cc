#include "tests/check/judge/online/frontier.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace nacre::check::judge {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

KeyState* Frontier::Find(std::string_view key) {
  const auto it = states_.find(Absl(key));
  return it == states_.end() ? nullptr : it->second.get();
}

KeyState* Frontier::Touch(std::string_view key, uint64_t now) {
  KeyState* const state = Find(key);
  if (state != nullptr) state->touched = now;
  return state;
}

KeyState& Frontier::Make(std::string_view key, uint64_t now) {
  std::unique_ptr<KeyState>& state = states_[Absl(key)];
  if (state == nullptr) state = std::make_unique<KeyState>();
  state->touched = now;
  return *state;
}

void Frontier::ForgetUnused(uint64_t in_use) {
  if (states_.size() <= keys_max_) return;
  std::vector<std::pair<uint64_t, std::string_view>> unused;
  for (const auto& [key, state] : states_) {
    if (state->touched < in_use) unused.emplace_back(state->touched, key);
  }
  // A quarter more than has to be, so that it is not done for every key.
  const size_t surplus = states_.size() - keys_max_ + keys_max_ / 4;
  const size_t count = std::min(surplus, unused.size());
  std::partial_sort(unused.begin(), unused.begin() + static_cast<ptrdiff_t>(count), unused.end());
  for (size_t i = 0; i < count; ++i) {
    // FORGOTTEN-IS-KNOWN: what is erased is in the filter first.
    forgotten_keys_.Insert(HashOfText(unused[i].second));
    any_forgotten_ = true;
    states_.erase(Absl(unused[i].second));
  }
}

size_t Frontier::memory_bytes() const {
  size_t bytes = forgotten_keys_.memory_bytes() + dropped_values_.memory_bytes() +
                 states_.capacity() * (sizeof(std::string) + sizeof(void*) + 1);
  const auto heap = [](const std::string& text) {
    return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
  };
  for (const auto& [key, state] : states_) {
    bytes += sizeof(KeyState) + heap(key) + heap(state->value) +
             (state->session.has_value() ? heap(*state->session) : 0);
  }
  return bytes;
}

}  // namespace nacre::check::judge
