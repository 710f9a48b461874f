#include "tests/client/faults/conversation_faults.h"

namespace nacre::client::faults {

INSTANTIATE_TEST_SUITE_P(Redis, ConversationFaults,
                         ::testing::Combine(::testing::Values(support::ServerKind::kRedis),
                                            ::testing::Values(contract::Face::kClient,
                                                              contract::Face::kBlocking)),
                         contract::NameOfParam);

}  // namespace nacre::client::faults
