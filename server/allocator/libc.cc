#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "server/allocator/allocator.h"

namespace nacre::allocator {

std::string_view Name() { return "that of the C library"; }

std::string Report() {
  char* text = nullptr;
  size_t bytes = 0;
  std::FILE* const stream = open_memstream(&text, &bytes);
  if (stream == nullptr) return "no memory for the report";
  malloc_info(0, stream);
  std::fclose(stream);
  std::string report(text, bytes);
  std::free(text);
  return report;
}

Usage CurrentUsage() {
  const struct mallinfo2 info = mallinfo2();
  return {static_cast<int64_t>(info.uordblks + info.hblkhd),
          static_cast<int64_t>(info.arena + info.hblkhd)};
}

void ReturnFreePages() { malloc_trim(0); }

// The caches of threads are small, but pages are returned only when somebody asks.
void ObjectsFreed(size_t objects) {
  constexpr size_t kBetweenTrims = 1 << 17;  // They cost as much as there is free.
  static std::atomic<size_t> since_last{0};
  if (since_last.fetch_add(objects, std::memory_order_relaxed) + objects < kBetweenTrims) return;
  since_last.store(0, std::memory_order_relaxed);
  malloc_trim(0);
}

void ResumeAfterFork() {}

}  // namespace nacre::allocator
