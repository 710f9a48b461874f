#include "tests/client/contract/contract_fixture.h"

namespace nacre::client::contract {

const auto kAllFaces = ::testing::Combine(::testing::Values(ServerKind::kRedis),
                                          ::testing::Values(Face::kClient, Face::kBlocking));

INSTANTIATE_TEST_SUITE_P(Redis, ExecContract, kAllFaces, NameOfParam);
INSTANTIATE_TEST_SUITE_P(Redis, HandshakeContract, kAllFaces, NameOfParam);
INSTANTIATE_TEST_SUITE_P(Redis, TransactContract, kAllFaces, NameOfParam);
INSTANTIATE_TEST_SUITE_P(Redis, OutageContract, kAllFaces, NameOfParam);

}  // namespace nacre::client::contract
