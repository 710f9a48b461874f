#include "tests/check/run/run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/check/run/history_log.h"
#include "tests/check/run/online_log.h"
#include "tests/check/run/steady_now.h"

namespace nacre::check::run {
namespace {

constexpr absl::Duration kLookInterval = absl::Milliseconds(50);
// Fewer than one committed transaction in so many says little about a store.
constexpr uint64_t kEndedPerCommittedMax = 100;

class Runs {
 public:
  Runs(TargetSource& source, const Workload& workload, const RunOptions& options)
      : source_(source),
        workload_(workload),
        options_(options),
        interrupt_(options.interrupt != nullptr ? *options.interrupt : never_) {}

  absl::StatusOr<RunResult> Run() {
    for (;;) {
      const absl::Status lived = Live();
      // A target that did not come back ends the run; what it said before is judged.
      if (!lived.ok() && result_.lives.empty()) return lived;
      if (!lived.ok() && !absl::IsCancelled(lived)) {
        result_.lives.back().lost = std::string(lived.message());
      }
      if (!lived.ok() || !killed_ || IsUsedUp() || IsDecided(result_.lives.back())) break;
    }
    return std::move(result_);
  }

 private:
  absl::Status Live() {
    killed_ = false;
    absl::StatusOr<std::unique_ptr<Target>> target = source_.Open(interrupt_);
    if (!target.ok()) return target.status();
    result_.target = (*target)->name();
    result_.sessions = options_.sessions;
    result_.level = options_.level.value_or((*target)->promises());
    std::string why;
    if (workload_.needs_scans() && !(*target)->has_scans(why)) {
      return absl::UnimplementedError(
          absl::StrCat("this workload scans ranges of keys and deletes in them; ", why));
    }
    HistoryLog log(options_.sessions + 1);
    std::optional<OnlineLog> online;
    if (options_.online) {
      online.emplace(options_.sessions, result_.level, OnlineOptionsOf(**target));
    }
    TransactionSink& sink = online ? static_cast<TransactionSink&>(*online) : log;
    Round round(**target, workload_, OptionsOf(**target), sink, interrupt_);
    if (absl::Status status = round.SetUp(); !status.ok()) {
      RemoveKeys(**target, round);
      std::string words(status.message());
      if (!absl::IsCancelled(status)) {
        words = absl::StrCat(result_.target, " refused what a run begins with: ", words);
      }
      if (!result_.left_behind.empty()) absl::StrAppend(&words, ". ", result_.left_behind);
      return absl::Status(status.code(), words);
    }
    // What the target and the workload need to be ready is no part of the run.
    if (result_.lives.empty()) start_ = SteadyNow();
    round.Start();
    Watch(round, online ? &*online : nullptr);
    round.Wait();
    result_.elapsed = SteadyNow() - start_;
    next_index_ = round.next_index();
    result_.tally += round.tally();
    result_.lives.push_back(
        {log.Merge(), round.tally(), round.breaches(), round.lost(), round.refusal()});
    if (online) {
      result_.lives.back().verdict = online->Finish();
      if (OnlineOptionsOf(**target).judge.ignore_timestamps &&
          !options_.online->judge.ignore_timestamps) {
        result_.lives.back().verdict->notes.emplace_back(
            "Connections were dropped, so snapshots were judged by what they answered, and not by "
            "timestamps: a commit whose answer is lost has none.");
      }
      result_.lives.back().history = online->evidence();
    }
    if (!killed_) RemoveKeys(**target, round);
    return absl::OkStatus();
  }

  // What has to stay, stays: no verdict depends on it, but somebody may want to know.
  void RemoveKeys(Target& target, const Round& round) {
    const std::vector<std::string> keys = round.written_keys();
    absl::Status removed;
    if (!keys.empty()) {
      const absl::StatusOr<std::unique_ptr<Session>> session = target.Connect();
      removed = session.ok() ? (*session)->Remove(keys) : session.status();
    }
    const uint64_t left = round.forgotten_keys() + (removed.ok() ? 0 : keys.size());
    if (left == 0) return;
    const std::string why = removed.ok()
                                ? absl::StrCat("it refused to remove them ",
                                               WrittenKeys::kRefusalsMax, " times in a row")
                                : std::string(removed.message());
    std::string prefix = target.key_prefix();
    if (!prefix.empty()) prefix = absl::StrCat(", all beginning with '", prefix, "'");
    result_.left_behind = absl::StrCat("Keys of this run were left in ", target.name(), ", ", left,
                                       " at most", prefix, ": ", why);
  }

  uint64_t TransactionsOfEach() const {
    return (options_.transactions + options_.sessions - 1) / options_.sessions;
  }
  // Whether what was seen of it is known to be wrong.
  static bool IsDecided(const Life& life) {
    return !life.breaches.empty() || (life.verdict && life.verdict->ruling == Ruling::kViolated);
  }
  // Whether nothing would be left to do for one more life.
  bool IsUsedUp() const {
    return interrupt_.is_set() || SteadyNow() - start_ >= options_.duration ||
           (options_.transactions > 0 && next_index_ >= TransactionsOfEach());
  }

  RoundOptions OptionsOf(const Target& target) const {
    RoundOptions options;
    options.seed = options_.seed;
    options.sessions = options_.sessions;
    options.first_index = next_index_;
    if (options_.transactions > 0) {
      const uint64_t each = TransactionsOfEach();
      options.transactions_per_session = each - std::min(each, next_index_);
    }
    options.disturbance = options_.disturbance;
    if (!target.needs_yields()) options.disturbance.yield_share = 0;
    options.level = result_.level;
    return options;
  }

  // Once somebody has read what a transaction without a timestamp wrote, no snapshot that is still
  // to come could be said to hold by timestamps.
  OnlineOptions OnlineOptionsOf(const Target& target) const {
    OnlineOptions online = *options_.online;
    const bool by_snapshots = Implies(result_.level, Level::kSnapshotIsolation) &&
                              !Implies(result_.level, Level::kSerializable);
    if (by_snapshots && options_.disturbance.drop_share > 0 && target.can_lose_answers()) {
      online.judge.ignore_timestamps = true;
    }
    return online;
  }

  void Watch(Round& round, const OnlineLog* online) {
    const absl::Duration kill_at = KillTime();
    bool is_stopping = false;
    while (!round.WaitFor(kLookInterval)) {
      const absl::Duration now = SteadyNow();
      Tally tally = result_.tally;
      options_.progress(
          {tally += round.tally(), now - start_, result_.lives.size() + 1, is_stopping});
      if (now - start_ >= options_.duration || interrupt_.is_set() ||
          (online != nullptr && online->violated())) {
        round.Stop();
        is_stopping = true;
      } else if (!killed_ && now >= kill_at) {
        // Killed first, so that sessions are in the middle of something.
        round.EndWithTarget();
        source_.Kill();
        killed_ = true;
        round.Stop();
      }
    }
  }

  absl::Duration KillTime() const {
    if (options_.restart_interval <= absl::ZeroDuration()) return absl::InfiniteDuration();
    Random random(options_.seed, UINT64_MAX, result_.lives.size());
    return SteadyNow() + options_.restart_interval * (0.5 + random.Fraction());
  }

  TargetSource& source_;
  const Workload& workload_;
  const RunOptions& options_;
  const StopEvent never_;
  const StopEvent& interrupt_;
  absl::Duration start_;  // When the sessions of the first life were let go.
  bool killed_ = false;
  uint64_t next_index_ = 0;
  RunResult result_;
};

TxnId FindTransaction(const History& history, const Breach& breach) {
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.invoked(t) == breach.invoked && history.session(t) != kNone &&
        history.sessions().text(history.session(t)) == std::to_string(breach.process)) {
      return t;
    }
  }
  return kNone;
}

// Why so little was done that nothing could be found wrong in it; empty: it was enough.
std::string TooLittle(const RunResult& result) {
  const Tally& tally = result.tally;
  const std::string end = ", which is too little to judge by";
  if (tally.committed * kEndedPerCommittedMax < tally.all() || tally.committed == 0) {
    return absl::StrCat("of ", tally.all(), " transactions only ", tally.committed, " committed",
                        end);
  }
  // Reads of what nobody has written are right in every store.
  if (tally.committed_writes == 0 || tally.committed_writes < tally.refused) {
    return absl::StrCat("of ", tally.all(), " transactions only ", tally.committed_writes,
                        " wrote something and committed", end);
  }
  // Nothing is wrong with writes that nobody sees.
  if (tally.committed_reads < result.sessions) {
    return absl::StrCat("of ", tally.all(), " transactions only ", tally.committed_reads,
                        " read what another had written and committed", end);
  }
  return "";
}

Violation ViolationOf(const History& history, const Breach& breach) {
  Violation violation;
  violation.anomaly = Anomaly::kInvariant;
  const TxnId t = FindTransaction(history, breach);
  if (t != kNone) violation.txns = {t};
  violation.words = (t == kNone ? "a transaction" : history.name(t)) + " " + breach.words;
  return violation;
}

}  // namespace

absl::StatusOr<RunResult> Run(TargetSource& source, const WorkloadKind& workload,
                              const RunOptions& options) {
  const std::unique_ptr<Workload> made = workload.make(options.workload);
  return Runs(source, *made, options).Run();
}

Verdict JudgeLife(const Life& life, Level level, const JudgeOptions& options) {
  Verdict verdict = life.verdict ? *life.verdict : Judge(life.history, level, options);
  if (verdict.ruling == Ruling::kHolds && !life.breaches.empty() && !life.verdict) {
    verdict.notes.emplace_back(
        "What was read admits the level; only the workload knows what it keeps true. So a recorded "
        "history of this run is said to hold.");
  }
  for (const Breach& breach : life.breaches) {
    verdict.ruling = Ruling::kViolated;
    verdict.reason.clear();
    if (verdict.violations.size() >= options.violations_max) break;
    verdict.violations.push_back(ViolationOf(life.history, breach));
  }
  if (verdict.ruling == Ruling::kHolds && !life.lost.empty()) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = absl::StrCat(
        "the target was lost during the run; what it answered before was right: ", life.lost);
  }
  return verdict;
}

RunVerdict JudgeRun(const RunResult& result, const JudgeOptions& options) {
  const auto weight = [&](const RunVerdict& of) {
    const Ruling ruling = of.verdict.ruling;
    return std::make_pair(ruling == Ruling::kViolated  ? 2
                          : ruling == Ruling::kUnknown ? 1
                                                       : 0,
                          result.lives[of.life].history.size());
  };
  RunVerdict worst = {0, JudgeLife(result.lives[0], result.level, options)};
  for (size_t life = 1; life < result.lives.size(); ++life) {
    RunVerdict one = {life, JudgeLife(result.lives[life], result.level, options)};
    if (weight(one) > weight(worst)) worst = std::move(one);
  }
  std::string refusal;
  for (const Life& life : result.lives) {
    if (refusal.empty()) refusal = life.refusal;
  }
  if (!refusal.empty()) refusal = absl::StrCat(result.target, " said: ", refusal);
  Verdict& verdict = worst.verdict;
  if (!result.left_behind.empty()) verdict.notes.push_back(result.left_behind);
  const std::string too_little = TooLittle(result);
  if (verdict.ruling == Ruling::kHolds && !too_little.empty()) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = absl::StrCat(too_little, refusal.empty() ? "" : "; ", refusal);
  } else if (!refusal.empty()) {
    verdict.notes.push_back(absl::StrCat(result.tally.refused, " of ", result.tally.all(),
                                         " transactions were refused, and not for a conflict; ",
                                         refusal));
  }
  return worst;
}

}  // namespace nacre::check::run
