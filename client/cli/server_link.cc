#include "client/cli/server_link.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/interrupt.h"
#include "client/cli/modes.h"

namespace nacre::cli {

namespace {

// How late Ctrl-C may be noticed while a reply is awaited.
constexpr absl::Duration kSlice = absl::Milliseconds(100);

}  // namespace

absl::StatusOr<client::Reply> AwaitReply(ServerLink& link, PushFunction on_push,
                                         absl::Duration timeout) {
  const absl::Duration until = SteadyNow() + timeout;
  for (;;) {
    absl::StatusOr<client::Reply> reply = link.Receive(kSlice);
    if (reply.ok() && reply->kind() == client::ReplyKind::kPush) {
      on_push(reply->view());
    } else if (reply.ok() || reply.status().code() != absl::StatusCode::kDeadlineExceeded) {
      return reply;
    }
    if (WasInterrupted()) return absl::CancelledError("interrupted");
    if (SteadyNow() >= until) return absl::DeadlineExceededError("no answer in time");
  }
}

absl::StatusOr<client::Reply> Ask(ServerLink& link, const client::Request& request,
                                  absl::Duration timeout) {
  const absl::Status sent = link.Send(request);
  absl::StatusOr<client::Reply> reply = sent.ok() ? AwaitReply(
                                                        link, [](client::ReplyView) {}, timeout)
                                                  : sent;
  if (!reply.ok()) link.Close();
  return reply;
}

std::string AddressOf(const client::Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return endpoint.unix_path;
  const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
  return absl::StrCat(is_ipv6 ? "[" : "", endpoint.host, is_ipv6 ? "]" : "", ":", endpoint.port);
}

std::string CouldNotConnect(const client::ConnectionOptions& options, const absl::Status& status) {
  // The library names the address in some of its messages; once is enough.
  const std::string named = absl::StrCat(AddressOf(options.endpoint), ": ");
  return absl::StrCat("Could not connect to ", named, absl::StripPrefix(status.message(), named));
}

}  // namespace nacre::cli
