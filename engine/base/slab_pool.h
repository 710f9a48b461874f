#ifndef NACRE_ENGINE_BASE_SLAB_POOL_H_
#define NACRE_ENGINE_BASE_SLAB_POOL_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "engine/base/latch.h"

namespace nacre::base {

// Blocks of up to kBlockBytesMax, cut from memory of the system's. Thread-safe; made for callers
// that take and give many blocks of one size class at a time (block.h keeps them for each thread).
//
// A *chunk* is 2 MiB at a multiple of 2 MiB, so that the system can back it with one huge page. Its
// first *slab* of 16 KiB describes the other 127, each of which is cut into blocks of one size
// class or is free. What describes a block is found from its address alone.
//
// Invariant ONE-OWNER: a block is either given out or marked in the bits of its slab, never both. A
//   slab with a block that is given out is its class's, and in the list of that if another one is
//   left, under the latch of the class. Else it is free, under the latch of the chunks; or one
//   thread has it in hand, on its way from the one to the other, or its pages to the system. What
//   is given back twice, or by another size than it was taken, is found where the slab gets it.
// Invariant KEPT: who has given back more than Limits::kept_slabs_min, or a part of what is in use,
//   of slabs that were used, are free and have pages, returns the pages before Give() returns, with
//   no latch held. A chunk without a slab in use is returned whole.
class SlabPool {
 public:
  static constexpr size_t kChunkBytes = size_t{2} << 20;
  static constexpr size_t kSlabBytes = size_t{16} << 10;
  static constexpr size_t kSlabsInChunk = kChunkBytes / kSlabBytes;
  static constexpr size_t kBlockBytesMax = 2112;
  // In steps of 16 bytes from 32 to kFineBytesMax, then of 64.
  static constexpr size_t kFineBytesMax = 512;
  static constexpr size_t kFineClasses = (kFineBytesMax - 32) / 16 + 1;
  static constexpr size_t kClasses = kFineClasses + (kBlockBytesMax - kFineBytesMax) / 64;

  // Precondition: bytes <= kBlockBytesMax.
  static constexpr size_t ClassOf(size_t bytes) {
    if (bytes <= 32) return 0;
    if (bytes <= kFineBytesMax) return (bytes + 15) / 16 - 2;
    return kFineClasses + (bytes - kFineBytesMax + 63) / 64 - 1;
  }
  static constexpr size_t BytesOf(size_t size_class) {
    if (size_class < kFineClasses) return 32 + size_class * 16;
    return kFineBytesMax + (size_class - kFineClasses + 1) * 64;
  }

  struct Limits {
    // So many chunks come before the first that asks for huge pages: who has little data should not
    // pay for the rest of one.
    size_t chunks_before_huge = 4;
    // Slabs that are free and keep their pages: at least so many, and one for each so many in use.
    size_t kept_slabs_min = 64;
    size_t slabs_in_use_per_kept = 32;
  };
  // What the pool asks of the system.
  struct System {
    void* (*map)();  // A chunk, of zeros; nullptr if there is no memory.
    bool (*unmap)(void* chunk);
    void (*want_huge)(void* chunk, bool wanted);
    void (*drop)(void* begin, size_t bytes);  // Its pages; it stays mapped.
  };
  struct Usage {
    size_t chunks = 0;
    size_t slabs_in_use = 0;
    size_t slabs_kept = 0;   // Free after use, with pages.
    size_t block_bytes = 0;  // Given out.
  };

  constexpr SlabPool(const Limits& limits, const System& system)
      : limits_(limits), system_(system) {}
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;
  ~SlabPool() = default;  // The process's own lives as long as it does.

  // Of the Linux kernel.
  static const System& OfKernel();

  // Fills `blocks` from the front with blocks of the class, aligned to 16, and returns how many it
  // got: at least one, or none where the system has no memory left. Of a slab, lower addresses come
  // last. Precondition: room for one. O(blocks).
  size_t Take(size_t size_class, absl::Span<void*> blocks);
  // Precondition: each was taken with the same class and not given back since. O(blocks).
  void Give(size_t size_class, absl::Span<void* const> blocks);

  // Gives back to the system what is free, KEPT or not, of all chunks that there are when it
  // begins.
  void ReturnFree() { ReturnAbove(0); }

  Usage GetUsage();

  // For the time of a fork(). The child, which has one thread, finds all latches as they were made;
  // what others had in hand is lost to it.
  void LockAll() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void UnlockAll() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void ResetLatches();

 private:
  static constexpr size_t kBlocksInSlabMax = kSlabBytes / 32;
  static constexpr size_t kGivenAtOnce = 64;

  // Of the slabs of a chunk.
  class SlabSet {
   public:
    bool empty() const { return (words_[0] | words_[1]) == 0; }
    size_t count() const {
      return static_cast<size_t>(std::popcount(words_[0]) + std::popcount(words_[1]));
    }
    bool has(size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
    void Add(size_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
    void AddAll(const SlabSet& set) { words_[0] |= set.words_[0], words_[1] |= set.words_[1]; }
    void Remove(size_t i) { words_[i / 64] &= ~(uint64_t{1} << (i % 64)); }
    void RemoveAll(const SlabSet& set) { words_[0] &= ~set.words_[0], words_[1] &= ~set.words_[1]; }
    // Precondition: not empty.
    size_t lowest() const {
      return static_cast<size_t>(words_[0] != 0 ? std::countr_zero(words_[0])
                                                : 64 + std::countr_zero(words_[1]));
    }

   private:
    std::array<uint64_t, kSlabsInChunk / 64> words_{};
  };

  struct Slab {
    Slab* next;
    Slab* previous;
    uint32_t size_class;
    uint16_t blocks = 0;
    uint16_t free_blocks = 0;
    std::array<uint64_t, kBlocksInSlabMax / 64> free;
  };
  enum class Listed : uint8_t { kNowhere, kResident, kDropped };
  struct Chunk {
    Chunk* next;
    Chunk* previous;
    SlabSet free;      // Never the first, which is this.
    SlabSet resident;  // Of the free ones: those that were used since they had no pages.
    Listed listed;
    bool huge;  // Asked for.
    std::array<Slab, kSlabsInChunk> slabs;
  };
  static_assert(sizeof(Chunk) <= kSlabBytes);

  template <typename T>
  struct List {
    T* front = nullptr;
    T* back = nullptr;
    void PushFront(T* item);
    void PushBack(T* item);
    void Remove(T* item);
  };
  struct alignas(64) Class {
    Latch latch;
    // Those with a block that is not given out.
    List<Slab> slabs ABSL_GUARDED_BY(latch);
    size_t given_out ABSL_GUARDED_BY(latch) = 0;
  };

  static Chunk* ChunkOf(const void* block) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<uintptr_t>(block) & ~(kChunkBytes - 1));
  }
  static size_t OffsetInChunk(const void* block) {
    return reinterpret_cast<uintptr_t>(block) & (kChunkBytes - 1);
  }
  static Slab* SlabOf(const void* block) {
    return &ChunkOf(block)->slabs[OffsetInChunk(block) / kSlabBytes];
  }
  static char* BytesOfSlab(Slab* slab);
  static bool IsWhole(const Chunk& chunk) { return chunk.free.count() == kSlabsInChunk - 1; }

  static size_t TakeFrom(Slab& slab, absl::Span<void*> blocks);
  // Whether the block was the last one of its slab that was given out.
  static bool GiveTo(Slab& slab, Class& of, uint32_t block_bytes, const void* block)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(of.latch);

  // One that is free; nullptr: there is no memory.
  Slab* TakeSlab() ABSL_LOCKS_EXCLUDED(chunk_latch_);
  // nullptr: a chunk has to be mapped for it, for `huge` pages or not.
  Slab* TryTakeSlab(bool& huge) ABSL_LOCKS_EXCLUDED(chunk_latch_);
  Slab* TakeSlabOf(Chunk* chunk) ABSL_EXCLUSIVE_LOCKS_REQUIRED(chunk_latch_);
  void GiveSlabs(absl::Span<Slab* const> slabs) ABSL_LOCKS_EXCLUDED(chunk_latch_);
  // Into the list that its sets say.
  void File(Chunk* chunk) ABSL_EXCLUSIVE_LOCKS_REQUIRED(chunk_latch_);
  void ReturnAbove(size_t kept_slabs) ABSL_LOCKS_EXCLUDED(chunk_latch_);
  // Of slabs that are nobody's.
  void DropPages(Chunk* chunk, const SlabSet& slabs) const;

  const Limits limits_;
  const System system_;
  std::array<Class, kClasses> classes_;
  Latch chunk_latch_;
  // Those with a free slab that may have pages, and those whose free slabs have none. Slabs come
  // from the front; pages go back from the end, where the chunks are of which nothing is in use and
  // those that have had free slabs for the longest time.
  List<Chunk> resident_ ABSL_GUARDED_BY(chunk_latch_);
  List<Chunk> dropped_ ABSL_GUARDED_BY(chunk_latch_);
  Usage usage_ ABSL_GUARDED_BY(chunk_latch_);
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_SLAB_POOL_H_
