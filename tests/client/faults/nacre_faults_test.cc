#include "tests/client/faults/conversation_faults.h"

namespace nacre::client::faults {

INSTANTIATE_TEST_SUITE_P(Nacre, ConversationFaults,
                         ::testing::Combine(::testing::Values(support::ServerKind::kNacre),
                                            ::testing::Values(contract::Face::kClient,
                                                              contract::Face::kBlocking)),
                         contract::NameOfParam);

}  // namespace nacre::client::faults
