#include "tests/client/support/raw_client.h"

namespace nacre::client::support {

std::string RawClient::Do(const Words& words) {
  if (!Send(RequestBytes(words))) return "";
  return ReadReply();
}

std::string RawClient::ReadReply() {
  for (;;) {
    const auto size = ReplySize(input_);
    if (!size.ok()) return "";
    if (size->has_value()) {
      std::string reply = input_.substr(0, **size);
      input_.erase(0, **size);
      return reply;
    }
    if (!socket_.Receive(input_)) return "";
  }
}

std::optional<std::string> RawClient::Get(const std::string& key) {
  const std::string reply = Do({"GET", key});
  const size_t header = reply.find("\r\n");
  if (reply == NullBulk()) return std::nullopt;
  if (!reply.starts_with('$')) return "instead of a value: " + reply;
  return reply.substr(header + 2, reply.size() - header - 4);
}

}  // namespace nacre::client::support
