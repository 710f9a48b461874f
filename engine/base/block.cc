#include "engine/base/block.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/mutex.h"

namespace nacre::base {

namespace {

// What blocks come from, said once and for all by the first.
enum class Source : uint8_t { kUndecided, kPool, kOperatorNew };
constinit std::atomic<Source> source{Source::kUndecided};

struct Choice {
  Mutex mutex;
  bool configured ABSL_GUARDED_BY(mutex) = false;
  bool use_pool ABSL_GUARDED_BY(mutex) = false;
  SlabPool::Limits limits ABSL_GUARDED_BY(mutex);
};
constinit Choice choice;

// Made by the first block, and never destroyed: static objects and threads free blocks when main()
// has ended.
constinit SlabPool* the_pool = nullptr;

SlabPool* MakePool(const SlabPool::Limits& limits) {
  alignas(SlabPool) static char memory[sizeof(SlabPool)];
  return new (memory) SlabPool(limits, SlabPool::OfKernel());
}

// Registered before all others, so that those of the program run while the pool is not locked: one
// may use the engine, or wait for a lock whose holder allocates a block. (What is loaded later
// comes later.)
void LockForFork() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  choice.mutex.Lock();
  if (the_pool != nullptr) the_pool->LockAll();
}
void UnlockInParent() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (the_pool != nullptr) the_pool->UnlockAll();
  choice.mutex.Unlock();
}
void UnlockInChild() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (the_pool != nullptr) the_pool->ResetLatches();
  choice.mutex.Unlock();
}
constinit bool handlers_registered = false;
[[gnu::constructor(101)]] void RegisterHandlers() {
  if (handlers_registered) return;
  const int error = pthread_atfork(&LockForFork, &UnlockInParent, &UnlockInChild);
  NACRE_CHECK(error == 0, "no memory for a handler of fork()");
  handlers_registered = true;
}

bool DecideToUsePool() {
  MutexLock lock(choice.mutex);
  if (source.load(std::memory_order_relaxed) == Source::kUndecided) {
    RegisterHandlers();  // Somebody's constructor may have come first.
    bool use_pool = choice.configured ? choice.use_pool : kPoolByDefault;
    // The system returns whole pages only.
    if (sysconf(_SC_PAGESIZE) > static_cast<long>(SlabPool::kSlabBytes)) use_pool = false;
    if (use_pool) the_pool = MakePool(choice.limits);
    source.store(use_pool ? Source::kPool : Source::kOperatorNew, std::memory_order_release);
  }
  return source.load(std::memory_order_relaxed) == Source::kPool;
}

bool UsePool() {
  const Source now = source.load(std::memory_order_acquire);
  return now == Source::kUndecided ? DecideToUsePool() : now == Source::kPool;
}

constinit thread_local bool thread_has_ended = false;

struct AtThreadEnd {
  ~AtThreadEnd() { Blocks::EndThread(); }
};

}  // namespace

// --- The cache of a thread ---

BlockCache::BlockCache() {
  void** room = room_.data();
  for (size_t i = 0; i < bins_.size(); ++i) {
    bins_[i] = {.count = 0, .capacity = kCapacities[i], .blocks = room};
    room += kCapacities[i];
  }
}

BlockCache* BlockCache::TryMakeOfThread() noexcept {
  if (thread_has_ended) return nullptr;
  auto* cache = new (std::nothrow) BlockCache;
  if (cache == nullptr) return nullptr;
  static thread_local AtThreadEnd at_thread_end;
  (void)at_thread_end;
  of_thread_ = cache;
  return cache;
}

void* BlockCache::FillAndTake(size_t size_class) {
  Bin& bin = bins_[size_class];
  bin.count =
      static_cast<uint32_t>(the_pool->Take(size_class, {bin.blocks, (bin.capacity + 1) / 2}));
  return TryTake(size_class);
}

void BlockCache::GiveBack(size_t size_class, size_t kept) {
  Bin& bin = bins_[size_class];
  if (bin.count <= kept) return;
  // Those that have been here for longest: the others are more likely in the processor's cache.
  const size_t given = bin.count - kept;
  the_pool->Give(size_class, {bin.blocks, given});
  std::copy(bin.blocks + given, bin.blocks + bin.count, bin.blocks);
  bin.count = static_cast<uint32_t>(kept);
}

void BlockCache::GiveBackAll() {
  for (size_t i = 0; i < SlabPool::kClasses; ++i) GiveBack(i, 0);
}

// --- Blocks ---

void* Blocks::AllocateSlow(size_t bytes) {
  if (!UsePool()) return ::operator new(bytes);
  const size_t size_class = SlabPool::ClassOf(bytes);
  BlockCache* cache = BlockCache::OfThread();
  if (cache == nullptr) cache = BlockCache::TryMakeOfThread();
  void* block = nullptr;
  if (cache != nullptr) {
    block = cache->FillAndTake(size_class);
  } else {
    the_pool->Take(size_class, {&block, 1});
  }
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void Blocks::FreeSlow(void* block, size_t bytes) noexcept {
  if (!UsePool()) return OperatorDelete(block, bytes);
  const size_t size_class = SlabPool::ClassOf(bytes);
  BlockCache* cache = BlockCache::OfThread();
  if (cache != nullptr) {
    cache->GiveBack(size_class, BlockCache::kCapacities[size_class] / 2);
  } else {
    cache = BlockCache::TryMakeOfThread();
  }
  // Who has no memory can free nevertheless.
  if (cache == nullptr || !cache->TryGive(size_class, block)) {
    the_pool->Give(size_class, {&block, 1});
  }
}

void Blocks::GiveBackCache() noexcept {
  if (BlockCache* const cache = BlockCache::OfThread(); cache != nullptr) cache->GiveBackAll();
}

void Blocks::EndThread() {
  thread_has_ended = true;
  GiveBackCache();
  delete std::exchange(BlockCache::of_thread_, nullptr);
}

bool Blocks::Configure(bool use_pool, const SlabPool::Limits& limits) {
  MutexLock lock(choice.mutex);
  if (choice.configured || source.load(std::memory_order_relaxed) != Source::kUndecided) {
    return false;
  }
  choice.configured = true;
  choice.use_pool = use_pool;
  choice.limits = limits;
  return true;
}

SlabPool* Blocks::PoolInUse() {
  return source.load(std::memory_order_acquire) == Source::kPool ? the_pool : nullptr;
}

}  // namespace nacre::base
