// Two workers want to write the same report. A lock lets one in at a time; and because a lock with
// a time limit cannot stop a worker that is late, the storage looks at the fence.
//
//   client_lock [host [port]]        default 127.0.0.1 6379; Nacre or Redis

#include "nacre/client/lock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "nacre/client/client.h"

using nacre::client::Awaitable;
using nacre::client::Client;
using nacre::client::Lock;

// A place that others write to as well: it takes nothing from a holder that is older than the last
// one it has seen.
class Storage {
 public:
  absl::Status Write(std::string text, int64_t fence) {
    if (fence < last_fence_) return absl::FailedPreconditionError("the lock has moved on");
    last_fence_ = fence;
    text_ = std::move(text);
    return absl::OkStatus();
  }
  const std::string& text() const { return text_; }

 private:
  int64_t last_fence_ = 0;
  std::string text_;
};

// Answers the fence under which the report was written.
Awaitable<absl::StatusOr<int64_t>> WriteReport(Client& client, Storage& storage, std::string who) {
  auto lock = co_await Lock::Acquire(client, "example:report", {.time_to_live = absl::Seconds(10)});
  if (!lock.ok()) co_return lock.status();

  const absl::Status written = storage.Write("report of " + who, lock->fence());
  const absl::Status released = co_await lock->Release();
  if (!written.ok()) co_return written;
  if (!released.ok()) co_return released;  // It was lost before: written, but not alone.
  std::cout << who << " has written the report, fence " << lock->fence() << "\n";
  co_return lock->fence();
}

Awaitable<absl::Status> Run(Client& client) {
  Storage storage;
  using boost::asio::experimental::awaitable_operators::operator&&;
  const auto [first, second] = co_await (WriteReport(client, storage, "the first worker") &&
                                         WriteReport(client, storage, "the second worker"));
  if (!first.ok()) co_return first.status();
  if (!second.ok()) co_return second.status();
  if (*first == *second) co_return absl::InternalError("two holders, one fence");

  // The worker that was first wakes up from a long sleep, and believes that it still has the lock.
  const absl::Status late = storage.Write("an old report", std::min(*first, *second));
  std::cout << "a late writer is told: " << late.message() << "\n"
            << "what is stored: " << storage.text() << "\n";
  co_return late.ok() ? absl::InternalError("a late write was accepted") : absl::OkStatus();
}

int main(int argc, char** argv) {
  nacre::client::ClientOptions options;
  if (argc > 1) options.connection.endpoint.host = argv[1];
  if (argc > 2) options.connection.endpoint.port = static_cast<uint16_t>(std::stoi(argv[2]));

  boost::asio::io_context context;
  Client client(context, options);
  absl::Status status;
  boost::asio::co_spawn(context, Run(client), [&](std::exception_ptr thrown, absl::Status result) {
    if (thrown != nullptr) std::rethrow_exception(thrown);
    status = result;
    client.Close();
  });
  context.run();
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
