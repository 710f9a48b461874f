#include "client/cli/pipe.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "client/cli/request_reader.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

// Requests sent and not answered: enough to keep any server busy, little enough to hold.
constexpr size_t kCommandsInFlightMax = 5000;
constexpr size_t kBytesInFlightMax = size_t{1} << 20;
constexpr size_t kBatchBytes = size_t{64} << 10;
// How long a reply is awaited while the input has nothing.
constexpr absl::Duration kTurn = absl::Milliseconds(20);

// False of what the connection would refuse, and with it the whole batch that it stands in. Its
// first two words are enough to know it by (CLIENT REPLY).
bool IsAnsweredOnce(std::span<const std::string> beginning) {
  client::Request command;
  command.AddWords(beginning);
  return !command.breaks_step() && !command.subscribes();
}

class Pipe {
 public:
  Pipe(ServerLink& link, absl::Duration timeout, int input)
      : link_(link), timeout_(timeout), input_(input) {}

  int Run();

 private:
  bool SendMore();
  bool ReadInput();
  bool InputIsReady(absl::Duration limit) const;
  bool TakeReplies(absl::Duration wait);
  bool HasRoom() const {
    return sizes_.size() < kCommandsInFlightMax && bytes_in_flight_ < kBytesInFlightMax;
  }
  void EndInputMistaken(std::string_view why);
  int Report() const;
  bool Fail(const absl::Status& status);

  ServerLink& link_;
  const absl::Duration timeout_;
  const int input_;
  RequestReader reader_;
  std::deque<size_t> sizes_;  // Of the requests in flight.
  size_t bytes_in_flight_ = 0;
  bool input_ended_ = false;
  bool mistaken_ = false;  // The input is no request.
  bool connected_ = true;
  uint64_t replies_ = 0;
  uint64_t errors_ = 0;
  // The last reply, or the first request after all were answered: since then one is awaited.
  absl::Duration last_progress_;
};

int Pipe::Run() {
  bool announced = false;
  for (;;) {
    if (WasInterrupted()) break;
    if (HasRoom() && !SendMore()) break;
    if (input_ended_ && !announced) {
      Print("All data transferred. Waiting for the last reply...\n");
      announced = true;
    }
    if (sizes_.empty()) {
      if (input_ended_) {
        Print("Last reply received from server.\n");
        break;
      }
      InputIsReady(absl::InfiniteDuration());
      continue;
    }
    const bool can_send = HasRoom() && !input_ended_ && InputIsReady(absl::ZeroDuration());
    if (!TakeReplies(can_send ? absl::ZeroDuration() : kTurn)) break;
  }
  return Report();
}

// Sends what the input holds, up to a batch.
bool Pipe::SendMore() {
  client::Request request;
  while (HasRoom() && request.bytes().size() < kBatchBytes) {
    const absl::StatusOr<std::optional<std::vector<std::string>>> words = reader_.Next();
    if (!words.ok()) {
      EndInputMistaken(std::string(words.status().message()));
      break;
    }
    if (!*words) {
      if (input_ended_ || !InputIsReady(absl::ZeroDuration())) break;
      if (!ReadInput()) return false;
      continue;
    }
    const auto beginning = std::span(**words).first(std::min<size_t>((*words)->size(), 2));
    if (!IsAnsweredOnce(beginning)) {
      EndInputMistaken(absl::StrCat(absl::StrJoin(beginning, " "),
                                    ": --pipe counts one reply for each command"));
      break;
    }
    if (sizes_.empty()) last_progress_ = SteadyNow();
    const size_t before = request.bytes().size();
    request.AddWords(**words);
    sizes_.push_back(request.bytes().size() - before);
    bytes_in_flight_ += sizes_.back();
  }
  if (request.empty()) return true;
  const absl::Status sent = link_.Send(request);
  return sent.ok() || Fail(sent);
}

// Waits for that up to the limit, and not past Ctrl-C.
bool Pipe::InputIsReady(absl::Duration limit) const {
  const SignalsHeld held;
  return !WasInterrupted() && held.WaitForInput(input_, limit);
}

// Nothing of the input counts from here on; what was read before it does.
void Pipe::EndInputMistaken(std::string_view why) {
  std::fprintf(stderr, "%s\n", std::string(why).c_str());
  mistaken_ = input_ended_ = true;
  reader_ = RequestReader();
}

bool Pipe::ReadInput() {
  char bytes[kBatchBytes];
  const ssize_t count = read(input_, bytes, sizeof(bytes));
  if (count < 0) {
    if (errno == EINTR || errno == EAGAIN) return true;
    std::perror("Error reading from stdin");
    mistaken_ = input_ended_ = true;
    return true;
  }
  if (count == 0) {
    reader_.Finish();
    input_ended_ = true;
    return true;
  }
  reader_.Feed({bytes, static_cast<size_t>(count)});
  return true;
}

// All replies that have come; waits for the first.
bool Pipe::TakeReplies(absl::Duration wait) {
  while (!sizes_.empty()) {
    const absl::StatusOr<client::Reply> reply = link_.Receive(wait);
    wait = absl::ZeroDuration();
    if (!reply.ok()) {
      if (reply.status().code() != absl::StatusCode::kDeadlineExceeded) {
        return Fail(reply.status());
      }
      // A long request that is still leaving, or a long reply that is coming, takes its time.
      if (SteadyNow() - last_progress_ <= timeout_ || link_.quiet_for() <= timeout_) return true;
      std::fprintf(stderr, "No replies for %s: exiting.\n", absl::FormatDuration(timeout_).c_str());
      connected_ = false;
      return false;
    }
    if (reply->kind() == client::ReplyKind::kPush) continue;
    last_progress_ = SteadyNow();
    ++replies_;
    bytes_in_flight_ -= sizes_.front();
    sizes_.pop_front();
    if (reply->is_error()) {
      ++errors_;
      std::fprintf(stderr, "%s\n", std::string(reply->text()).c_str());
    }
  }
  return true;
}

bool Pipe::Fail(const absl::Status& status) {
  std::fprintf(stderr, "Connection lost with %zu commands not answered: %s\n", sizes_.size(),
               std::string(status.message()).c_str());
  connected_ = false;
  return false;
}

int Pipe::Report() const {
  Print("errors: " + std::to_string(errors_) + ", replies: " + std::to_string(replies_) + "\n");
  if (!connected_) return kExitConnection;
  if (WasInterrupted()) return kExitInterrupted;
  return errors_ > 0 || mistaken_ || !sizes_.empty() ? kExitErrorReply : kExitOk;
}

}  // namespace

int RunPipe(ServerLink& link, const CliOptions& options, int input) {
  return Pipe(link, options.pipe_timeout, input).Run();
}

}  // namespace nacre::cli
