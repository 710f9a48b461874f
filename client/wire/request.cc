#include "nacre/client/request.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace nacre::client {

namespace {

// "$18446744073709551615\r\n"
constexpr size_t kDigitsMax = 20;
constexpr size_t kHeaderBytesMax = 1 + kDigitsMax + 2;
// An argument up to this is put together with its header and its end, and appended at once.
constexpr size_t kSmallBytesMax = 128;

// Writes "*3\r\n" or "$5\r\n", and returns its end.
char* WriteHeader(char* at, char mark, size_t number) {
  *at++ = mark;
  if (number < 10) {
    *at++ = static_cast<char>('0' + number);
  } else {
    at = std::to_chars(at, at + kDigitsMax, number).ptr;
  }
  *at++ = '\r';
  *at++ = '\n';
  return at;
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

void Request::BeginCommand(size_t arguments, size_t bytes) {
  bytes_.reserve(bytes_.size() + bytes);
  char header[kHeaderBytesMax];
  bytes_.append(header, static_cast<size_t>(WriteHeader(header, '*', arguments) - header));
  ++commands_;
}

void Request::AppendBulk(std::string_view bytes) {
  char small[kHeaderBytesMax + kSmallBytesMax + 2];
  char* at = WriteHeader(small, '$', bytes.size());
  if (bytes.size() > kSmallBytesMax) {
    bytes_.append(small, static_cast<size_t>(at - small));
    bytes_ += bytes;
    at = small;
  } else {
    at = std::copy(bytes.begin(), bytes.end(), at);
  }
  *at++ = '\r';
  *at++ = '\n';
  bytes_.append(small, static_cast<size_t>(at - small));
}

}  // namespace nacre::client
