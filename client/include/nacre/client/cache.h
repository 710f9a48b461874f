#ifndef NACRE_CLIENT_CACHE_H_
#define NACRE_CLIENT_CACHE_H_

// Answers from the server, and from a loader what the server does not have:
//
//   Cache cache(client, {.prefix = "user:"});
//   const auto load = [id, &database]() -> Awaitable<absl::StatusOr<std::string>> {
//     co_return co_await database.LoadUser(id);
//   };
//   absl::StatusOr<std::string> user = co_await cache.Cached(id, absl::Minutes(10), load);
//
// (The loader has a name because g++ 12 destroys a lambda that is written inside of a co_await
// expression twice, which matters if it owns something, as `id`.)
//
// The value of `id` is the string at the key "user:" + id, which others may read, write and delete.
//
// One flight. Of all calls that miss the same key at the same time, in this Cache, one loads; the
// others wait for it, and share its value or its error. An error is not kept: the next call loads
// again. A flight belongs to none of its callers: one that is cancelled or gives up leaves it to
// the others. So a loader may outlive the call that brought it, and must own what it uses, or know
// it to outlive the Cache: capture by value.
//
// Early refresh. A value that is about to expire is loaded again before it does, in the background,
// while calls are answered with it; so a popular key does not keep its callers waiting each time it
// expires. Each call draws whether it is the one to start that, with a probability that grows
// towards the expiry, the sooner the longer loading takes: A. Vattani, F. Chierichetti,
// K. Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015. How long loading
// takes is a moving mean over this Cache: use one for each kind of thing.
//
// Without a server. If it cannot be reached, the loader is called directly, still one flight for
// each key, so that what stands behind the cache sees each key once at a time.
//
// What a cache cannot promise: a value loaded before a change and stored after Invalidate() by
// another process stays until its time to live ends it. In this Cache, a flight that Invalidate()
// meets is not stored.
//
// Thread rule: as its Client, which outlives it.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/client/awaitable.h"
#include "nacre/client/client.h"

namespace nacre::client {

struct CacheOptions {
  // Before each key, in the server.
  std::string prefix = {};
  // How eagerly values are loaded before they expire: 1 is right if loading twice costs about as
  // much as letting one call wait; more is earlier; 0 is never.
  double early_refresh = 1.0;
  // Whether to call the loader when the server cannot be asked; otherwise that is the answer.
  bool load_without_server = true;
  // Of a question to the server. Zero: ClientOptions::call_timeout.
  absl::Duration server_timeout = absl::ZeroDuration();
  // How long a call waits for a loader; then it answers kDeadlineExceeded, and the flight goes on.
  absl::Duration load_timeout = absl::InfiniteDuration();
};

// Counters since construction.
struct CacheStats {
  uint64_t hits = 0;
  uint64_t misses = 0;  // Answered by a flight, also one that was under way.
  uint64_t loads = 0;   // Calls of loaders.
  uint64_t load_failures = 0;
  uint64_t early_refreshes = 0;  // Loads that were begun before the value had expired.
  uint64_t server_failures = 0;  // Questions and stores that failed.
};

class Cache {
 public:
  using Loader = absl::AnyInvocable<Awaitable<absl::StatusOr<std::string>>()>;

  explicit Cache(Client& client, CacheOptions options = {});
  // Calls that wait end with kCancelled, and flights are cancelled.
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // The value at `key`: from the server; or from `load`, whose value is kept for `time_to_live`.
  // Errors: the loader's; kDeadlineExceeded (load_timeout); kInvalidArgument for a time_to_live
  // that is not positive; what the server answers to GET, such as -WRONGTYPE.
  Awaitable<absl::StatusOr<std::string>> Cached(std::string key, absl::Duration time_to_live,
                                                Loader load);

  // Forgets the value. When this has answered OK, no call that begins later answers what was loaded
  // before it, by this Cache; unless a store of that had an unknown outcome (its connection was
  // lost, or server_timeout passed), which the server may carry out afterwards.
  Awaitable<absl::Status> Invalidate(std::string key);

  CacheStats stats() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_CACHE_H_
