#include "bench/client/contender.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"

namespace nacre::bench {

Load::Load(size_t keys, size_t value_bytes) : value_(value_bytes, 'x') {
  keys_.reserve(keys);
  for (size_t i = 0; i < keys; ++i) keys_.push_back(absl::StrFormat("key:%012d", i));
}

client::ClientOptions OptionsFor(uint16_t port) {
  client::ClientOptions options;
  options.connection.endpoint.port = port;
  return options;
}

void Fail(std::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

}  // namespace nacre::bench
