#include "nacre/client/cache.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "client/cache/early_refresh.h"
#include "client/cache/one_shot.h"
#include "client/policy/random.h"
#include "client/policy/time.h"
#include "client/pool/cancellation.h"
#include "client/transact/pending_writes.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace asio = boost::asio;

namespace {

// One load of one key. Alive as long as it flies or somebody waits for it.
struct Flight {
  Flight(asio::io_context& context, std::string key_in)
      : key(std::move(key_in)), loaded(context), landed(context) {}

  const std::string key;
  OneShot loaded;  // `value` is there.
  OneShot landed;  // It has been stored as well, or will not be.
  std::optional<absl::StatusOr<std::string>> value;
  bool is_early = false;        // The server still has a value.
  bool is_invalidated = false;  // What is loaded may be old: it is not stored.
  asio::cancellation_signal cancel;
};

struct LookUpResult {
  absl::Status status;
  std::optional<std::string> value;
  absl::Duration left = absl::InfiniteDuration();
};

absl::Status CacheIsGone() {
  return MakeError(absl::StatusCode::kCancelled, "the cache is gone", Outcome::kNotExecuted);
}

// Whether the server could not be asked, unlike asked and refusing.
bool IsUnreachable(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kDataLoss: return true;
    default: return false;
  }
}

}  // namespace

// Outlives the Cache as long as one of its coroutines does. After Close() it does not touch the
// client any more.
class Cache::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Client& client, CacheOptions options)
      : client_(client), context_(client.context()), options_(std::move(options)) {}

  Awaitable<absl::StatusOr<std::string>> Cached(std::shared_ptr<Impl> self, std::string key,
                                                absl::Duration time_to_live, Loader load);
  Awaitable<absl::Status> Invalidate(std::shared_ptr<Impl> self, std::string key);
  void Close();
  const CacheStats& stats() const { return stats_; }

  std::string KeyOf(std::string_view key) const { return options_.prefix + std::string(key); }

 private:
  using FlightPtr = std::shared_ptr<Flight>;

  Awaitable<LookUpResult> LookUp(const std::string& key);
  Awaitable<absl::StatusOr<std::string>> Join(FlightPtr flight);

  FlightPtr FindFlight(const std::string& key) const;
  FlightPtr TakeOff(const std::string& key, absl::Duration time_to_live, Loader load,
                    bool is_early);
  Awaitable<void> Fly(std::shared_ptr<Impl> self, FlightPtr flight, absl::Duration time_to_live,
                      Loader load);
  Awaitable<void> Store(const std::string& key, const std::string& value,
                        absl::Duration time_to_live);
  void Load(Flight& flight, absl::StatusOr<std::string> value);
  void Land(const FlightPtr& flight);
  void Ground(const FlightPtr& flight);

  Client& client_;
  asio::io_context& context_;
  const CacheOptions options_;
  CacheStats stats_;
  LoadTime load_time_;
  Random random_ = Random::Seeded();
  bool is_closed_ = false;

  // The flight that calls for a key join. One that has been invalidated is in all_ only.
  std::map<std::string, FlightPtr> flights_;
  std::set<FlightPtr> all_;
};

// --- A call -----------------------------------------------------------------------------------

Awaitable<absl::StatusOr<std::string>> Cache::Impl::Cached(
    [[maybe_unused]] std::shared_ptr<Impl> self, std::string key, absl::Duration time_to_live,
    Loader load) {
  // It may be awaited long after it was called.
  if (is_closed_) co_return CacheIsGone();
  if (time_to_live <= absl::ZeroDuration()) {
    co_return MakeError(absl::StatusCode::kInvalidArgument, "time_to_live must be positive",
                        Outcome::kNotExecuted);
  }
  // Somebody has just been told that the server has no value.
  if (FlightPtr flight = FindFlight(key); flight != nullptr && !flight->is_early) {
    co_return co_await Join(std::move(flight));
  }
  LookUpResult found = co_await LookUp(key);
  if (is_closed_) co_return CacheIsGone();
  if (IsCancelled(co_await kCancellation)) co_return CoroutineCancelled();
  FlightPtr flight = FindFlight(key);
  if (found.value) {
    ++stats_.hits;
    if (flight == nullptr &&
        RefreshesEarly(found.left, load_time_.mean(), options_.early_refresh, random_.Unit())) {
      ++stats_.early_refreshes;
      TakeOff(key, time_to_live, std::move(load), /*is_early=*/true);
    }
    co_return *std::move(found.value);
  }
  if (!found.status.ok() && !(options_.load_without_server && IsUnreachable(found.status))) {
    co_return found.status;
  }
  if (flight == nullptr) flight = TakeOff(key, time_to_live, std::move(load), /*is_early=*/false);
  co_return co_await Join(std::move(flight));
}

Awaitable<LookUpResult> Cache::Impl::LookUp(const std::string& key) {
  Request request("GET", key);
  request.Add("PTTL", key);
  absl::StatusOr<std::vector<Reply>> replies =
      co_await client_.ExecAll(std::move(request), {.timeout = options_.server_timeout});
  LookUpResult result;
  if (!replies.ok()) {
    ++stats_.server_failures;
    result.status = replies.status();
    co_return result;
  }
  auto value = (*replies)[0].To<std::optional<std::string>>();
  const auto milliseconds = (*replies)[1].To<int64_t>();
  result.status = value.ok() ? milliseconds.status() : value.status();
  if (!result.status.ok()) co_return result;
  result.value = *std::move(value);
  // -1: it does not expire. -2: it has, between the two commands.
  if (*milliseconds != -1) result.left = absl::Milliseconds(std::max<int64_t>(*milliseconds, 0));
  co_return result;
}

Awaitable<absl::StatusOr<std::string>> Cache::Impl::Join(FlightPtr flight) {
  ++stats_.misses;
  const bool loaded = co_await flight->loaded.Wait(After(Clock::now(), options_.load_timeout));
  if (loaded) co_return *flight->value;
  if (IsCancelled(co_await kCancellation)) co_return CoroutineCancelled();
  co_return MakeError(absl::StatusCode::kDeadlineExceeded, "load_timeout", Outcome::kNotExecuted);
}

// --- A flight ---------------------------------------------------------------------------------

Cache::Impl::FlightPtr Cache::Impl::FindFlight(const std::string& key) const {
  const auto found = flights_.find(key);
  return found == flights_.end() ? nullptr : found->second;
}

Cache::Impl::FlightPtr Cache::Impl::TakeOff(const std::string& key, absl::Duration time_to_live,
                                            Loader load, bool is_early) {
  auto flight = std::make_shared<Flight>(context_, key);
  flight->is_early = is_early;
  flights_.emplace(key, flight);
  all_.insert(flight);
  ++stats_.loads;
  const auto landed = [self = shared_from_this(), flight](const std::exception_ptr& thrown) {
    if (thrown != nullptr) {
      self->Load(*flight,
                 MakeError(absl::StatusCode::kInternal, "the loader threw", Outcome::kNotExecuted));
    }
    self->Land(flight);
  };
  asio::co_spawn(context_, Fly(shared_from_this(), flight, time_to_live, std::move(load)),
                 asio::bind_cancellation_slot(flight->cancel.slot(), landed));
  return flight;
}

Awaitable<void> Cache::Impl::Fly([[maybe_unused]] std::shared_ptr<Impl> self, FlightPtr flight,
                                 absl::Duration time_to_live, Loader load) {
  const TimePoint begin = Clock::now();
  Load(*flight, co_await load());
  if (!flight->value->ok()) co_return;
  load_time_.Add(absl::FromChrono(Clock::now() - begin));
  if (flight->is_invalidated || is_closed_) co_return;
  co_await Store(flight->key, **flight->value, time_to_live);
}

Awaitable<void> Cache::Impl::Store(const std::string& key, const std::string& value,
                                   absl::Duration time_to_live) {
  PendingWrites set;
  set.Set(key, value, time_to_live).IgnoreError();  // Cached() has looked at time_to_live.
  const auto stored =
      co_await client_.Exec<Reply>(set.request(), {.timeout = options_.server_timeout});
  if (!stored.ok()) ++stats_.server_failures;
}

// Once: a loader that was cancelled comes too late.
void Cache::Impl::Load(Flight& flight, absl::StatusOr<std::string> value) {
  if (flight.value) return;
  if (!value.ok()) ++stats_.load_failures;
  flight.value = std::move(value);
  flight.loaded.Happen();
}

// From here on, calls ask the server again. Those that have asked before the value was stored, and
// are told that there is none, are told so before SET is answered (by one connection), and join.
void Cache::Impl::Land(const FlightPtr& flight) {
  Ground(flight);
  all_.erase(flight);
  flight->landed.Happen();
}

// Nobody joins it any more.
void Cache::Impl::Ground(const FlightPtr& flight) {
  const auto found = flights_.find(flight->key);
  if (found != flights_.end() && found->second == flight) flights_.erase(found);
}

// --- The rest ---------------------------------------------------------------------------------

Awaitable<absl::Status> Cache::Impl::Invalidate([[maybe_unused]] std::shared_ptr<Impl> self,
                                                std::string key) {
  if (is_closed_) co_return CacheIsGone();
  std::vector<FlightPtr> storing;
  for (const FlightPtr& flight : all_) {
    if (flight->key != key) continue;
    flight->is_invalidated = true;
    Ground(flight);
    if (flight->loaded.has_happened()) storing.push_back(flight);
  }
  // A SET may be under way on another connection than DEL will take.
  for (const FlightPtr& flight : storing) {
    co_await flight->landed.Wait(TimePoint::max());
    if (is_closed_) co_return CacheIsGone();
    if (IsCancelled(co_await kCancellation)) co_return CoroutineCancelled();
  }
  const auto deleted =
      co_await client_.Exec<int64_t>(Request("DEL", key), {.timeout = options_.server_timeout});
  co_return deleted.status();
}

void Cache::Impl::Close() {
  is_closed_ = true;
  flights_.clear();
  for (const FlightPtr& flight : std::set<FlightPtr>(std::exchange(all_, {}))) {
    Load(*flight, CacheIsGone());
    flight->landed.Happen();
    flight->cancel.emit(asio::cancellation_type::terminal);
  }
}

// --- Cache ------------------------------------------------------------------------------------

Cache::Cache(Client& client, CacheOptions options)
    : impl_(std::make_shared<Impl>(client, std::move(options))) {}

Cache::~Cache() { impl_->Close(); }

Awaitable<absl::StatusOr<std::string>> Cache::Cached(std::string key, absl::Duration time_to_live,
                                                     Loader load) {
  return impl_->Cached(impl_, impl_->KeyOf(key), time_to_live, std::move(load));
}

Awaitable<absl::Status> Cache::Invalidate(std::string key) {
  return impl_->Invalidate(impl_, impl_->KeyOf(key));
}

CacheStats Cache::stats() const { return impl_->stats(); }

}  // namespace nacre::client
