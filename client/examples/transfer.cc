// Money moves between two accounts, from several tellers at once. None is made and none is lost:
// each transfer is a transaction, which runs again if another one gets in its way.
//
//   client_transfer [host [port]]        default 127.0.0.1 6379
//
// The same program works on Nacre (BEGIN ... COMMIT) and on Redis (WATCH ... MULTI ... EXEC).

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

const std::vector<std::string> kAccounts = {"example:alice", "example:bob"};

int ToMoney(const std::optional<std::string>& balance) { return balance ? std::stoi(*balance) : 0; }

// One transfer. kFailedPrecondition if there is not enough money; then nothing has happened.
Awaitable<absl::Status> Transfer(Client& client, std::string from, std::string to, int amount) {
  const auto committed = co_await client.Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    const auto source = co_await tx.Get(from);
    if (!source.ok()) co_return source.status();
    const auto target = co_await tx.Get(to);
    if (!target.ok()) co_return target.status();

    if (ToMoney(*source) < amount) co_return absl::FailedPreconditionError("not enough money");
    tx.Set(from, std::to_string(ToMoney(*source) - amount));
    tx.Set(to, std::to_string(ToMoney(*target) + amount));
    co_return absl::OkStatus();  // Commits. Anything else would roll back.
  });
  co_return committed.status();
}

// Moves money back and forth.
Awaitable<absl::Status> Teller(Client& client, int transfers) {
  for (int i = 0; i < transfers; ++i) {
    const absl::Status status =
        co_await Transfer(client, kAccounts[i % 2], kAccounts[1 - i % 2], 3);
    // An account may be empty at the moment; everything else is worth knowing.
    if (!status.ok() && status.code() != absl::StatusCode::kFailedPrecondition) co_return status;
  }
  co_return absl::OkStatus();
}

Awaitable<absl::Status> Run(Client& client) {
  const auto opened = co_await client.Exec(Request("MSET", kAccounts[0], 100, kAccounts[1], 20));
  if (!opened.ok()) co_return opened.status();

  using boost::asio::experimental::awaitable_operators::operator&&;
  const auto [first, second, third] =
      co_await (Teller(client, 50) && Teller(client, 50) && Teller(client, 50));
  for (const absl::Status& status : {first, second, third}) {
    if (!status.ok()) co_return status;
  }

  const auto balances = co_await client.Exec<std::vector<int>>(Request("MGET", kAccounts));
  if (!balances.ok()) co_return balances.status();
  const int total = (*balances)[0] + (*balances)[1];
  std::cout << "alice " << (*balances)[0] << ", bob " << (*balances)[1] << ", together " << total
            << " after " << client.stats().transactions << " transfers, "
            << client.stats().conflicts << " of which ran again\n";
  co_return total == 120 ? absl::OkStatus() : absl::InternalError("money was made or lost");
}

int main(int argc, char** argv) {
  nacre::client::ClientOptions options;
  if (argc > 1) options.connection.endpoint.host = argv[1];
  if (argc > 2) options.connection.endpoint.port = static_cast<uint16_t>(std::stoi(argv[2]));
  // Three tellers at two accounts meet all the time.
  options.retry_budget.share = 2;

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
