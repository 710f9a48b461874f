// The connection of nacre-cli, as a lease of the client library.

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "client/cli/interrupt.h"
#include "client/cli/server_link.h"
#include "nacre/client/blocking.h"

namespace nacre::cli {

namespace {

// How late Ctrl-C may be noticed while connecting.
constexpr absl::Duration kConnectSlice = absl::Milliseconds(100);

// What the one attempt came to, out of the words of the circuit breaker that it has opened.
absl::Status Reason(const absl::Status& status) {
  const absl::string_view message = status.message();
  const size_t begin = message.find(" (");
  if (!absl::StartsWith(message, "circuit breaker open") || begin == absl::string_view::npos) {
    return status;
  }
  return absl::Status(status.code(), absl::StripSuffix(message.substr(begin + 2), ")"));
}

class LeaseLink final : public ServerLink {
 public:
  absl::Status Connect(const client::ConnectionOptions& options) override {
    Close();
    client::ClientOptions all;
    all.connection = options;
    all.connection.client_name = "nacre-cli";
    // A command may take as long as it takes; the person has Ctrl-C.
    all.connection.unresponsive_timeout = absl::InfiniteDuration();
    // One attempt: the person, or the script, is to know at once that nobody is there.
    all.breaker.failures = 1;
    client_.emplace(std::move(all));
    // The attempt has connect_timeout; it goes on from one wait to the next.
    absl::StatusOr<client::BlockingLease> lease = client_->Acquire({.timeout = kConnectSlice});
    while (lease.status().code() == absl::StatusCode::kDeadlineExceeded) {
      if (WasInterrupted()) {
        client_.reset();
        return absl::CancelledError("interrupted");
      }
      lease = client_->Acquire({.timeout = kConnectSlice});
    }
    if (!lease.ok()) {
      client_.reset();
      return Reason(lease.status());
    }
    lease_.emplace(*std::move(lease));
    // What a session has done to its connection is not for others.
    lease_->DoNotReuse();
    return absl::OkStatus();
  }

  bool is_open() const override { return lease_.has_value(); }

  void Close() override {
    if (lease_) lease_->Close();
    lease_.reset();
    client_.reset();
  }

  absl::Status Send(const client::Request& request) override {
    if (!lease_) return absl::UnavailableError("not connected");
    return lease_->Send(request);
  }

  absl::StatusOr<client::Reply> Receive(absl::Duration timeout) override {
    if (!lease_) return absl::UnavailableError("not connected");
    return lease_->Receive(timeout);
  }

  absl::Duration quiet_for() const override {
    return lease_ ? lease_->quiet_for() : absl::InfiniteDuration();
  }

 private:
  std::optional<client::BlockingClient> client_;
  std::optional<client::BlockingLease> lease_;
};

}  // namespace

std::unique_ptr<ServerLink> MakeLeaseLink() { return std::make_unique<LeaseLink>(); }

}  // namespace nacre::cli
