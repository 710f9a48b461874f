#include <jemalloc/jemalloc.h>

#include "server/allocator/allocator.h"

// Read by jemalloc at its start, beneath what the environment says (MALLOC_CONF).
//   background_thread  pages that are free go back to the system also while nobody allocates: after
//                      a mass deletion, or when held snapshots have ended (of the values that are
//                      too large for the memory pool)
//   dirty_decay_ms     within this time, and not the tenfold: the thread takes long steps when
//                      little is left to give back
//   slab_sizes         what has 80 to 256 bytes stands on 16 pages together, and not on one or a
//                      few: each such group is described in 128 bytes, which are never returned.
//                      Chosen when records and versions came from here (decision 21), and not for
//                      what is smaller, since records did not move. They come from the memory pool
//                      now: what is left is the gain for other objects, and without the pool
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,slab_sizes:80-256:16";
}

namespace nacre::allocator {
namespace {

int64_t Statistic(const char* name) {
  size_t value = 0;
  size_t bytes = sizeof(value);
  mallctl(name, &value, &bytes, nullptr, 0);
  return static_cast<int64_t>(value);
}

}  // namespace

std::string_view Name() { return "jemalloc " JEMALLOC_VERSION; }

std::string Report() {
  std::string report;
  malloc_stats_print(
      [](void* to, const char* text) { static_cast<std::string*>(to)->append(text); }, &report,
      nullptr);
  return report;
}

Usage CurrentUsage() {
  // The statistics are those of the last time that this was written.
  uint64_t epoch = 1;
  mallctl("epoch", nullptr, nullptr, &epoch, sizeof(epoch));
  return {Statistic("stats.allocated"), Statistic("stats.active")};
}

void ReturnFreePages() {
  constexpr std::string_view kOfAllArenas = "arena.4096.purge";
  static_assert(MALLCTL_ARENAS_ALL == 4096);
  mallctl(kOfAllArenas.data(), nullptr, nullptr, nullptr, 0);
}

void ObjectsFreed(size_t) { mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0); }

void ResumeAfterFork() {
  bool on = true;
  mallctl("background_thread", nullptr, nullptr, &on, sizeof(on));
}

}  // namespace nacre::allocator
