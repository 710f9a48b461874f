#ifndef NACRE_TESTS_CLIENT_SUPPORT_RESP_H_
#define NACRE_TESTS_CLIENT_SUPPORT_RESP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace nacre::client::support {

// The server's side of the protocol, by itself: it shares nothing with what it tests.

using Words = std::vector<std::string>;

struct ParsedRequest {
  Words words;
  size_t bytes = 0;  // How much of the input it was.
};

// The first request of `input`; none if it is not whole yet. kInvalidArgument: no request array.
absl::StatusOr<std::optional<ParsedRequest>> ParseRequest(std::string_view input);

// A request, as a client sends it.
std::string RequestBytes(const Words& words);

// The size of the first reply (RESP2) of `input`; none if it is not whole yet. kInvalidArgument: no
// reply.
absl::StatusOr<std::optional<size_t>> ReplySize(std::string_view input);

// Replies, as a server sends them.
std::string SimpleString(std::string_view text);
std::string ErrorReplyText(std::string_view text);
std::string Integer(int64_t value);
std::string Bulk(std::string_view bytes);
std::string NullBulk();
// Each element is a whole reply.
std::string Array(const std::vector<std::string>& elements);
std::string Push(const std::vector<std::string>& elements);

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_RESP_H_
