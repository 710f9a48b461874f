#include "nacre/client/request.h"

#include "absl/strings/match.h"

namespace nacre::client {

namespace {

// "*3\r\n" or "$5\r\n".
void AppendHeader(std::string& bytes, char mark, size_t number) {
  char header[24];
  header[0] = mark;
  char* end = std::to_chars(header + 1, header + sizeof(header) - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  bytes.append(header, static_cast<size_t>(end - header));
}

}  // namespace

Request& Request::Add(const Request& commands) {
  bytes_ += commands.bytes_;
  commands_ += commands.commands_;
  subscribes_ = subscribes_ || commands.subscribes_;
  return *this;
}

void Request::Clear() {
  bytes_.clear();
  commands_ = 0;
  subscribes_ = false;
}

bool Request::EndsInSubscribe(std::string_view command) {
  return absl::EndsWithIgnoreCase(absl::string_view(command.data(), command.size()), "subscribe");
}

void Request::BeginCommand(size_t arguments) {
  AppendHeader(bytes_, '*', arguments);
  ++commands_;
}

void Request::AppendBulk(std::string_view bytes) {
  AppendHeader(bytes_, '$', bytes.size());
  bytes_ += bytes;
  bytes_ += "\r\n";
}

}  // namespace nacre::client
