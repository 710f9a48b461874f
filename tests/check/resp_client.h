#ifndef NACRE_TESTS_CHECK_RESP_CLIENT_H_
#define NACRE_TESTS_CHECK_RESP_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace nacre::check {

struct RespReply {
  enum class Kind : uint8_t { kSimple, kError, kInteger, kBulk, kNil, kArray };
  Kind kind = Kind::kNil;
  std::string text;  // Simple string, error or bulk string.
  int64_t integer = 0;
  std::vector<RespReply> elements;
};

// A blocking RESP2 connection: one request, one reply. Used by one thread.
class RespClient {
 public:
  // kUnavailable if nobody listens on that port of 127.0.0.1.
  static absl::StatusOr<RespClient> Connect(uint16_t port);
  RespClient(RespClient&& other) noexcept;
  RespClient& operator=(RespClient&&) = delete;
  ~RespClient();

  // An error reply is a reply. A status other than OK: the connection is broken (kUnavailable, also
  // when no byte came for 30 s) or the server broke the protocol (kDataLoss).
  absl::StatusOr<RespReply> Call(absl::Span<const std::string> request);

 private:
  explicit RespClient(int socket) : socket_(socket) {}
  absl::Status Fill();
  absl::StatusOr<std::string> ReadLine();
  absl::StatusOr<RespReply> ReadReply(int depth);
  absl::StatusOr<RespReply> ReadBulk(int64_t length);
  absl::StatusOr<RespReply> ReadArray(int64_t length, int depth);

  int socket_ = -1;
  std::string buffer_;  // Received and not yet used, from position_ on.
  size_t position_ = 0;
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_RESP_CLIENT_H_
