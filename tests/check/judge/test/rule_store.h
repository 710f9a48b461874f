#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_RULE_STORE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_RULE_STORE_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace nacre::check {

// A store that keeps exactly the rules it is told, run by sessions whose steps interleave at
// random. What it records is valid at the level of these rules by construction.
struct StoreRules {
  enum class Reads : uint8_t {
    kSnapshot,   // As of the begin.
    kCommitted,  // The newest commit at the time of the read.
  };
  Reads reads = Reads::kSnapshot;
  bool fresh = true;  // Snapshots are of now, or else of some time before.
  bool first_committer = true;
  bool validate = true;  // A commit fails if anything it read has changed.
  // Deletions of lists can be judged by timestamps alone.
  enum class Data : uint8_t { kLists, kListsAndDeletions, kRegisters, kRegistersAndScans };
  Data data = Data::kLists;
  int steps = 0;           // Of all sessions together; 0: some dozens.
  int sessions = 0;        // 0: two to four.
  int unknown_one_in = 0;  // Of so many transactions, one's outcome is not told. 0: none.
  bool parts = false;      // Scans are of any part of the keys, from either end, and limited.
};

struct RecordedOp {
  std::string text = {};    // "append x 1", or "list x" without its answer.
  std::string answer = {};  // "[1 2]"; empty of a write.
};

struct RecordedTxn {
  int session = 0;
  bool committed = false;
  bool unknown = false;  // Whether it committed.
  uint64_t invoked = 0;
  uint64_t completed = 0;
  uint64_t begin = 0;
  uint64_t commit = 0;  // 0: wrote nothing.
  std::vector<RecordedOp> ops;

  std::string Line(size_t number) const;
};

std::vector<RecordedTxn> RunStore(const StoreRules& rules, uint32_t seed);
std::string ToText(const std::vector<RecordedTxn>& txns);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_RULE_STORE_H_
