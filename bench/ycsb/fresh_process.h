#ifndef NACRE_BENCH_YCSB_FRESH_PROCESS_H_
#define NACRE_BENCH_YCSB_FRESH_PROCESS_H_

#include <cstddef>
#include <new>
#include <string>
#include <type_traits>

#include "absl/functional/function_ref.h"

namespace nacre::bench {

// Runs `body` in a process of its own and waits for its end, so that what it allocates is nobody
// else's. Made by fork(), so this process must have no threads. What `body` prints is its only
// result. Exits if it fails.
void InFreshProcess(absl::FunctionRef<void()> body);

// Called by a forked process: it is killed when the one that made it ends. A stopped process would
// act on nothing less.
void EndWithParent();

// ": ..." of the signal that has ended a process with that status of waitpid(); empty if none has.
std::string WhyEnded(int status);

// Memory that fresh processes share with this one.
void* MakeShared(size_t bytes);
void FreeShared(void* memory, size_t bytes);

// The same for a body that has a result.
template <typename Result, typename Body>
Result ResultOfFreshProcess(const Body& body) {
  static_assert(std::is_trivially_copyable_v<Result>);
  auto* const shared = new (MakeShared(sizeof(Result))) Result();
  InFreshProcess([&] { *shared = body(); });
  const Result result = *shared;
  FreeShared(shared, sizeof(Result));
  return result;
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_FRESH_PROCESS_H_
