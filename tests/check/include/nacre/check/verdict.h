#ifndef NACRE_CHECK_VERDICT_H_
#define NACRE_CHECK_VERDICT_H_

// What a judge says, in a form that words, pictures and programs can be made from.

#include <cstdint>
#include <string>
#include <vector>

#include "nacre/check/history.h"
#include "nacre/check/level.h"

namespace nacre::check {

// Why one transaction stands before another in every order that explains the history.
enum class EdgeKind : uint8_t {
  kWw,           // Wrote the version of `key` that the other overwrote.
  kWr,           // Wrote the version of `key` that the other read.
  kRw,           // Read a version of `key` that the other overwrote.
  kRwPredicate,  // The same, of a key that it read as one of a range.
  kWwForced,     // Read and overwrote one version of `key`, so that the other's, which nobody read,
                 // has to come later: else this one's would be a lost update.
  kSession,      // Came before it in its session.
  kRealTime,     // Had returned before the other was begun.
};
std::string_view ToString(EdgeKind kind);  // "ww", "wr", "rw", "rw (range)", ...

struct Edge {
  TxnId from = 0;
  TxnId to = 0;
  EdgeKind kind = EdgeKind::kWw;
  KeyId key = kNone;   // kNone: session and real time.
  std::string reason;  // "T1 read x = 1, which T2 overwrote with 2".
};

// Of a longer cycle, or of more transactions, words and pictures show so many: the first half and
// the last half of that, and how many they left out in between. Of each transaction they show two
// dozen operations at most, first those that the violation is about.
inline constexpr size_t kEdgesShownMax = 40;
inline constexpr size_t kWitnessesShownMax = 20;  // Only the first of these.

// One thing that is wrong.
struct Violation {
  Anomaly anomaly = Anomaly::kG0;
  Order order = Order::kData;
  std::vector<TxnId> txns;  // Of a cycle, in its order: edge i goes from transaction i to the next.
  std::vector<Edge> edges;  // Empty if it is not a cycle.
  // Besides, of whose operations the reasons and the remark tell.
  std::vector<TxnId> witnesses;
  std::string words;   // Everything a person needs to see it in the history.
  std::string remark;  // What of it neither the edges nor their reasons say; often nothing.

  std::string name() const { return NameOf(anomaly, order); }
};

enum class Ruling : uint8_t { kHolds, kViolated, kUnknown };

struct Verdict {
  Ruling ruling = Ruling::kHolds;
  std::vector<Violation> violations;  // The worst first; never empty if violated.
  std::string reason;                 // Of kUnknown: what could not be told, and why.
  std::vector<std::string> notes;     // What the verdict does not cover, and what was odd.

  bool Has(Anomaly anomaly, Order order = Order::kData) const;
  std::string ToString() const;
};

}  // namespace nacre::check

#endif  // NACRE_CHECK_VERDICT_H_
