#include "tests/client/faults/conversation.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "nacre/client/errors.h"

namespace nacre::client::faults {
namespace {

using contract::Caller;
using contract::TransactionCaller;
using Value = std::optional<std::string>;

constexpr int64_t kPipelined = 3;

bool Failed(const std::optional<absl::Status>& told) { return told && !told->ok(); }

// A read may fail; one that answers must answer what the steps before it allow.
bool ReadBack(Caller& client, const std::string& key, const Account& account, CallOptions call) {
  const auto reply = client.Exec(Request("GET", key + ":set"), call);
  if (!reply.ok()) return false;
  const auto value = reply->To<Value>();
  EXPECT_TRUE(value.ok()) << key << ": " << value.status();
  if (!value.ok()) return false;
  const Outcome outcome = OutcomeOf(*account.set);
  if (outcome != Outcome::kNotExecuted && value->has_value()) {
    EXPECT_EQ(**value, "value of " + key);
  } else {
    EXPECT_EQ(*value, std::nullopt) << key;
    EXPECT_NE(outcome, Outcome::kExecuted) << key << ": " << *account.set;
  }
  return true;
}

absl::Status RunTransaction(Caller& client, const std::string& key,
                            const ConversationOptions& options, int& runs) {
  TransactOptions transact;
  transact.timeout = options.timeout;
  return client
      .Transact(
          [&](TransactionCaller& tx) {
            ++runs;
            const auto read = tx.Get(key + ":incr");
            if (!read.ok()) return read.status();
            tx.Set(key + ":tx", read->value_or("none"));
            tx.Write(Request("INCR", key + ":count"), {key + ":count"});
            return absl::OkStatus();
          },
          transact)
      .status();
}

int64_t CountAt(support::RawClient& server, const std::string& key) {
  const Value value = server.Get(key);
  int64_t count = 0;
  EXPECT_TRUE(!value || absl::SimpleAtoi(*value, &count)) << key << ": " << *value;
  return count;
}

void ExpectOutcome(const std::optional<absl::Status>& told, int64_t done, int64_t all,
                   const std::string& what) {
  if (!told) {
    EXPECT_EQ(done, 0) << what << " was not tried";
    return;
  }
  switch (OutcomeOf(*told)) {
    case Outcome::kExecuted: EXPECT_EQ(done, all) << what << ": " << *told; return;
    case Outcome::kNotExecuted: EXPECT_EQ(done, 0) << what << ": " << *told; return;
    case Outcome::kUnknown:
      EXPECT_GE(done, 0) << what << ": " << *told;
      EXPECT_LE(done, all) << what << ": " << *told;
      EXPECT_FALSE(told->ok()) << what;
      return;
  }
}

std::string Word(const std::optional<absl::Status>& told) {
  if (!told) return "-";
  if (told->ok()) return "ok";
  switch (OutcomeOf(*told)) {
    case Outcome::kExecuted: return "executed";
    case Outcome::kNotExecuted: return "not executed";
    case Outcome::kUnknown: break;
  }
  return "unknown";
}

}  // namespace

Account Converse(Caller& client, const std::string& key, const ConversationOptions& options) {
  const CallOptions call{.timeout = options.timeout};
  Account account;
  account.set = client.Exec(Request("SET", key + ":set", "value of " + key), call).status();
  if (Failed(account.set) && options.end_at_first_failure) return account;
  if (!ReadBack(client, key, account, call) && options.end_at_first_failure) return account;
  account.increment = client.Exec(Request("INCR", key + ":incr"), call).status();
  if (Failed(account.increment) && options.end_at_first_failure) return account;
  Request pipeline;
  for (int64_t i = 0; i < kPipelined; ++i) pipeline.Add("INCR", key + ":pipe");
  account.pipeline = client.ExecAll(pipeline, call).status();
  if (Failed(account.pipeline) && options.end_at_first_failure) return account;
  account.transaction = RunTransaction(client, key, options, account.transaction_runs);
  return account;
}

void ExpectTruth(const Account& account, support::RawClient& server, const std::string& key) {
  ExpectOutcome(account.set, server.Get(key + ":set").has_value() ? 1 : 0, 1, key + ": SET");
  ExpectOutcome(account.increment, CountAt(server, key + ":incr"), 1, key + ": INCR");
  ExpectOutcome(account.pipeline, CountAt(server, key + ":pipe"), kPipelined, key + ": pipeline");
  const int64_t count = CountAt(server, key + ":count");
  ExpectOutcome(account.transaction, count, 1, key + ": transaction");
  EXPECT_EQ(server.Get(key + ":tx").has_value(), count > 0) << key << ": half a transaction";
}

std::string Summary(const Account& account) {
  return Word(account.set) + ", " + Word(account.increment) + ", " + Word(account.pipeline) + ", " +
         Word(account.transaction);
}

}  // namespace nacre::client::faults
