#ifndef NACRE_TESTS_CLIENT_FAULTS_CONVERSATION_FAULTS_H_
#define NACRE_TESTS_CLIENT_FAULTS_CONVERSATION_FAULTS_H_

// A conversation that is cut, delayed and held at every one of its bytes. The instantiations are in
// nacre_faults_test.cc and redis_faults_test.cc.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/client/contract/contract_fixture.h"
#include "tests/client/faults/conversation.h"
#include "tests/client/support/proxy.h"

namespace nacre::client::faults {

// The connection that calls share is made first, the one of the transaction second.
constexpr int kConnections = 2;

class ConversationFaults : public contract::ContractTest {
 protected:
  // Bytes of a whole conversation by [connection][direction], and some more: ids and timestamps
  // grow by digits.
  using Sizes = std::array<std::array<uint64_t, 2>, kConnections>;
  Sizes MeasureConversation();

  // Has one conversation for each byte, connection and direction, some at a time: `plan_at` says
  // what the proxy does there. Checks each account against the server.
  void ForEveryByte(const std::function<support::ProxyPlan(support::Direction, uint64_t)>& plan_at,
                    const ConversationOptions& conversation);

  // Where no timeout ends a conversation early, each comes as far as its byte.
  void ExpectAllReached() const;

  // How many conversations ended with this summary.
  std::map<std::string, int> summaries_;

 private:
  void ConverseThrough(support::Proxy& proxy, const std::string& key,
                       const ConversationOptions& conversation, support::RawClient& raw);

  std::mutex mutex_;  // Of summaries_ and reached_.
  int reached_ = 0;
  int positions_ = 0;
};

}  // namespace nacre::client::faults

#endif  // NACRE_TESTS_CLIENT_FAULTS_CONVERSATION_FAULTS_H_
