#ifndef NACRE_CHECK_WORDS_H_
#define NACRE_CHECK_WORDS_H_

// A history and what is wrong with it, in words for people.

#include <string>
#include <string_view>

#include "nacre/check/history.h"
#include "nacre/check/verdict.h"

namespace nacre::check {

// What the name of an anomaly means: "read what nobody wrote".
std::string_view MeaningOf(Anomaly anomaly);

// Operation `index` of a transaction: "append x 1", "read x = [1 2]", "read y absent", "scan from a
// to m = {b 1, c 2}". The results of a scan are in its words, and need none of their own.
std::string OpWords(const History& history, TxnId t, uint32_t index);

// "T3 (line 7, session a): append x 1; read y absent". Of very many operations two dozen are told,
// first those that `violation` is about, and how many others there are.
std::string TxnWords(const History& history, TxnId t, const Violation& violation);

// "T1 --rw x--> T2 --wr y--> T1"; empty if it is not a cycle.
std::string CycleWords(const History& history, const Violation& violation);

// Several lines: what it means, the cycle, the reason of each edge, and the transactions with their
// operations. As far as kEdgesShownMax and kWitnessesShownMax go.
std::string ViolationWords(const History& history, const Violation& violation);

}  // namespace nacre::check

#endif  // NACRE_CHECK_WORDS_H_
