#include "tests/check/run/source.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/check/run/embedded_target.h"
#include "tests/check/run/spawned_server.h"
#include "tests/check/run/steady_now.h"

namespace nacre::check::run {
namespace {

class EmbeddedSource final : public TargetSource {
 public:
  explicit EmbeddedSource(Isolation isolation) : isolation_(isolation) {}
  absl::StatusOr<std::unique_ptr<Target>> Open(const StopEvent&) override {
    return OpenEmbeddedTarget(isolation_);
  }

 private:
  const Isolation isolation_;
};

class ServerSource final : public TargetSource {
 public:
  explicit ServerSource(RespOptions options) : options_(std::move(options)) {}
  absl::StatusOr<std::unique_ptr<Target>> Open(const StopEvent& interrupt) override {
    return OpenRespTarget(options_, interrupt);
  }

 private:
  const RespOptions options_;
};

class SpawnedSource final : public TargetSource {
 public:
  SpawnedSource(std::string command, RespOptions options)
      : command_(std::move(command)), options_(std::move(options)) {}

  absl::StatusOr<std::unique_ptr<Target>> Open(const StopEvent& interrupt) override {
    absl::StatusOr<std::unique_ptr<SpawnedServer>> server = SpawnedServer::Start(command_);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    options_.endpoint = {.host = "127.0.0.1", .port = server_->port(), .unix_path = ""};
    const absl::Duration until = SteadyNow() + kPatience;
    for (;;) {
      absl::StatusOr<std::unique_ptr<Target>> target = OpenRespTarget(options_, interrupt);
      if (target.ok() || !MayComeUp(target.status())) return target;
      // First of all: who interrupts has ended the wait, whatever would have become of it.
      if (interrupt.is_set()) {
        return absl::CancelledError(absl::StrCat("interrupted while '", command_, "' came up"));
      }
      std::string how;
      if (server_->HasEnded(how)) {
        return absl::UnavailableError(absl::StrCat("'", command_, "' ", how));
      }
      if (SteadyNow() > until) {
        return absl::UnavailableError(absl::StrCat("'", command_, "' runs, but does not answer: ",
                                                   std::string(target.status().message())));
      }
      interrupt.WaitFor(kRetryInterval);
    }
  }

  void Kill() override { server_->Kill(); }
  bool has_lives() const override { return true; }

 private:
  static constexpr absl::Duration kPatience = absl::Seconds(10);
  static constexpr absl::Duration kRetryInterval = absl::Milliseconds(20);

  // Of who answers and refuses, no more can be expected.
  static bool MayComeUp(const absl::Status& status) {
    return !absl::IsFailedPrecondition(status) && !absl::IsUnauthenticated(status) &&
           !absl::IsPermissionDenied(status);
  }

  const std::string command_;
  RespOptions options_;
  std::unique_ptr<SpawnedServer> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TargetSource>> MakeSource(const TargetOptions& options) {
  const bool embedded = options.spawn.empty() && options.address == kEmbedded;
  if (embedded) return std::make_unique<EmbeddedSource>(options.resp.isolation);
  if (!options.spawn.empty()) return std::make_unique<SpawnedSource>(options.spawn, options.resp);
  absl::StatusOr<client::Endpoint> endpoint = ParseEndpoint(options.address);
  if (!endpoint.ok()) return endpoint.status();
  RespOptions resp = options.resp;
  resp.endpoint = *std::move(endpoint);
  return std::make_unique<ServerSource>(std::move(resp));
}

}  // namespace nacre::check::run
