#include "server/session/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/base/text.h"
#include "server/command/table.h"

namespace nacre::server {

namespace {

// More words than this make any command slow: it takes about a millisecond.
constexpr size_t kQuickWordsMax = 2048;
// The end of a transaction whose commands had more words than this is slow.
constexpr uint64_t kQuickTransactionWordsMax = 4096;
// With fewer keys, looking for them twice costs more than their waits.
constexpr size_t kKeysToLoadMin = 3;
// What is loaded ahead should be used before it is lost, and not hold up others.
constexpr size_t kKeysToLoadMax = 128;
// Commands of a MULTI that make its EXEC slow.
constexpr size_t kQuickQueueMax = 256;
// Of a client's bytes in an error reply.
constexpr size_t kQuotedBytesMax = 128;

constexpr char kAborted[] = "EXECABORT Transaction discarded because of: ";

std::string UnknownCommand(Args args) {
  std::string quoted;
  for (const std::string_view arg : args.subspan(1)) {
    if (quoted.size() >= kQuotedBytesMax) break;
    absl::StrAppend(&quoted, "'", ToAbsl(arg.substr(0, kQuotedBytesMax - quoted.size())), "' ");
  }
  return absl::StrCat("ERR unknown command '", ToAbsl(args[0].substr(0, kQuotedBytesMax)),
                      "', with args beginning with: ", quoted);
}

std::string UnknownSubcommand(const CommandSpec& command, std::string_view word) {
  return absl::StrCat("ERR unknown subcommand '", ToAbsl(word.substr(0, kQuotedBytesMax)),
                      "'. Try ", ToAbsl(AsciiUpper(command.name)), " HELP.");
}

}  // namespace

Session::Session(ServerState& server, ByteBuffer& out, ClientRecord& record,
                 CommandCounters& counters)
    : server_(server),
      out_(out),
      record_(record),
      counters_(counters),
      lane_counters_(&counters),
      id_(record.id),
      authenticated_(!server.settings().has_password()) {}

Session::~Session() { CloseTransaction(Mode::kAlone); }

std::shared_ptr<void> Session::TakeWhatTakesLongToFree() {
  const bool wrote_much = transaction_ && transaction_words_ > kQuickTransactionWordsMax;
  if (watches_.size() <= kQuickWordsMax && !wrote_much) return nullptr;
  struct Remains {
    WatchList watches;
    std::optional<Transaction> transaction;
  };
  auto remains = std::make_shared<Remains>();
  remains->watches = std::move(watches_);
  watches_.Clear();
  remains->transaction = std::exchange(transaction_, std::nullopt);
  if (remains->transaction) {
    server_.counters().transactions_open.fetch_sub(1, std::memory_order_relaxed);
  }
  mode_ = Mode::kAlone;
  return remains;
}

Session::Outcome Session::Run(Args args, Lane lane) {
  const CommandSpec* spec = FindCommand(args[0]);
  last_command_ = nullptr;
  if (spec == nullptr) [[unlikely]] {
    // A browser that was made to talk to us sends its request line first, and then text that
    // somebody else chose. None of it may run.
    if (EqualsIgnoringCase(args[0], "post") || EqualsIgnoringCase(args[0], "host:")) {
      closing_ = true;
      out_.Error("ERR this is not an HTTP server");
      return Outcome::kClose;
    }
    return Reject(UnknownCommand(args));
  }
  if (!spec->subcommands.empty() && args.size() > 1) {
    const CommandSpec* subcommand = FindSubcommand(*spec, args[1]);
    if (subcommand == nullptr) return Reject(UnknownSubcommand(*spec, args[1]));
    spec = subcommand;
  }
  last_command_ = spec;
  if (!spec->AcceptsWords(args.size())) [[unlikely]] {
    return RejectWords(*spec);
  }
  if (!authenticated_ && needs_password() && !spec->Has(kNoAuth)) [[unlikely]] {
    constexpr std::string_view kNoAuthentication = "NOAUTH Authentication required.";
    return spec->name != "exec" ? Reject(*spec, kNoAuthentication)
                                : Reject(*spec, absl::StrCat(kAborted, ToAbsl(kNoAuthentication)));
  }
  if (mode_ == Mode::kQueueing && spec->Has(kNoMulti)) [[unlikely]] {
    return Reject(*spec, "ERR Command not allowed inside a transaction");
  }
  return Dispatch(*spec, args, lane);
}

Session::Outcome Session::Dispatch(const CommandSpec& spec, Args args, Lane lane) {
  if (mode_ == Mode::kQueueing && !spec.Has(kImmediate)) {
    Queue(spec, args);
    return Outcome::kReplied;
  }
  if (lane == Lane::kQuick && IsSlow(spec, args)) return Outcome::kSlow;
  RunCounted(spec, args, lane);
  if (turned_out_slow_) [[unlikely]] {
    turned_out_slow_ = false;
    return Outcome::kSlow;
  }
  if (wait_answer_) [[unlikely]]
    return Outcome::kWaiting;
  return closing_ ? Outcome::kClose : Outcome::kReplied;
}

void Session::RunNow(const CommandSpec& spec, Args args) {
  if (spec.session != nullptr) {
    spec.session(*this, args);
  } else if (mode_ == Mode::kAlone) {
    RunAlone(spec, args);
  } else if (mode_ == Mode::kOpen) {
    RunOpen(spec, args);
  } else {
    out_.Error(lost_why_);
  }
}

// Quick commands are timed by samples, each of which stands for those around it.
void Session::RunCounted(const CommandSpec& spec, Args args, Lane lane) {
  const uint64_t errors_before = out_.errors();
  const bool quick = lane == Lane::kQuick;
  lane_counters_ = quick ? &counters_ : &server_.slow_commands_run();
  const bool timed = !quick || counters_.IsTimed();
  const absl::Time begun = timed ? SteadyNow() : absl::Time();
  RunNow(spec, args);
  if (turned_out_slow_) [[unlikely]]
    return;
  if (timed) {
    const auto nanos = static_cast<uint64_t>(absl::ToInt64Nanoseconds(SteadyNow() - begun));
    lane_counters_->CountTime(spec.index, quick ? nanos * CommandCounters::kTimedEvery : nanos);
  }
  const bool failed = out_.errors() != errors_before;
  lane_counters_->CountCall(spec.index, failed);
  if (failed) [[unlikely]]
    CountMistakes();
}

void Session::CountMistakes() {
  out_.TakeMistakes([this](std::string_view code) { server_.error_stats().Count(code); });
}

Session::Outcome Session::Reject(const CommandSpec& spec, std::string_view error) {
  // Rejected commands never come to the slow lane.
  counters_.CountRejected(spec.index);
  return Reject(error);
}

// An error that Redis takes for the end of the transaction: the queue lacks a command now.
Session::Outcome Session::Reject(std::string_view error) {
  if (mode_ == Mode::kQueueing) queue_rejected_ = true;
  out_.Error(error);
  CountMistakes();
  return Outcome::kReplied;
}

Session::Outcome Session::RejectWords(const CommandSpec& spec) {
  const std::string mistake =
      absl::StrCat("wrong number of arguments for '", ToAbsl(spec.name), "' command");
  if (spec.name != "exec") return Reject(spec, absl::StrCat("ERR ", mistake));
  // There is no second try: the client took this for the end of its transaction.
  if (mode_ == Mode::kQueueing) AbandonQueue();
  return Reject(spec, absl::StrCat(kAborted, mistake));
}

bool Session::IsSlow(const CommandSpec& spec, Args args) const {
  if (TakesLong(spec, args)) return true;
  // Those that end something work through all of it, or let go of it.
  const bool ends = spec.Has(kImmediate) || spec.name == "unwatch";
  if (ends && watches_.size() > kQuickWordsMax) return true;
  if (mode_ == Mode::kAlone) return false;
  if (mode_ == Mode::kOpen) {
    return spec.Has(kSlowInTransaction) || (ends && transaction_words_ > kQuickTransactionWordsMax);
  }
  return mode_ == Mode::kQueueing && queue_slow_ && spec.name == "exec";
}

bool Session::TakesLong(const CommandSpec& spec, Args args) const {
  return args.size() > kQuickWordsMax || (spec.slow != nullptr && spec.slow(args)) ||
         (spec.slow_state != nullptr && spec.slow_state(server_));
}

void Session::LoadAhead(const RequestBatch& batch) {
  if (mode_ == Mode::kQueueing || mode_ == Mode::kLost) return;
  load_ahead_.clear();
  for (size_t i = 0; i < batch.size(); ++i) {
    const Args args = batch.Ahead(i);
    const CommandSpec* spec = args.empty() ? nullptr : FindCommand(args[0]);
    if (spec == nullptr || spec->Has(kLoadsAhead)) continue;
    if (load_ahead_.size() + args.size() > kKeysToLoadMax) break;
    ForEachKey(*spec, args, [&](std::string_view key) { load_ahead_.push_back(key); });
  }
  if (load_ahead_.size() >= kKeysToLoadMin) {
    server_.db().Prefetch(load_ahead_, server_.keyspace(client_.database));
  }
}

bool Session::IsOverMemory() const {
  const uint64_t bytes_max = server_.settings().memory_bytes_max();
  return bytes_max != 0 && server_.db().GetStats().memory_bytes > bytes_max;
}

void Session::Queue(const CommandSpec& spec, Args args) {
  // Told now, and not only by the commit, so that the client need not send the others.
  if (spec.Has(kDenyOom) && IsOverMemory()) {
    Reject(kOutOfMemory);
    return;
  }
  if (!queue_.Add(spec, args, server_.settings().multi_bytes_max())) {
    Reject(absl::StrCat("ERR the commands queued by MULTI take more than ",
                        server_.settings().multi_bytes_max(), " bytes"));
    return;
  }
  queue_needs_memory_ = queue_needs_memory_ || spec.Has(kDenyOom);
  queue_slow_ = queue_slow_ || TakesLong(spec, args) || spec.Has(kSlowInTransaction) ||
                spec.Has(kAdmin) || queue_.size() > kQuickQueueMax ||
                queue_.words() > kQuickWordsMax;
  out_.Simple("QUEUED");
}

absl::Time Session::NowFor(const CommandSpec& spec) {
  return spec.Has(kUsesClock) ? server_.db().now() : absl::Time();
}

void Session::ReplaceByError(size_t mark, const absl::Status& status) {
  out_.RollbackTo(mark);
  WriteStatus(status, out_);
}

bool Session::Authenticate(std::string_view password) {
  if (!server_.settings().IsPassword(password)) return false;
  authenticated_ = true;
  return true;
}

void Session::Reset() {
  CloseTransaction(Mode::kAlone);
  queue_.Clear();
  watches_.Clear();
  client_ = ClientState();
  record_.no_evict.store(false, std::memory_order_relaxed);
  record_.no_touch.store(false, std::memory_order_relaxed);
  names_changed_ = true;
  if (replies_ != Replies::kSkipping) replies_ = Replies::kOn;  // Which is to RESET itself.
  authenticated_ = !server_.settings().has_password();
  out_.set_protocol(2);
}

void Session::CheckTimeLimits(absl::Time now) {
  const absl::Duration idle_timeout = server_.settings().transaction_idle_timeout();
  const absl::Duration age_max = server_.settings().transaction_age_max();
  const bool idle_too_long = now - last_active_ > idle_timeout;
  if (watches_.holds_snapshots() && idle_too_long) watches_.Spoil();
  if (mode_ != Mode::kOpen) return;
  if (idle_too_long) {
    Lose(absl::StrCat("idle for longer than ", absl::FormatDuration(idle_timeout)));
  } else if (now - transaction_began_ > age_max) {
    Lose(absl::StrCat("open for longer than ", absl::FormatDuration(age_max)));
  }
}

void WriteStatus(const absl::Status& status, ReplyWriter& out) {
  const absl::string_view message = status.message();
  if (status.code() == absl::StatusCode::kAborted) {
    out.Error(absl::StrCat("CONFLICT ", message));
    return;
  }
  if (status.GetPayload(kMemoryLimitPayload)) {
    out.Error(kOutOfMemory);
    return;
  }
  out.Error(absl::StrCat("ERR ", message));
}

}  // namespace nacre::server
