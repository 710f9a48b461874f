#include "tests/check/run/resp_target.h"

#include <charconv>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/check/run/resp_session.h"

namespace nacre::check::run {
namespace {

using client::Reply;
using client::Request;

client::ClientOptions ClientOptionsOf(const RespOptions& options) {
  client::ClientOptions client;
  client.connection.endpoint = options.endpoint;
  client.connection.password = options.password;
  client.connection.client_name = "nacre-check";
  client.call_timeout = options.call_timeout;
  client.leases_max = 1;
  client.health_check_interval = absl::ZeroDuration();
  // Who comes back after a restart is to be told so at once.
  client.breaker.failures = 0;
  return client;
}

// Without what the client says of its pool, which is nothing to whoever wants to reach a server.
absl::Status NotReached(const client::ConnectionOptions& options, const absl::Status& status) {
  const std::string place = options.endpoint.ToString();
  std::string_view why(status.message().data(), status.message().size());
  if (absl::IsDeadlineExceeded(status)) {
    const size_t end = why.find("): ");
    why = end == std::string_view::npos ? "it does not answer" : why.substr(end + 3);
  }
  if (why.starts_with(place + ": ")) why.remove_prefix(place.size() + 2);
  const bool has_none = absl::IsUnauthenticated(status) && options.password.empty();
  return absl::Status(status.code(), absl::StrCat("cannot reach ", place, ": ", std::string(why),
                                                  has_none ? "; --password gives it one" : ""));
}

class RespTarget final : public Target {
 public:
  RespTarget(RespPlan plan, std::string name) : plan_(std::move(plan)), name_(std::move(name)) {}

  std::string name() const override { return name_; }
  std::string key_prefix() const override { return plan_.prefix; }
  Level promises() const override {
    return plan_.begin && plan_.isolation == Isolation::kSnapshot ? Level::kStrongSnapshotIsolation
                                                                  : Level::kStrictSerializable;
  }
  bool has_scans(std::string& why) const override {
    if (!plan_.begin) why = name_ + ", watches keys and no ranges";
    if (plan_.begin && !plan_.scans) why = name_ + " has no ordered scans (RANGE)";
    return plan_.begin && plan_.scans;
  }
  bool needs_yields() const override { return false; }
  bool can_lose_answers() const override { return true; }

  absl::StatusOr<std::unique_ptr<Session>> Connect() override {
    // Each of the sessions would wait for itself again, and so would whoever removes the keys.
    if (plan_.wait->gave_up()) return NotWaitedFor();
    absl::StatusOr<std::unique_ptr<RespConnection>> connection = RespConnection::Open(plan_);
    if (!connection.ok()) return NotReached(plan_.client.connection, connection.status());
    return plan_.begin ? MakeBeginSession(plan_, *std::move(connection))
                       : MakeWatchSession(plan_, *std::move(connection));
  }

 private:
  absl::Status NotWaitedFor() const {
    return absl::UnavailableError(absl::StrCat("it did not answer within ",
                                               absl::FormatDuration(AnswerWait::kGrace),
                                               " of when the run was interrupted"));
  }

  const RespPlan plan_;
  const std::string name_;
};

// What the server says of the first of these if it refuses that. What it answers without an error,
// it can do.
absl::Status RefusalOfFirst(RespConnection& connection, const Request& request) {
  const absl::StatusOr<std::vector<Reply>> replies = connection.Ask(request);
  if (!replies.ok()) return replies.status();
  return (*replies)[0].is_error() ? (*replies)[0].status() : absl::OkStatus();
}

bool Knows(RespConnection& connection, const Request& request) {
  return RefusalOfFirst(connection, request).ok();
}

// What it says of the first that it refuses.
absl::Status RefusalOfAny(RespConnection& connection, const Request& request) {
  const absl::StatusOr<std::vector<Reply>> replies = connection.Ask(request);
  if (!replies.ok()) return absl::OkStatus();
  for (const Reply& reply : *replies) {
    if (reply.is_error()) return reply.status();
  }
  return absl::OkStatus();
}

// Who is coming up will have what it refuses now.
absl::Status CannotBeUsed(const std::string& how, const absl::Status& refusal) {
  return absl::Status(absl::IsUnavailable(refusal) ? absl::StatusCode::kUnavailable
                                                   : absl::StatusCode::kFailedPrecondition,
                      absl::StrCat(how, ": ", std::string(refusal.message())));
}

std::string DrawPrefix() {
  std::random_device device;
  return absl::StrFormat("nacre-check:%08x:", device());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Target>> OpenRespTarget(const RespOptions& options,
                                                       const StopEvent& interrupt) {
  RespPlan plan;
  plan.wait = std::make_shared<AnswerWait>(interrupt);
  plan.client = ClientOptionsOf(options);
  plan.prefix = options.prefix.empty() ? DrawPrefix() : options.prefix;
  plan.isolation = options.isolation;
  plan.forget_to_watch = options.forget_to_watch;
  absl::StatusOr<std::unique_ptr<RespConnection>> opened = RespConnection::Open(plan);
  const absl::Status interrupted = absl::CancelledError(
      absl::StrCat("interrupted before ", options.endpoint.ToString(), " had answered"));
  if (!opened.ok()) {
    const bool is_unanswered =
        absl::IsDeadlineExceeded(opened.status()) || absl::IsUnavailable(opened.status());
    if (is_unanswered && interrupt.is_set()) return interrupted;
    return NotReached(plan.client.connection, opened.status());
  }
  RespConnection& connection = **opened;
  std::string name = connection.server().name + " " + connection.server().version;
  if (name == " ") name = "the server";
  absl::StrAppend(&name, " at ", options.endpoint.ToString());
  const auto lost = [&] {
    if (interrupt.is_set()) return interrupted;
    return absl::UnavailableError(
        absl::StrCat("cannot use ", name, ": ", std::string(connection.failure().message())));
  };
  if (options.transactions != Transactions::kWatch) {
    const absl::Status refusal = RefusalOfFirst(connection, Request("BEGIN").Add("ROLLBACK"));
    if (connection.lost()) return lost();
    // What it refuses for a moment it has.
    if (absl::IsUnavailable(refusal)) {
      return CannotBeUsed(name + " cannot be used through BEGIN", refusal);
    }
    if (options.transactions == Transactions::kBegin && !refusal.ok()) {
      return CannotBeUsed(name + " has no BEGIN; use --transactions watch", refusal);
    }
    plan.begin = refusal.ok();
  }
  plan.timestamps = plan.begin && Knows(connection, Request("BEGIN", "TIMESTAMP").Add("ROLLBACK"));
  plan.lists = Knows(connection, Request("LRANGE", plan.prefix + "none", 0, 0));
  plan.scans = Knows(connection, Request("RANGE", "-", "+", "LIMIT", 0, 0));
  absl::Status refusal;
  if (!plan.begin) {
    refusal = RefusalOfAny(
        connection, Request("WATCH", plan.prefix + "none").Add("UNWATCH").Add("MULTI").Add("EXEC"));
  }
  if (connection.lost()) return lost();
  if (!refusal.ok()) {
    return CannotBeUsed(name + " cannot be used through WATCH, MULTI and EXEC", refusal);
  }
  absl::StrAppend(&name, plan.begin ? ", through BEGIN and COMMIT" : ", through WATCH and EXEC");
  return std::make_unique<RespTarget>(std::move(plan), std::move(name));
}

absl::StatusOr<client::Endpoint> ParseEndpoint(const std::string& address) {
  client::Endpoint endpoint;
  if (address.find('/') != std::string::npos) {
    endpoint.unix_path = address;
    return endpoint;
  }
  const size_t colon = address.rfind(':');
  if (colon != std::string::npos) {
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    if (!host.empty()) endpoint.host = host;
    const char* const end = address.data() + address.size();
    const auto parsed = std::from_chars(address.data() + colon + 1, end, endpoint.port);
    if (parsed.ec == std::errc() && parsed.ptr == end && endpoint.port > 0) return endpoint;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", address, "' is no target: say embedded, HOST:PORT, or the path of a socket"));
}

}  // namespace nacre::check::run
