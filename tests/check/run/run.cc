#include "tests/check/run/run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/check/run/history_log.h"
#include "tests/check/run/online_log.h"

namespace nacre::check::run {
namespace {

constexpr absl::Duration kLookInterval = absl::Milliseconds(50);
// Fewer than one committed transaction in so many says little about a store.
constexpr uint64_t kEndedPerCommittedMax = 100;

class Runs {
 public:
  Runs(TargetSource& source, const Workload& workload, const RunOptions& options)
      : source_(source), workload_(workload), options_(options), start_(absl::Now()) {}

  absl::StatusOr<RunResult> Run() {
    for (;;) {
      const absl::Status lived = Live();
      // A target that did not come back ends the run; what it said before is judged.
      if (!lived.ok() && result_.lives.empty()) return lived;
      if (!lived.ok()) result_.lives.back().lost = std::string(lived.message());
      if (!lived.ok() || !killed_ || IsUsedUp()) break;
    }
    return std::move(result_);
  }

 private:
  absl::Status Live() {
    killed_ = false;
    absl::StatusOr<std::unique_ptr<Target>> target = source_.Open();
    if (!target.ok()) return target.status();
    result_.target = (*target)->name();
    result_.level = options_.level.value_or((*target)->promises());
    std::string why;
    if (workload_.needs_scans() && !(*target)->has_scans(why)) {
      return absl::UnimplementedError(
          absl::StrCat("this workload scans ranges of keys and deletes in them; ", why));
    }
    HistoryLog log(options_.sessions + 1);
    std::optional<OnlineLog> online;
    if (options_.online) online.emplace(options_.sessions, result_.level, *options_.online);
    TransactionSink& sink = online ? static_cast<TransactionSink&>(*online) : log;
    Round round(**target, workload_, OptionsOf(**target), sink);
    if (absl::Status status = round.SetUp(); !status.ok()) {
      (*target)->Remove(round.written_keys());
      return absl::Status(status.code(),
                          absl::StrCat(result_.target, " refused what a run begins with: ",
                                       std::string(status.message())));
    }
    round.Start();
    Watch(round, online ? &*online : nullptr);
    round.Wait();
    result_.elapsed = absl::Now() - start_;
    next_index_ = round.next_index();
    result_.tally += round.tally();
    result_.lives.push_back(
        {log.Merge(), round.tally(), round.breaches(), round.lost(), round.refusal()});
    if (online) {
      result_.lives.back().verdict = online->Finish();
      result_.lives.back().history = online->evidence();
    }
    if (!killed_) (*target)->Remove(round.written_keys());
    return absl::OkStatus();
  }

  bool IsInterrupted() const { return options_.interrupted != nullptr && *options_.interrupted; }
  uint64_t TransactionsOfEach() const {
    return (options_.transactions + options_.sessions - 1) / options_.sessions;
  }
  // Whether nothing would be left to do for one more life.
  bool IsUsedUp() const {
    return IsInterrupted() || absl::Now() - start_ >= options_.duration ||
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

  void Watch(Round& round, const OnlineLog* online) {
    const absl::Time kill_at = KillTime();
    while (!round.WaitFor(kLookInterval)) {
      const absl::Time now = absl::Now();
      Tally tally = result_.tally;
      options_.progress({tally += round.tally(), now - start_, result_.lives.size() + 1});
      if (now - start_ >= options_.duration || IsInterrupted() ||
          (online != nullptr && online->violated())) {
        round.Stop();
      } else if (!killed_ && now >= kill_at) {
        // Killed first, so that sessions are in the middle of something.
        round.EndWithTarget();
        source_.Kill();
        killed_ = true;
        round.Stop();
      }
    }
  }

  absl::Time KillTime() const {
    if (options_.restart_interval <= absl::ZeroDuration()) return absl::InfiniteFuture();
    Random random(options_.seed, UINT64_MAX, result_.lives.size());
    return absl::Now() + options_.restart_interval * (0.5 + random.Fraction());
  }

  TargetSource& source_;
  const Workload& workload_;
  const RunOptions& options_;
  const absl::Time start_;
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
std::string TooLittle(const Tally& tally) {
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
  const std::string too_little = TooLittle(result.tally);
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
