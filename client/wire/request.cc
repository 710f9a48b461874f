#include "nacre/client/request.h"

#include <algorithm>
#include <span>

#include "absl/strings/match.h"
#include "client/base/strings.h"

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

// "$6\r\nCLIENT\r\n"
constexpr size_t kClientBytes = 12;

// The subcommands of CLIENT after which a connection is not like a new one.
constexpr std::string_view kClientState[] = {"setname", "setinfo",  "tracking",
                                             "caching", "no-evict", "no-touch"};

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [word](std::string_view other) {
    return absl::EqualsIgnoreCase(ToAbsl(word), ToAbsl(other));
  });
}

// `lower` is as long as `name`. Most names differ in their first letter.
bool Is(std::string_view name, std::string_view lower) {
  return (name[0] | 0x20) == lower[0] && absl::EqualsIgnoreCase(ToAbsl(name), ToAbsl(lower));
}

}  // namespace

Subscription SubscriptionNamed(std::string_view name) {
  switch (name.size()) {
    case 9: return Is(name, "subscribe") ? Subscription::kSubscribe : Subscription::kNone;
    case 10:
      if (Is(name, "psubscribe")) return Subscription::kPatternSubscribe;
      return Is(name, "ssubscribe") ? Subscription::kShardSubscribe : Subscription::kNone;
    case 11: return Is(name, "unsubscribe") ? Subscription::kUnsubscribe : Subscription::kNone;
    case 12:
      if (Is(name, "punsubscribe")) return Subscription::kPatternUnsubscribe;
      return Is(name, "sunsubscribe") ? Subscription::kShardUnsubscribe : Subscription::kNone;
    default: return Subscription::kNone;
  }
}

Request& Request::Add(const Request& commands) {
  bytes_ += commands.bytes_;
  commands_ += commands.commands_;
  notes_ |= commands.notes_;
  const uint8_t opens = commands.opens_;  // `commands` may be this.
  End(commands.ends_);
  Open(opens);
  if (commands.subscribes()) {
    subscription_ = commands.subscription_;
    confirmations_ = commands.confirmations_;
  }
  return *this;
}

void Request::Clear() {
  bytes_.clear();
  commands_ = 0;
  subscription_ = Subscription::kNone;
  notes_ = opens_ = ends_ = 0;
  confirmations_ = 0;
}

void Request::NoteLikelyName(std::string_view command, size_t words, size_t name_at) {
  const Subscription subscription = SubscriptionNamed(command);
  if (subscription != Subscription::kNone) {
    subscription_ = subscription;
    confirmations_ = static_cast<uint32_t>(std::max<size_t>(words - 1, 1));
    return;
  }
  NoteOfConnection(command, name_at);
  switch (command.size()) {
    case 4:
      if (Is(command, "eval")) notes_ |= kRunsScript;
      if (Is(command, "sync")) notes_ |= kBreaksStep;
      return;
    case 5:
      if (Is(command, "fcall")) notes_ |= kRunsScript;
      if (Is(command, "psync")) notes_ |= kBreaksStep;
      return;
    case 7:
      if (Is(command, "evalsha")) notes_ |= kRunsScript;
      if (Is(command, "monitor")) notes_ |= kBreaksStep;
      return;
    default: return;
  }
}

// What a command does to the connection that it is sent on.
void Request::NoteOfConnection(std::string_view command, size_t name_at) {
  switch (command.size()) {
    case 4:
      if (Is(command, "auth")) notes_ |= kChangesState;
      if (Is(command, "exec")) End(kTransaction | kWatch);
      return;
    case 5:
      if (Is(command, "hello") || Is(command, "reset")) notes_ |= kChangesProtocol | kChangesState;
      if (Is(command, "begin") || Is(command, "multi")) Open(kTransaction);
      if (Is(command, "watch")) Open(kWatch);
      return;
    case 6:
      if (Is(command, "select") || Is(command, "asking")) notes_ |= kChangesState;
      if (Is(command, "commit")) End(kTransaction);
      if (Is(command, "client")) {
        const std::string_view word = ArgumentAt(name_at + kClientBytes);
        if (IsOneOf(word, kClientState)) notes_ |= kChangesState;
        if (absl::EqualsIgnoreCase(ToAbsl(word), "reply")) notes_ |= kBreaksStep;
      }
      return;
    case 7:
      if (Is(command, "discard")) End(kTransaction | kWatch);
      if (Is(command, "unwatch")) End(kWatch);
      return;
    case 8:
      if (Is(command, "rollback")) End(kTransaction);
      if (Is(command, "readonly")) notes_ |= kChangesState;
      return;
    case 9:
      if (Is(command, "readwrite")) notes_ |= kChangesState;
      return;
    default: return;
  }
}

std::string_view Request::ArgumentAt(size_t at) const {
  const std::string_view rest = std::string_view(bytes_).substr(std::min(at, bytes_.size()));
  const size_t end_of_header = rest.find("\r\n");
  if (end_of_header == rest.npos || rest[0] != '$') return {};
  size_t size = 0;
  std::from_chars(rest.data() + 1, rest.data() + end_of_header, size);
  return rest.substr(end_of_header + 2, size);
}

size_t Request::BeginCommand(size_t words, size_t bytes) {
  bytes_.reserve(bytes_.size() + bytes);
  char header[kHeaderBytesMax];
  bytes_.append(header, static_cast<size_t>(WriteHeader(header, '*', words) - header));
  ++commands_;
  return bytes_.size();
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
