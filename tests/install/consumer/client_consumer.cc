// A program of somebody else: talks to the server whose port it is given, through the installed
// client.

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "nacre/client/blocking.h"

using nacre::client::BlockingClient;
using nacre::client::BlockingTransaction;
using nacre::client::ClientOptions;
using nacre::client::Request;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  ClientOptions options;
  options.connection.endpoint.port = static_cast<uint16_t>(std::atoi(argv[1]));
  BlockingClient client(options);

  auto committed = client.Transact([](BlockingTransaction& tx) -> absl::Status {
    tx.Set("greeting", "hello");
    return absl::OkStatus();
  });
  if (!committed.ok()) {
    std::fprintf(stderr, "transact: %s\n", committed.status().ToString().c_str());
    return 1;
  }
  auto greeting = client.Exec<std::optional<std::string>>(Request("GET", "greeting"));
  if (!greeting.ok() || !*greeting) {
    std::fprintf(stderr, "get: %s\n", greeting.status().ToString().c_str());
    return 1;
  }
  std::printf("greeting=%s\n", (*greeting)->c_str());
}
