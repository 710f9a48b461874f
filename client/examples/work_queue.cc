// A queue of jobs, and workers that take from it. Taking a job and storing its result is one
// transaction: a worker that dies in the middle has taken nothing, and no job is done twice.
//
//   client_work_queue [host [port]]        default 127.0.0.1 6379
//
// Works on Nacre and on Redis: the queue is made of strings and two counters.
//
//   example:queue:head        number of the next job to take
//   example:queue:tail        number that the next new job gets
//   example:queue:job:<n>     the job
//   example:queue:result:<n>  what came of it

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "nacre/client/client.h"

using nacre::client::Awaitable;
using nacre::client::Client;
using nacre::client::Request;
using nacre::client::Transaction;

class Queue {
 public:
  Queue(Client& client, std::string name) : client_(client), name_(std::move(name)) {}

  Awaitable<absl::Status> Clear() {
    co_return (co_await client_.Exec(Request("DEL", Key("head"), Key("tail")))).status();
  }

  Awaitable<absl::Status> Put(std::string job) {
    const auto put = co_await client_.Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
      const auto tail = co_await tx.Get(Key("tail"));
      if (!tail.ok()) co_return tail.status();
      const int number = ToNumber(*tail);
      tx.Set(Key("job:", number), job);
      tx.Set(Key("tail"), std::to_string(number + 1));
      co_return absl::OkStatus();
    });
    co_return put.status();
  }

  // Takes the oldest job and stores what `work` makes of it. `work` may be called several times for
  // one job, of which one counts. False if there is no job.
  template <typename Work>
  Awaitable<absl::StatusOr<bool>> DoOne(Work work) {
    bool is_empty = false;
    bool is_missing = false;
    const auto done = co_await client_.Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
      const std::vector<std::string> ends = {Key("head"), Key("tail")};
      const auto numbers = co_await tx.MultiGet(ends);
      if (!numbers.ok()) co_return numbers.status();
      const int head = ToNumber((*numbers)[0]);
      is_empty = head == ToNumber((*numbers)[1]);
      is_missing = false;
      if (is_empty) co_return absl::OkStatus();

      const auto job = co_await tx.Get(Key("job:", head));
      if (!job.ok()) co_return job.status();
      // On Redis the reads are of different moments, and another worker may have come between.
      // Whether what they show has been so, the commit says; so it is believed only afterwards.
      is_missing = !job->has_value();
      if (is_missing) co_return absl::OkStatus();
      tx.Set(Key("result:", head), work(**job));
      tx.Del(Key("job:", head));
      tx.Set(Key("head"), std::to_string(head + 1));
      co_return absl::OkStatus();
    });
    if (!done.ok()) co_return done.status();
    if (is_missing) co_return absl::DataLossError("a job is missing");
    co_return !is_empty;
  }

  Awaitable<absl::StatusOr<std::vector<std::string>>> Results(int count) {
    std::vector<std::string> keys;
    for (int i = 0; i < count; ++i) keys.push_back(Key("result:", i));
    co_return co_await client_.Exec<std::vector<std::string>>(Request("MGET", keys));
  }

 private:
  static int ToNumber(const std::optional<std::string>& value) {
    return value ? std::stoi(*value) : 0;
  }
  std::string Key(const std::string& part) const { return name_ + ":" + part; }
  std::string Key(const std::string& part, int number) const {
    return Key(part) + std::to_string(number);
  }

  Client& client_;
  const std::string name_;
};

// Works until there is nothing left; how many jobs it has done.
Awaitable<absl::StatusOr<int>> Worker(Queue& queue) {
  const auto square = [](const std::string& job) {
    return std::to_string(std::stoi(job) * std::stoi(job));
  };
  for (int jobs = 0;; ++jobs) {
    const auto done = co_await queue.DoOne(square);
    if (!done.ok()) co_return done.status();
    if (!*done) co_return jobs;
  }
}

Awaitable<absl::Status> Run(Client& client) {
  constexpr int kJobs = 60;
  Queue queue(client, "example:queue");
  if (absl::Status cleared = co_await queue.Clear(); !cleared.ok()) co_return cleared;
  for (int i = 0; i < kJobs; ++i) {
    if (absl::Status put = co_await queue.Put(std::to_string(i)); !put.ok()) co_return put;
  }

  using boost::asio::experimental::awaitable_operators::operator&&;
  const auto [first, second, third] = co_await (Worker(queue) && Worker(queue) && Worker(queue));
  int done = 0;
  for (const absl::StatusOr<int>& jobs : {first, second, third}) {
    if (!jobs.ok()) co_return jobs.status();
    done += *jobs;
  }

  const auto results = co_await queue.Results(kJobs);
  if (!results.ok()) co_return results.status();
  for (int i = 0; i < kJobs; ++i) {
    if ((*results)[i] != std::to_string(i * i)) co_return absl::InternalError("a wrong result");
  }
  std::cout << kJobs << " jobs were put, " << done << " were done, the last result is "
            << results->back() << "\n";
  co_return done == kJobs ? absl::OkStatus() : absl::InternalError("a job was done twice");
}

int main(int argc, char** argv) {
  nacre::client::ClientOptions options;
  if (argc > 1) options.connection.endpoint.host = argv[1];
  if (argc > 2) options.connection.endpoint.port = static_cast<uint16_t>(std::stoi(argv[2]));
  // The workers all take from one end, so they meet often, and run again.
  options.retry_budget.share = 5;

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
