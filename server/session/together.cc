// Pipelined writes that share one commit.
//
// Requests that have arrived together, from one client, may take effect together: another client
// sees either none of them or all, which it could have seen anyway, had it looked a little earlier
// or later. What they name is known before they run, so they lock all of it first, in order, like
// one command with many keys: no deadlock, no conflict.
//
// Each stays a command of its own for its client: its reply, its error. What could tell it apart
// from one that ran alone ends the attempt instead, with nothing applied: a status that is not OK,
// such as a limit that only the sum exceeds. Then they run one by one.

#include "server/base/clock.h"
#include "server/command/table.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

// Committers of the same stripes wait for as long as these take to run.
constexpr size_t kBytesTogetherMax = 64 << 10;
constexpr size_t kReplyBytesTogetherMax = 256 << 10;

size_t BytesOf(Args args) {
  size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  return bytes;
}

bool MayShare(const CommandSpec& spec, Args args) {
  return spec.Has(kWrite) && spec.run != nullptr && spec.keys.first != 0 && !spec.Has(kRange) &&
         !spec.Has(kAsksEngine) && !spec.Has(kComputes) && !spec.Has(kCopiesValue) &&
         spec.AcceptsWords(args.size()) && (spec.slow == nullptr || !spec.slow(args));
}

}  // namespace

size_t Session::CollectTogether(const RequestBatch& batch) {
  together_.clear();
  locked_.clear();
  size_t bytes = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    const Args args = batch.Ahead(i);
    const CommandSpec* spec = args.empty() ? nullptr : FindCommand(args[0]);
    if (spec == nullptr || !MayShare(*spec, args)) break;
    bytes += BytesOf(args);
    if (bytes > kBytesTogetherMax) break;
    together_.push_back(spec);
    AppendLockedKeys(server_, *spec, args, client_.database, locked_);
  }
  return together_.size();
}

std::optional<size_t> Session::ExecuteTogether(const RequestBatch& batch) {
  if (mode_ != Mode::kAlone || needs_password() || replies_ != Replies::kOn) return 0;
  if (CollectTogether(batch) < 2) return 0;
  const Keyspace keyspace = server_.keyspace(client_.database);
  const size_t mark = out_.Mark();
  const absl::Time now = server_.db().now();
  size_t done = 0;
  const bool timed = counters_.IsTimed();
  const absl::Time begun = timed ? SteadyNow() : absl::Time();
  failed_together_.assign(together_.size(), false);
  const absl::Status status =
      server_.db()
          .TransactLocked(
              locked_,
              [&](Transaction& tx) -> absl::Status {
                while (done < together_.size() && out_.Mark() - mark < kReplyBytesTogetherMax) {
                  DataContext context{tx, batch.Ahead(done), out_, server_, now};
                  const uint64_t errors_before = out_.errors();
                  const absl::Status run = RunInside(*together_[done], keyspace, context);
                  if (!run.ok()) return run;
                  failed_together_[done] = out_.errors() != errors_before;
                  ++done;
                }
                return absl::OkStatus();
              })
          .status();
  if (!status.ok()) {
    out_.RollbackTo(mark);
    return std::nullopt;
  }
  last_command_ = together_[done - 1];
  for (size_t i = 0; i < done; ++i) counters_.CountCall(together_[i]->index, failed_together_[i]);
  if (timed) {
    // Of all of them, and each stands for others too.
    const auto nanos = static_cast<uint64_t>(absl::ToInt64Nanoseconds(SteadyNow() - begun));
    const uint64_t share = nanos * CommandCounters::kTimedEvery / done;
    for (size_t i = 0; i < done; ++i) counters_.CountTime(together_[i]->index, share);
  }
  CountMistakes();
  return done;
}

}  // namespace nacre::server
