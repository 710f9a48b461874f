#ifndef NACRE_ENGINE_BASE_BLOCK_H_
#define NACRE_ENGINE_BASE_BLOCK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "engine/base/check.h"
#include "engine/base/sanitizers.h"
#include "engine/base/slab_pool.h"
#include "engine/base/static_tls.h"

// Memory for records, versions and nodes of the index: what a database has millions of. It comes
// from the slab pool of the process, by way of a cache of the calling thread; what is larger than
// its blocks, and everything where the pool is not used (nacre/memory.h), from operator new.

namespace nacre::base {

// Under a sanitizer each block is one of its own, so that it sees every use after the end.
#if defined(__linux__)
inline constexpr bool kPoolByDefault = !kAddressSanitized && !kThreadSanitized;
#else
inline constexpr bool kPoolByDefault = false;  // Nobody has tried.
#endif

// What a thread keeps of blocks that it has taken from the pool, or freed.
class BlockCache {
 public:
  // Of each size class at most this many blocks, and bytes.
  static constexpr size_t kBlocksMax = 256;
  static constexpr size_t kBytesMax = size_t{32} << 10;
  static constexpr std::array<uint32_t, SlabPool::kClasses> kCapacities = [] {
    std::array<uint32_t, SlabPool::kClasses> capacities{};
    for (size_t i = 0; i < capacities.size(); ++i) {
      const size_t blocks = kBytesMax / SlabPool::BytesOf(i);
      capacities[i] = static_cast<uint32_t>(blocks < kBlocksMax ? blocks : kBlocksMax);
    }
    return capacities;
  }();

  // Of the calling thread; nullptr before it has one, after it has ended, and where the pool is not
  // used.
  static BlockCache* OfThread() { return of_thread_; }

  // nullptr if it has none.
  void* TryTake(size_t size_class) {
    Bin& bin = bins_[size_class];
    if (bin.count == 0) [[unlikely]]
      return nullptr;
    return bin.blocks[--bin.count];
  }
  // False if it is full.
  bool TryGive(size_t size_class, void* block) {
    Bin& bin = bins_[size_class];
    if (bin.count == bin.capacity) [[unlikely]]
      return false;
    NACRE_CHECK(bin.count == 0 || bin.blocks[bin.count - 1] != block, "a block was freed twice");
    bin.blocks[bin.count++] = block;
    return true;
  }

 private:
  friend class Blocks;
  struct Bin {
    uint32_t count = 0;
    uint32_t capacity = 0;
    void** blocks = nullptr;  // In room_.
  };
  static constexpr size_t kCapacityOfAll = [] {
    size_t sum = 0;
    for (const uint32_t capacity : kCapacities) sum += capacity;
    return sum;
  }();

  BlockCache();
  // nullptr where there is no memory for it, or the thread has ended.
  static BlockCache* TryMakeOfThread() noexcept;
  // nullptr: there is no memory. Precondition: none of the class is here.
  void* FillAndTake(size_t size_class);
  void GiveBack(size_t size_class, size_t kept);
  void GiveBackAll();

  static inline constinit thread_local NACRE_STATIC_TLS BlockCache* of_thread_ = nullptr;

  std::array<Bin, SlabPool::kClasses> bins_;
  std::array<void*, kCapacityOfAll> room_;
};

class Blocks {
 public:
  // At least `bytes`, aligned to 16. Throws std::bad_alloc.
  static void* Allocate(size_t bytes) {
    if (bytes > SlabPool::kBlockBytesMax) [[unlikely]]
      return ::operator new(bytes);
    const size_t size_class = SlabPool::ClassOf(bytes);
    if (BlockCache* const cache = BlockCache::OfThread(); cache != nullptr) [[likely]] {
      if (void* const block = cache->TryTake(size_class); block != nullptr) [[likely]]
        return block;
    }
    return AllocateSlow(bytes);
  }
  // `bytes`: as it was allocated. Once: of what is freed twice some is found, by TryGive() and the
  // pool, and the rest has two owners.
  static void Free(void* block, size_t bytes) noexcept {
    if (bytes > SlabPool::kBlockBytesMax) [[unlikely]]
      return OperatorDelete(block, bytes);
    BlockCache* const cache = BlockCache::OfThread();
    if (cache == nullptr || !cache->TryGive(SlabPool::ClassOf(bytes), block)) [[unlikely]]
      FreeSlow(block, bytes);
  }

  // Gives the pool what the calling thread keeps: its next blocks then come from the slabs that
  // have had a free one for the shortest time, and not from wherever it has freed some.
  static void GiveBackCache() noexcept;

  // --- Behind nacre/memory.h. ---
  // False if it was done already, or a block was allocated.
  static bool Configure(bool use_pool, const SlabPool::Limits& limits);
  // nullptr: nothing was allocated yet, or the pool is not used.
  static SlabPool* PoolInUse();

  // Called by a thread-local variable, which those that are older outlive.
  static void EndThread();

 private:
  static void OperatorDelete(void* block, [[maybe_unused]] size_t bytes) {
#ifdef __cpp_sized_deallocation
    ::operator delete(block, bytes);  // An allocator that is told the size need not look it up.
#else
    ::operator delete(block);
#endif
  }
  [[gnu::noinline]] static void* AllocateSlow(size_t bytes);
  [[gnu::noinline]] static void FreeSlow(void* block, size_t bytes) noexcept;
};

// For containers of the standard library that there are many of, or that grow with the versions.
template <typename T>
struct BlockAllocator {
  static_assert(alignof(T) <= 16);
  using value_type = T;

  BlockAllocator() = default;
  template <typename U>
  BlockAllocator(const BlockAllocator<U>&) {}
  T* allocate(size_t count) { return static_cast<T*>(Blocks::Allocate(count * sizeof(T))); }
  void deallocate(T* block, size_t count) noexcept { Blocks::Free(block, count * sizeof(T)); }
  friend bool operator==(const BlockAllocator&, const BlockAllocator&) { return true; }
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_BLOCK_H_
