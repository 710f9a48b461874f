#include "tests/client/support/server_under_test.h"

#include <csignal>

#include "absl/strings/str_cat.h"

namespace nacre::client::support {

std::string_view NameOf(ServerKind kind) { return kind == ServerKind::kNacre ? "Nacre" : "Redis"; }

absl::StatusOr<std::unique_ptr<ServerUnderTest>> ServerUnderTest::Start(
    ServerKind kind, const std::vector<std::string>& flags) {
  for (;;) {
    std::unique_ptr<ServerUnderTest> server(new ServerUnderTest(kind, flags));
    const absl::Status started = server->Restart();
    if (started.ok()) return server;
    // Another program may have come between: then another port.
    if (server->port_.is_free()) return started;
  }
}

absl::Status ServerUnderTest::Restart() {
  std::vector<std::string> words;
  std::string_view ready;
  if (kind_ == ServerKind::kNacre) {
    words = {NACRE_SERVER_PROGRAM};
    ready = "listens on";
  } else {
    words = {"redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"};
    ready = "Ready to accept connections";
  }
  words.insert(words.end(), {"--port", absl::StrCat(port())});
  words.insert(words.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<ChildProcess>(words);
  if (process_->WaitForLine(ready)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(words[0], " ended with ", process_->WaitForExit(),
                                             " after: ", process_->output()));
}

int ServerUnderTest::Stop() {
  process_->Signal(SIGTERM);
  return process_->WaitForExit();
}

void ServerUnderTest::Kill() {
  process_->Signal(SIGKILL);
  process_->WaitForExit();
}

void ServerUnderTest::Pause() {
  process_->Signal(SIGSTOP);
  process_->WaitUntilStopped();
}

void ServerUnderTest::Continue() {
  process_->Signal(SIGCONT);
  process_->WaitUntilContinued();
}

}  // namespace nacre::client::support
