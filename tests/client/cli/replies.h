#ifndef NACRE_TESTS_CLIENT_CLI_REPLIES_H_
#define NACRE_TESTS_CLIENT_CLI_REPLIES_H_

#include <string_view>

#include "gtest/gtest.h"
#include "nacre/client/reply.h"

namespace nacre::cli {

// A reply from its bytes on the wire.
inline client::Reply Wire(std::string_view bytes) {
  absl::StatusOr<client::Reply> reply = client::Reply::Parse(bytes);
  EXPECT_TRUE(reply.ok()) << reply.status().message() << " in: " << bytes;
  return reply.ok() ? *std::move(reply) : client::Reply();
}

}  // namespace nacre::cli

#endif  // NACRE_TESTS_CLIENT_CLI_REPLIES_H_
