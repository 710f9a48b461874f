#include "tests/client/contract/contract_fixture.h"

namespace nacre::client::contract {

const auto kAllFaces = ::testing::Combine(::testing::Values(ServerKind::kNacre),
                                          ::testing::Values(Face::kClient, Face::kBlocking));

INSTANTIATE_TEST_SUITE_P(Nacre, ExecContract, kAllFaces, NameOfParam);
INSTANTIATE_TEST_SUITE_P(Nacre, HandshakeContract, kAllFaces, NameOfParam);
INSTANTIATE_TEST_SUITE_P(Nacre, TransactContract, kAllFaces, NameOfParam);
INSTANTIATE_TEST_SUITE_P(Nacre, OutageContract, kAllFaces, NameOfParam);

}  // namespace nacre::client::contract
