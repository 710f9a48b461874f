#include "nacre/check/interner.h"

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace nacre::check {

size_t Interner::SlotOf(std::string_view text) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = absl::HashOf(absl::string_view(text.data(), text.size())) & mask;
  while (slots_[slot] != kNone && this->text(slots_[slot]) != text) slot = (slot + 1) & mask;
  return slot;
}

void Interner::Grow() {
  slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, kNone);
  for (uint32_t id = 0; id < size(); ++id) slots_[SlotOf(text(id))] = id;
}

uint32_t Interner::Intern(std::string_view text) {
  if (slots_.size() < 2 * (ends_.size() + 1)) Grow();
  const size_t slot = SlotOf(text);
  if (slots_[slot] != kNone) return slots_[slot];
  const uint32_t id = size();
  bytes_.append(text);
  ends_.push_back(bytes_.size());
  slots_[slot] = id;
  return id;
}

uint32_t Interner::Find(std::string_view text) const {
  return slots_.empty() ? kNone : slots_[SlotOf(text)];
}

size_t Interner::memory_bytes() const {
  return bytes_.capacity() + ends_.capacity() * sizeof(uint64_t) +
         slots_.capacity() * sizeof(uint32_t);
}

}  // namespace nacre::check
