#include "engine/base/block.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/mutex.h"

namespace nacre::base {

namespace {

// What blocks come from, said once and for all by the first.
enum class Source : uint8_t { kUndecided, kPool, kOperatorNew };
std::atomic<Source> source{Source::kUndecided};

struct Choice {
  Mutex mutex;
  bool configured ABSL_GUARDED_BY(mutex) = false;
  bool use_pool ABSL_GUARDED_BY(mutex) = false;
  SlabPool::Limits limits ABSL_GUARDED_BY(mutex);
};
Choice& TheChoice() {
  static auto* const choice = new Choice;
  return *choice;
}

// Made by the first block, and never destroyed: static objects and threads free blocks when main()
// has ended.
constinit SlabPool* the_pool = nullptr;

void MakePool(const SlabPool::Limits& limits) {
  alignas(SlabPool) static char memory[sizeof(SlabPool)];
  the_pool = new (memory) SlabPool(limits, SlabPool::OfKernel());
  const int registered = pthread_atfork([] { the_pool->LockAll(); }, [] { the_pool->UnlockAll(); },
                                        [] { the_pool->UnlockAll(); });
  NACRE_CHECK(registered == 0, "no memory for a handler of fork()");
}

bool DecideToUsePool() {
  Choice& choice = TheChoice();
  MutexLock lock(choice.mutex);
  if (source.load(std::memory_order_relaxed) == Source::kUndecided) {
    const bool use_pool = choice.configured ? choice.use_pool : Blocks::kPoolByDefault;
    if (use_pool) MakePool(choice.limits);
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
  size_t all = 0;
  for (size_t i = 0; i < SlabPool::kClasses; ++i) all += CapacityOf(i);
  room_.reset(new void*[all]);
  void** room = room_.get();
  for (size_t i = 0; i < SlabPool::kClasses; ++i) {
    bins_[i] = {.count = 0, .capacity = static_cast<uint32_t>(CapacityOf(i)), .blocks = room};
    room += CapacityOf(i);
  }
}

BlockCache& BlockCache::MakeOfThread() {
  auto* cache = new BlockCache;
  static thread_local AtThreadEnd at_thread_end;
  (void)at_thread_end;
  of_thread_ = cache;
  return *cache;
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
  void* block = nullptr;
  if (thread_has_ended) {
    the_pool->Take(size_class, {&block, 1});
  } else {
    BlockCache* const cache = BlockCache::OfThread();
    block = (cache != nullptr ? *cache : BlockCache::MakeOfThread()).FillAndTake(size_class);
  }
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void Blocks::FreeSlow(void* block, size_t bytes) noexcept {
  if (!UsePool()) return ::operator delete(block);
  const size_t size_class = SlabPool::ClassOf(bytes);
  if (thread_has_ended) return the_pool->Give(size_class, {&block, 1});
  BlockCache* cache = BlockCache::OfThread();
  if (cache == nullptr) {
    cache = &BlockCache::MakeOfThread();
  } else {
    cache->GiveBack(size_class, BlockCache::CapacityOf(size_class) / 2);
  }
  NACRE_CHECK(cache->TryGive(size_class, block), "there is no room where some was just made");
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
  Choice& choice = TheChoice();
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
