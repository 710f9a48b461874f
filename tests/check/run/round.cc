#include "tests/check/run/round.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "tests/check/run/steady_now.h"

namespace nacre::check::run {
namespace {

// So that what disturbs a transaction is not drawn from what decides its operations.
constexpr uint64_t kDisturbanceSeed = 0xd15ea5e;
// Of connecting.
constexpr absl::Duration kRetryInterval = absl::Milliseconds(10);

uint64_t Now() { return static_cast<uint64_t>(absl::ToInt64Nanoseconds(SteadyNow())); }

Outcome OutcomeOf(Ending ending) {
  switch (ending) {
    case Ending::kCommitted: return Outcome::kCommitted;
    case Ending::kUnknown: return Outcome::kIndeterminate;
    case Ending::kConflict:
    case Ending::kRefused: break;
  }
  return Outcome::kAborted;
}

// Counted by one thread, shown by another.
struct Counter {
  std::atomic<uint64_t> value = 0;
  void Add() { value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  uint64_t get() const { return value.load(std::memory_order_relaxed); }
};

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  committed += other.committed;
  conflicts += other.conflicts;
  committed_writes += other.committed_writes;
  committed_reads += other.committed_reads;
  rolled_back += other.rolled_back;
  refused += other.refused;
  unknown += other.unknown;
  return *this;
}

struct alignas(64) Round::Runner {
  uint32_t number = 0;
  uint32_t connections = 0;  // Used up.
  std::unique_ptr<Session> session;
  OperationLog log;
  Counter committed, committed_writes, committed_reads, conflicts, rolled_back, refused, unknown;
  std::atomic<uint64_t> next_index = 0;
  uint64_t stretch = 0;             // That it is in.
  WrittenKeys::Names written_keys;  // In that.
  std::thread thread;
};

Round::Round(Target& target, const Workload& workload, const RoundOptions& options,
             TransactionSink& sink, const StopEvent& interrupt)
    : target_(target),
      workload_(workload),
      options_(options),
      sink_(sink),
      pace_(options.sessions),
      end_{.stopping = {}, .interrupt = interrupt} {
  for (uint32_t i = 0; i <= options.sessions; ++i) {
    runners_.push_back(std::make_unique<Runner>());
    runners_.back()->number = i;
    runners_.back()->next_index = options.first_index;
  }
}

Round::~Round() {
  Stop();
  Wait();
}

absl::Status Round::SetUp() {
  Runner& runner = *runners_.back();
  const absl::Status interrupted = absl::CancelledError("interrupted while the workload set up");
  for (const auto& each : runners_) {
    if (end_.interrupt.is_set()) return interrupted;
    absl::StatusOr<std::unique_ptr<Session>> session = target_.Connect();
    if (!session.ok()) return end_.interrupt.is_set() ? interrupted : session.status();
    each->session = *std::move(session);
  }
  absl::Status status;
  for (uint64_t i = 0; i < workload_.setup_transactions() && status.ok(); ++i) {
    if (end_.interrupt.is_set()) return interrupted;
    RunSetUp(runner, i, status);
  }
  // Of a target that has stopped answering, nobody waits for the answer then.
  return !status.ok() && end_.interrupt.is_set() ? interrupted : status;
}

void Round::RunSetUp(Runner& runner, uint64_t number, absl::Status& status) {
  const Place place = {.session = runner.number,
                       .sessions = options_.sessions + 1,
                       .index = options_.first_index + number};
  const Disturbance none({.yield_share = 0}, Random(0, 0, 0));
  RecordedTransaction txn(*runner.session, place, none, end_, runner.log);
  const uint64_t invoked = Now();
  status = workload_.SetUp(number, txn);
  if (!status.ok()) return;
  const CommitResult result = txn.Commit();
  runner.stretch = StretchOf(place);
  Finish(runner, txn, result, invoked, Now());
  KeepWrittenKeys(runner);
  if (result.ending != Ending::kCommitted) status = absl::UnavailableError(result.why);
}

void Round::Start() {
  running_ = options_.sessions;
  for (uint32_t i = 0; i < options_.sessions; ++i) {
    Runner& runner = *runners_[i];
    runner.thread = std::thread([this, &runner] { RunSession(runner); });
  }
}

bool Round::IsEnding() const { return end_.stopping.is_set() || end_.interrupt.is_set(); }

void Round::RunSession(Runner& runner) {
  const uint64_t begin = options_.first_index;
  const uint64_t left = UINT64_MAX - begin;
  const uint64_t end = begin + std::min(options_.transactions_per_session, left);
  for (uint64_t index = begin; index < end && !IsEnding(); ++index) {
    const Place place = {
        .session = runner.number, .sessions = options_.sessions + 1, .index = index};
    if (index == begin || index % kTransactionsPerStretch == 0) {
      KeepWrittenKeys(runner);
      runner.stretch = StretchOf(place);
      pace_.Enter(runner.number, runner.stretch);
      RemoveOldKeys(runner);
    }
    if (runner.session->lost() && !Connect(runner)) break;
    RunTransaction(runner, place);
    runner.next_index.store(index + 1, std::memory_order_relaxed);
  }
  KeepWrittenKeys(runner);
  LookAfterTarget(runner);
  pace_.Leave(runner.number);
  runner.session.reset();
  sink_.Leave(runner.number);
  const std::lock_guard lock(mutex_);
  --running_;
  ended_.notify_all();
}

// What has no stretch of its own is used until the end.
void Round::KeepWrittenKeys(Runner& runner) {
  const uint64_t stretch = workload_.has_keys_by_stretch() ? runner.stretch : 0;
  written_keys_.Add(stretch, std::exchange(runner.written_keys, {}));
}

void Round::RemoveOldKeys(Runner& runner) {
  if (!workload_.has_keys_by_stretch() || runner.session->lost()) return;
  const uint64_t oldest = pace_.oldest();
  auto old = written_keys_.TakeOld(oldest);
  if (old.empty()) return;
  if (runner.session->Remove(WrittenKeys::NamesOf(old)).ok()) {
    written_keys_.Removed();
  } else {
    written_keys_.Refused(oldest, std::move(old));
  }
}

bool Round::Connect(Runner& runner) {
  const absl::Duration until = SteadyNow() + options_.patience;
  ++runner.connections;
  while (!ends_with_target_) {
    absl::StatusOr<std::unique_ptr<Session>> session = target_.Connect();
    if (session.ok()) {
      runner.session = *std::move(session);
      return true;
    }
    if (ends_with_target_) break;
    if (IsEnding() || SteadyNow() > until) {
      Lose(std::string(session.status().message()));
      return false;
    }
    end_.stopping.WaitFor(kRetryInterval);
  }
  return false;
}

// A run may be over before it is known that the target is.
void Round::LookAfterTarget(Runner& runner) {
  if (runner.session->lost() && !ends_with_target_ && lost().empty()) Connect(runner);
}

void Round::RunTransaction(Runner& runner, const Place& place) {
  Random random(options_.seed, place.session, place.index);
  const Disturbance disturbance(
      options_.disturbance, Random(options_.seed ^ kDisturbanceSeed, place.session, place.index));
  RecordedTransaction txn(*runner.session, place, disturbance, end_, runner.log);
  const uint64_t invoked = Now();
  const absl::Status status = workload_.Run(random, txn);
  if (absl::IsCancelled(status)) txn.GiveUp();
  CommitResult result;
  if (status.ok()) {
    result = txn.Commit();
  } else {
    if (txn.begun() && !runner.session->lost()) runner.session->Rollback();
    result.ending = absl::IsAborted(status) ? Ending::kConflict : Ending::kRefused;
    result.why = std::string(status.message());
  }
  // One that could not even begin has said nothing.
  if (txn.begun()) {
    Finish(runner, txn, result, invoked, Now());
  } else if (!runner.session->lost()) {
    Lose(result.why);
    Stop();
  }
}

void Round::Finish(Runner& runner, const RecordedTransaction& txn, const CommitResult& result,
                   uint64_t invoked, uint64_t completed) {
  FinishedTransaction finished;
  finished.session = runner.number;
  finished.process = runner.number + runner.connections * (options_.sessions + 1);
  finished.outcome = OutcomeOf(result.ending);
  finished.invoked = invoked;
  finished.completed = completed;
  finished.begin_timestamp = txn.begin_timestamp();
  finished.commit_timestamp = result.commit_timestamp;
  finished.operations = runner.log.bytes();
  sink_.Take(finished);
  const std::vector<std::string>& written = runner.log.written_keys();
  runner.written_keys.insert(written.begin(), written.end());
  Count(runner, txn, result);
  const std::optional<Claim>& claim = txn.claim();
  if (!claim || result.ending != Ending::kCommitted || !Implies(options_.level, claim->from)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  breaches_.push_back({finished.process, invoked, claim->words});
  Stop();
}

void Round::Count(Runner& runner, const RecordedTransaction& txn, const CommitResult& result) {
  switch (result.ending) {
    case Ending::kCommitted:
      runner.committed.Add();
      if (!runner.log.written_keys().empty()) runner.committed_writes.Add();
      if (runner.log.has_read_others()) runner.committed_reads.Add();
      return;
    case Ending::kConflict: runner.conflicts.Add(); return;
    case Ending::kUnknown: runner.unknown.Add(); return;
    case Ending::kRefused: break;
  }
  // Who has lost its connection was not refused by anybody.
  if (txn.given_up() || runner.session->lost()) {
    runner.rolled_back.Add();
    return;
  }
  runner.refused.Add();
  const std::lock_guard lock(mutex_);
  if (refusal_.empty()) refusal_ = result.why;
}

void Round::Lose(std::string why) {
  const std::lock_guard lock(mutex_);
  if (lost_.empty()) lost_ = std::move(why);
}

bool Round::WaitFor(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [&] { return running_ == 0; });
}

void Round::Wait() {
  for (const auto& runner : runners_) {
    if (runner->thread.joinable()) runner->thread.join();
  }
}

Tally Round::tally() const {
  Tally sum;
  for (uint32_t i = 0; i < options_.sessions; ++i) {
    const Runner& runner = *runners_[i];
    sum += {.committed = runner.committed.get(),
            .committed_writes = runner.committed_writes.get(),
            .committed_reads = runner.committed_reads.get(),
            .conflicts = runner.conflicts.get(),
            .rolled_back = runner.rolled_back.get(),
            .refused = runner.refused.get(),
            .unknown = runner.unknown.get()};
  }
  return sum;
}

std::vector<Breach> Round::breaches() const {
  const std::lock_guard lock(mutex_);
  return breaches_;
}

std::string Round::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

std::string Round::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

uint64_t Round::next_index() const {
  uint64_t next = 0;
  for (const auto& runner : runners_) next = std::max(next, runner->next_index.load());
  return next;
}

}  // namespace nacre::check::run
