#include "engine/mvcc/record.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "engine/base/block.h"
#include "engine/base/check.h"

namespace nacre::mvcc {

Record* Record::Allocate(uint32_t tree_id, std::string_view key, size_t slot_units) {
  const size_t slot_bytes = slot_units == 0 ? 0 : sizeof(Version) + slot_units * 8;
  const size_t bytes = slot_units == 0 ? sizeof(Record) + key.size() : BytesBeforeSlot(key.size());
  void* memory = base::Blocks::Allocate(bytes + slot_bytes);
  const uint32_t with_slot = slot_units == 0 ? 0 : kHasSlot;
  auto* record = new (memory) Record(tree_id | with_slot, static_cast<uint32_t>(key.size()));
  if (!key.empty()) std::memcpy(static_cast<void*>(record + 1), key.data(), key.size());
  if (slot_units != 0) {
    new (record->slot())
        Version(Kind::kTombstone, 0, /*has_expiry=*/false, static_cast<uint8_t>(slot_units));
  }
  return record;
}

Record* Record::New(uint32_t tree_id, std::string_view key) { return Allocate(tree_id, key, 0); }

Record* Record::New(uint32_t tree_id, std::string_view key, const Version& first,
                    size_t inline_bytes_max) {
  const size_t bytes = first.memory_bytes() - sizeof(Version);
  const bool fits = !first.is_tombstone() && bytes <= inline_bytes_max && inline_bytes_max != 0;
  // An empty value gets a slot as well: what takes its place is longer.
  return Allocate(tree_id, key, fits ? std::max<size_t>(1, (bytes + 7) / 8) : 0);
}

Version* Record::slot() const {
  auto* bytes = reinterpret_cast<char*>(const_cast<Record*>(this));
  return reinterpret_cast<Version*>(bytes + BytesBeforeSlot(key_bytes_));
}

size_t Record::memory_bytes() const {
  if (!has_slot()) return MemoryBytes(key_bytes_);
  return BytesBeforeSlot(key_bytes_) + sizeof(Version) + size_t{slot()->slot_units_} * 8;
}

bool Record::FitsSlot(const Version& original) const {
  return !original.is_tombstone() && !original.is_inline() &&
         original.memory_bytes() - sizeof(Version) <= size_t{slot()->slot_units_} * 8;
}

Version* Record::InlineOver(const Version& original) {
  Version* const old = slot();
  if (!FitsSlot(original) || original.expires() != old->expires()) return nullptr;
  old->Overwrite(original.value(), original.expiry());
  return old;
}

Version* Record::InlineAgain(const Version& original) {
  if (!FitsSlot(original)) return nullptr;
  Version* const old = slot();
  Version* const copy =
      Version::Construct(old, Kind::kBytes, original.value(), original.expiry(), old->slot_units_);
  copy->slot_state_.store(kTaken, std::memory_order_relaxed);
  return copy;
}

Version* Record::TryInline(const Version& original) {
  if (!has_slot()) return nullptr;
  if (slot()->slot_state_.load(std::memory_order_acquire) != 0) return nullptr;
  return InlineAgain(original);
}

void Record::NoteRemoved() {
  if (has_slot()) slot()->slot_state_.fetch_or(kRemoved, std::memory_order_relaxed);
}

bool Record::removed() const {
  return (slot()->slot_state_.load(std::memory_order_relaxed) & kRemoved) != 0;
}

void Record::FreeBlock() {
  const size_t bytes = memory_bytes();
  this->~Record();
  base::Blocks::Free(this, bytes);
}

void Record::Free(void* object) {
  auto* record = static_cast<Record*>(object);
  if (record->has_slot() &&
      (record->slot()->slot_state_.fetch_or(kFreed, std::memory_order_acq_rel) & kTaken) != 0) {
    return;
  }
  record->FreeBlock();
}

void Record::FreeSlot(void* object) {
  auto* record = static_cast<Record*>(object);
  const auto not_taken = static_cast<uint8_t>(~(kTaken | Version::kDisplaced));
  if ((record->slot()->slot_state_.fetch_and(not_taken, std::memory_order_acq_rel) & kFreed) == 0) {
    return;
  }
  record->FreeBlock();
}

Version* Record::ReplaceHead(Version* copy) {
  Version* const old = head();
  const uint64_t committed = old->commit_timestamp();
  NACRE_CHECK(committed != 0, "a version was to be moved in the middle of a commit");
  copy->Stamp(committed);
  copy->set_previous(old->previous());
  set_head(copy);
  old->set_unlinked();
  return old;
}

void Record::Displace(Version* above, Version* copy) {
  Version* const old = slot();
  const uint64_t committed = old->commit_timestamp();
  NACRE_CHECK(committed != 0, "a version was to leave its slot in the middle of a commit");
  NACRE_CHECK(above->previous() == old, "another version was to leave its slot");
  copy->Stamp(committed);
  copy->set_previous(old->previous());
  above->set_previous(copy);
  old->slot_state_.fetch_or(Version::kDisplaced, std::memory_order_relaxed);
  old->set_unlinked();
}

void FreeVersion(Record* record, Version* version) {
  if (version->is_inline()) {
    Record::FreeSlot(record);
  } else {
    Version::Free(version);
  }
}

void RetireVersion(base::RetireList& retired, Record* record, Version* version) {
  if (version->is_inline()) {
    retired.Add(record, &Record::FreeSlot);
  } else {
    retired.Add(version, &Version::Free);
  }
}

}  // namespace nacre::mvcc
