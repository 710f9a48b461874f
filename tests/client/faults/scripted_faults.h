#ifndef NACRE_TESTS_CLIENT_FAULTS_SCRIPTED_FAULTS_H_
#define NACRE_TESTS_CLIENT_FAULTS_SCRIPTED_FAULTS_H_

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/client/contract/caller.h"
#include "tests/client/contract/contract_fixture.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client::faults {

using contract::Caller;
using contract::Face;
using contract::TransactionCaller;
using support::CannedReplies;
using support::ScriptedServer;

// Against servers that do as they are told, by either face.
class ScriptedFaults : public ::testing::TestWithParam<Face> {
 protected:
  std::unique_ptr<Caller> MakeClient(const ScriptedServer& server) {
    return MakeClient(contract::OptionsFor(server.port()));
  }
  std::unique_ptr<Caller> MakeClient(ClientOptions options) {
    return contract::MakeCaller(GetParam(), std::move(options));
  }
};

inline std::string NameOfFace(const ::testing::TestParamInfo<Face>& info) {
  return std::string(contract::NameOf(info.param));
}

}  // namespace nacre::client::faults

#endif  // NACRE_TESTS_CLIENT_FAULTS_SCRIPTED_FAULTS_H_
