#include <jemalloc/jemalloc.h>

#include "server/allocator/allocator.h"

// Read by jemalloc at its start, beneath what the environment says (MALLOC_CONF).
//   background_thread  pages that are free go back to the system also while nobody allocates: after
//                      a mass deletion, or when held snapshots have ended
//   dirty_decay_ms     within this time, and not the tenfold: the thread takes long steps when
//                      little is left to give back
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000";
}

namespace nacre::allocator {

std::string_view Name() { return "jemalloc " JEMALLOC_VERSION; }

std::string Report() {
  std::string report;
  malloc_stats_print(
      [](void* to, const char* text) { static_cast<std::string*>(to)->append(text); }, &report,
      nullptr);
  return report;
}

void ReturnFreePages() {
  constexpr std::string_view kOfAllArenas = "arena.4096.purge";
  static_assert(MALLCTL_ARENAS_ALL == 4096);
  mallctl(kOfAllArenas.data(), nullptr, nullptr, nullptr, 0);
}

void ResumeAfterFork() {
  bool on = true;
  mallctl("background_thread", nullptr, nullptr, &on, sizeof(on));
}

}  // namespace nacre::allocator
