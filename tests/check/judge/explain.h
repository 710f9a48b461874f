#ifndef NACRE_TESTS_CHECK_JUDGE_EXPLAIN_H_
#define NACRE_TESTS_CHECK_JUDGE_EXPLAIN_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// Why the edge is there, with the values that show it.
std::string ReasonOf(const History& history, const Observations& seen, const Edge& edge);

// A violation of a cycle: name, transactions, reasons and words.
Violation ViolationOf(const History& history, const Observations& seen, std::vector<Edge> cycle,
                      Anomaly anomaly);

// Says in its words, and by itself, what its edges do not say.
void AddRemark(std::string remark, Violation& violation);
// Those that it does not have already.
void AddWitnesses(absl::Span<const TxnId> txns, Violation& violation);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_EXPLAIN_H_
