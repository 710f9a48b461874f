#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "tests/check/judge/test/mutation.h"

namespace nacre::check {
namespace {

// OWN-ORDER: in all lists that show both, so that no read disagrees with another.
TEST(Mutation, TwoAppendsOfOneTransactionThatChangedPlacesAreFoundAtReadCommitted) {
  for (const bool lost : {false, true}) {
    ExpectFound(
        {},
        [=](Txns& txns, std::mt19937& random) -> std::optional<Level> {
          // "1 2" of "append x 1" and "append x 2", next to each other in a list.
          std::string pair;
          for (const RecordedTxn& txn : txns) {
            std::map<std::string, std::string> last;
            for (const RecordedOp& op : txn.ops) {
              if (!txn.committed || op.text.rfind("append", 0) != 0) continue;
              std::string& value = last[op.text.substr(7, 1)];
              if (!value.empty() && (pair.empty() || random() % 2 == 0)) {
                pair = value + " " + op.text.substr(9);
              }
              value = op.text.substr(9);
            }
          }
          if (pair.empty()) return std::nullopt;
          const size_t space = pair.find(' ');
          const std::string second = pair.substr(space + 1);
          const std::string changed = lost ? second : second + " " + pair.substr(0, space);
          bool shown = false;
          for (RecordedTxn& txn : txns) {
            const bool own = std::any_of(txn.ops.begin(), txn.ops.end(), [&](const RecordedOp& op) {
              return op.text.rfind("append", 0) == 0 && op.text.substr(9) == second;
            });
            for (RecordedOp& op : txn.ops) {
              if (own || !IsListRead(op)) continue;
              const std::string answer = " " + op.answer.substr(1, op.answer.size() - 2) + " ";
              const size_t at = answer.find(" " + pair + " ");
              if (at == std::string::npos) continue;
              op.answer.replace(at + 1, pair.size(), changed);
              shown |= txn.committed;
            }
          }
          return shown ? std::optional(Level::kReadCommitted) : std::nullopt;
        },
        kByValues, kQuota);
  }
}

}  // namespace
}  // namespace nacre::check
