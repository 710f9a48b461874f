#include "tests/client/transact/script_dialogue.h"

#include <cstdlib>
#include <utility>

#include "gtest/gtest.h"
#include "nacre/client/reply.h"

namespace nacre::client {

namespace {

// Splits what a server sends: each of these replies is a line, a bulk string or an array of them.
size_t LengthOfReply(std::string_view bytes) {
  const size_t line = bytes.find("\r\n") + 2;
  const long number = std::strtol(std::string(bytes.substr(1, line - 3)).c_str(), nullptr, 10);
  if (bytes[0] == '$' && number >= 0) return line + static_cast<size_t>(number) + 2;
  if (bytes[0] != '*') return line;
  size_t length = line;
  for (long i = 0; i < number; ++i) length += LengthOfReply(bytes.substr(length));
  return length;
}

}  // namespace

std::string TextOf(const Request& request) {
  // "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
  std::string text;
  std::string_view rest = request.bytes();
  const auto number = [&rest] {
    const size_t end = rest.find("\r\n");
    const long value = std::strtol(std::string(rest.substr(1, end - 1)).c_str(), nullptr, 10);
    rest.remove_prefix(end + 2);
    return static_cast<size_t>(value);
  };
  while (!rest.empty()) {
    if (!text.empty()) text += " |";
    const size_t words = number();
    for (size_t i = 0; i < words; ++i) {
      const size_t bytes = number();
      if (!text.empty()) text += ' ';
      text += rest.substr(0, bytes);
      rest.remove_prefix(bytes + 2);
    }
  }
  return text;
}

ScriptDialogue& ScriptDialogue::Answer(std::string_view replies) {
  return AnswerAndEnd(replies, absl::OkStatus());
}

ScriptDialogue& ScriptDialogue::AnswerAndEnd(std::string_view replies, absl::Status end) {
  prepared_.push_back({std::string(replies), std::move(end)});
  return *this;
}

void ScriptDialogue::Run() {
  while (const Request* request = script_.NextRequest()) {
    sent_.push_back(TextOf(*request));
    if (prepared_.empty()) {
      ADD_FAILURE() << "no answer was prepared for: " << sent_.back();
      script_.OnEnd(absl::UnknownError("no answer was prepared"));
      continue;
    }
    const Prepared prepared = std::move(prepared_.front());
    prepared_.pop_front();
    size_t answered = 0;
    for (std::string_view rest = prepared.replies; !rest.empty(); ++answered) {
      const size_t length = LengthOfReply(rest);
      const absl::StatusOr<Reply> reply = Reply::Parse(rest.substr(0, length));
      ASSERT_TRUE(reply.ok()) << reply.status();
      // As the connection does it.
      script_.OnReply(request->runs_script() ? reply->view().OfScript() : reply->view());
      rest.remove_prefix(length);
    }
    if (prepared.end.ok()) {
      ASSERT_EQ(answered, request->commands()) << sent_.back();
    }
    script_.OnEnd(prepared.end);
  }
}

}  // namespace nacre::client
