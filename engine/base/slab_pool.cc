#include "engine/base/slab_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/mutex.h"

namespace nacre::base {
namespace {

void* Map(size_t bytes) {
  void* const mapped =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapped == MAP_FAILED ? nullptr : mapped;
}

void* MapChunk() {
  constexpr size_t kBytes = SlabPool::kChunkBytes;
  // As a rule it lies beside the one before, and is one mapping with it for the system, which gives
  // a process some 65,000.
  void* const exact = Map(kBytes);
  if (exact == nullptr) return nullptr;
  if (reinterpret_cast<uintptr_t>(exact) % kBytes == 0) return exact;
  munmap(exact, kBytes);
  // Else twice as much, to cut one out. What the system does not take back is never touched.
  void* const mapped = Map(2 * kBytes);
  if (mapped == nullptr) return nullptr;
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t chunk = (begin + kBytes - 1) & ~(kBytes - 1);
  if (chunk != begin) munmap(mapped, chunk - begin);
  if (const size_t behind = begin + kBytes - chunk; behind != 0) {
    munmap(reinterpret_cast<void*>(chunk + kBytes), behind);
  }
  return reinterpret_cast<void*>(chunk);
}

void WantHuge([[maybe_unused]] void* chunk, [[maybe_unused]] bool wanted) {
#if defined(MADV_HUGEPAGE) && defined(MADV_NOHUGEPAGE)
  // Where it is refused, pages are small.
  (void)madvise(chunk, SlabPool::kChunkBytes, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
}

constexpr SlabPool::System kKernel = {
    .map = MapChunk,
    .unmap = [](void* chunk) { return munmap(chunk, SlabPool::kChunkBytes) == 0; },
    .want_huge = WantHuge,
    // Where it is refused, they stay.
    .drop = [](void* begin, size_t bytes) { (void)madvise(begin, bytes, MADV_DONTNEED); },
};

}  // namespace

const SlabPool::System& SlabPool::OfKernel() { return kKernel; }

template <typename T>
void SlabPool::List<T>::PushFront(T* item) {
  item->previous = nullptr;
  item->next = front;
  (front != nullptr ? front->previous : back) = item;
  front = item;
}

template <typename T>
void SlabPool::List<T>::PushBack(T* item) {
  item->next = nullptr;
  item->previous = back;
  (back != nullptr ? back->next : front) = item;
  back = item;
}

template <typename T>
void SlabPool::List<T>::Remove(T* item) {
  (item->previous != nullptr ? item->previous->next : front) = item->next;
  (item->next != nullptr ? item->next->previous : back) = item->previous;
}

// --- Blocks ---

char* SlabPool::BytesOfSlab(Slab* slab) {
  Chunk* const chunk = ChunkOf(slab);
  const auto index = static_cast<size_t>(slab - chunk->slabs.data());
  return reinterpret_cast<char*>(chunk) + index * kSlabBytes;
}

size_t SlabPool::TakeFrom(Slab& slab, absl::Span<void*> blocks) {
  char* const bytes = BytesOfSlab(&slab);
  const size_t block_bytes = BytesOf(slab.size_class);
  const size_t wanted = std::min<size_t>(blocks.size(), slab.free_blocks);
  size_t taken = 0;
  for (size_t word = 0; taken < wanted; ++word) {
    uint64_t& free = slab.free[word];
    for (; free != 0 && taken < wanted; free &= free - 1) {
      const size_t block = word * 64 + static_cast<size_t>(std::countr_zero(free));
      blocks[taken++] = bytes + block * block_bytes;
    }
  }
  slab.free_blocks = static_cast<uint16_t>(slab.free_blocks - taken);
  return taken;
}

size_t SlabPool::Take(size_t size_class, absl::Span<void*> blocks) {
  NACRE_CHECK(!blocks.empty(), "blocks are asked for where there is no room");
  Class& from = classes_[size_class];
  size_t taken = 0;
  for (Slab* fresh = nullptr;;) {
    {
      MutexLock lock(from.latch);
      if (fresh != nullptr) from.slabs.PushFront(fresh);
      while (taken < blocks.size() && from.slabs.front != nullptr) {
        Slab* const slab = from.slabs.front;
        taken += TakeFrom(*slab, blocks.subspan(taken));
        if (slab->free_blocks == 0) from.slabs.Remove(slab);
      }
      from.given_out += taken;
    }
    if (taken != 0) break;
    fresh = TakeSlab();
    if (fresh == nullptr) return 0;
    NACRE_CHECK(fresh->free_blocks == fresh->blocks, "a slab that is in use was free");
    fresh->size_class = static_cast<uint32_t>(size_class);
    fresh->blocks = static_cast<uint16_t>(kSlabBytes / BytesOf(size_class));
    fresh->free_blocks = fresh->blocks;
    fresh->free.fill(0);
    for (size_t block = 0; block < fresh->blocks; ++block) {
      fresh->free[block / 64] |= uint64_t{1} << (block % 64);
    }
  }
  std::reverse(blocks.begin(), blocks.begin() + static_cast<ptrdiff_t>(taken));
  return taken;
}

bool SlabPool::GiveTo(Slab& slab, Class& of, uint32_t block_bytes, const void* block) {
  const auto offset = static_cast<uint32_t>(OffsetInChunk(block) % kSlabBytes);
  const uint32_t index = offset / block_bytes;
  const uint64_t bit = uint64_t{1} << (index % 64);
  NACRE_CHECK(index * block_bytes == offset && index < slab.blocks, "no block begins here");
  NACRE_CHECK((slab.free[index / 64] & bit) == 0, "a block was given back twice");
  slab.free[index / 64] |= bit;
  if (slab.free_blocks++ == 0) of.slabs.PushFront(&slab);
  if (slab.free_blocks != slab.blocks) return false;
  of.slabs.Remove(&slab);
  return true;
}

void SlabPool::Give(size_t size_class, absl::Span<void* const> blocks) {
  Class& to = classes_[size_class];
  const auto block_bytes = static_cast<uint32_t>(BytesOf(size_class));
  while (!blocks.empty()) {
    const absl::Span<void* const> now = blocks.first(std::min(blocks.size(), kGivenAtOnce));
    blocks.remove_prefix(now.size());
    // Some of what describes them is not in the cache: nobody should wait for it under the latch.
    for (const void* block : now) {
      const char* const slab = reinterpret_cast<const char*>(SlabOf(block));
      __builtin_prefetch(slab, 1);
      __builtin_prefetch(slab + 64, 1);
    }
    std::array<Slab*, kGivenAtOnce> emptied;
    size_t count = 0;
    {
      MutexLock lock(to.latch);
      for (const void* block : now) {
        Slab& slab = *SlabOf(block);
        NACRE_CHECK(slab.size_class == size_class, "a block was given back by another size");
        if (GiveTo(slab, to, block_bytes, block)) emptied[count++] = &slab;
      }
      to.given_out -= now.size();
    }
    if (count != 0) GiveSlabs({emptied.data(), count});
  }
}

// --- Slabs ---

void SlabPool::File(Chunk* chunk) {
  Listed wanted = Listed::kNowhere;
  if (!chunk->free.empty()) {
    wanted = chunk->resident.empty() ? Listed::kDropped : Listed::kResident;
  }
  const bool whole = IsWhole(*chunk);
  if (wanted == chunk->listed && !whole) return;
  if (chunk->listed == Listed::kResident) resident_.Remove(chunk);
  if (chunk->listed == Listed::kDropped) dropped_.Remove(chunk);
  chunk->listed = wanted;
  if (wanted == Listed::kNowhere) return;
  List<Chunk>& list = wanted == Listed::kResident ? resident_ : dropped_;
  if (whole) {
    list.PushBack(chunk);
  } else {
    list.PushFront(chunk);
  }
}

SlabPool::Slab* SlabPool::TakeSlabOf(Chunk* chunk) {
  NACRE_CHECK(!chunk->free.empty(), "a chunk is listed that has no free slab");
  const bool has_pages = !chunk->resident.empty();
  const size_t index = has_pages ? chunk->resident.lowest() : chunk->free.lowest();
  chunk->free.Remove(index);
  chunk->resident.Remove(index);
  ++usage_.slabs_in_use;
  if (has_pages) --usage_.slabs_kept;
  File(chunk);
  return &chunk->slabs[index];
}

SlabPool::Slab* SlabPool::TryTakeSlab(bool& huge) {
  MutexLock lock(chunk_latch_);
  Chunk* const chunk = resident_.front != nullptr ? resident_.front : dropped_.front;
  huge = usage_.chunks >= limits_.chunks_before_huge;
  return chunk != nullptr ? TakeSlabOf(chunk) : nullptr;
}

SlabPool::Slab* SlabPool::TakeSlab() {
  bool huge;
  if (Slab* const slab = TryTakeSlab(huge); slab != nullptr) return slab;
  void* const mapped = system_.map();
  // Another thread may have given one meanwhile.
  if (mapped == nullptr) return TryTakeSlab(huge);
  // Said either way: some systems give huge pages to whoever does not refuse them.
  system_.want_huge(mapped, huge);
  auto* chunk = new (mapped) Chunk;
  chunk->listed = Listed::kNowhere;
  chunk->huge = huge;
  for (size_t i = 1; i < kSlabsInChunk; ++i) chunk->free.Add(i);
  MutexLock lock(chunk_latch_);
  ++usage_.chunks;
  return TakeSlabOf(chunk);
}

void SlabPool::GiveSlabs(absl::Span<Slab* const> slabs) {
  size_t limit;
  {
    MutexLock lock(chunk_latch_);
    for (Slab* slab : slabs) {
      Chunk* const chunk = ChunkOf(slab);
      const auto index = static_cast<size_t>(slab - chunk->slabs.data());
      NACRE_CHECK(!chunk->free.has(index), "a slab was given back twice");
      chunk->free.Add(index);
      chunk->resident.Add(index);
      File(chunk);
    }
    usage_.slabs_in_use -= slabs.size();
    usage_.slabs_kept += slabs.size();
    limit = std::max(limits_.kept_slabs_min, usage_.slabs_in_use / limits_.slabs_in_use_per_kept);
    if (usage_.slabs_kept <= limit) return;
  }
  ReturnAbove(limit);
}

void SlabPool::DropPages(Chunk* chunk, const SlabSet& slabs) const {
  for (size_t begin = 1; begin < kSlabsInChunk; ++begin) {
    size_t end = begin;
    while (end < kSlabsInChunk && slabs.has(end)) ++end;
    if (end == begin) continue;
    system_.drop(BytesOfSlab(&chunk->slabs[begin]), (end - begin) * kSlabBytes);
    begin = end;
  }
}

void SlabPool::ReturnAbove(size_t kept_slabs) {
  chunk_latch_.Lock();
  // What others give meanwhile is theirs to return.
  for (size_t chunks = usage_.chunks; chunks != 0 && usage_.slabs_kept > kept_slabs; --chunks) {
    Chunk* const chunk = resident_.back;
    NACRE_CHECK(chunk != nullptr, "slabs are counted as kept that are in no chunk");
    usage_.slabs_kept -= chunk->resident.count();
    const SlabSet resident = std::exchange(chunk->resident, {});
    const bool huge = chunk->huge;
    if (!IsWhole(*chunk)) {
      // Nobody's, until they are back. A huge page came with all that was not used yet.
      const SlabSet slabs = huge ? chunk->free : resident;
      chunk->free.RemoveAll(slabs);
      File(chunk);
      chunk_latch_.Unlock();
      // First: else the system may make a huge page of what is left.
      if (huge) system_.want_huge(chunk, false);
      DropPages(chunk, slabs);
      chunk_latch_.Lock();
      chunk->huge = false;
      chunk->free.AddAll(slabs);
      File(chunk);
      if (!IsWhole(*chunk) || !chunk->resident.empty()) continue;
      // The last of the others was given back meanwhile, and returned by somebody else.
    }
    const SlabSet all = std::exchange(chunk->free, {});
    File(chunk);
    --usage_.chunks;
    chunk_latch_.Unlock();
    const bool gone = system_.unmap(chunk);
    if (!gone) {
      if (huge) system_.want_huge(chunk, false);
      DropPages(chunk, all);
    }
    chunk_latch_.Lock();
    if (gone) continue;
    ++usage_.chunks;
    chunk->huge = false;
    chunk->free = all;
    File(chunk);
  }
  chunk_latch_.Unlock();
}

SlabPool::Usage SlabPool::GetUsage() {
  size_t block_bytes = 0;
  for (size_t i = 0; i < kClasses; ++i) {
    MutexLock lock(classes_[i].latch);
    block_bytes += classes_[i].given_out * BytesOf(i);
  }
  MutexLock lock(chunk_latch_);
  Usage usage = usage_;
  usage.block_bytes = block_bytes;
  return usage;
}

void SlabPool::LockAll() {
  for (Class& each : classes_) each.latch.Lock();
  chunk_latch_.Lock();
}

void SlabPool::UnlockAll() {
  chunk_latch_.Unlock();
  for (Class& each : classes_) each.latch.Unlock();
}

void SlabPool::ResetLatches() {
  // Not unlocked: those who waited for them are not here.
  std::construct_at(&chunk_latch_);
  for (Class& each : classes_) std::construct_at(&each.latch);
}

}  // namespace nacre::base
