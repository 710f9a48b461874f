// No miss when one thing in what a store with the rules of a level records is made wrong.

#include "tests/check/judge/test/mutation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace nacre::check {
namespace {

TEST(Mutation, AnElementThatNobodyAppendedIsFoundAtReadCommitted) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at =
            Pick(txns, random, [](auto&, const RecordedOp& op) { return IsListRead(op); });
        if (!at) return std::nullopt;
        txns[at->first].ops[at->second].answer.insert(1, "777 ");
        return Level::kReadCommitted;
      },
      kByValues, kQuota);
}

TEST(Mutation, AnAbortOfAWriterThatWasReadIsFoundAtReadCommitted) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        // The first element of a list of another transaction.
        const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
          return IsListRead(op) && op.answer != "[]" && !Touches(txn, op.text.substr(5));
        });
        if (!at) return std::nullopt;
        const std::string& answer = txns[at->first].ops[at->second].answer;
        const std::string value = answer.substr(1, answer.find_first_of(" ]") - 1);
        for (RecordedTxn& txn : txns) {
          for (const RecordedOp& op : txn.ops) {
            if (op.text.rfind("append", 0) == 0 && op.text.substr(9) == value)
              txn.committed = false;
          }
        }
        return Level::kReadCommitted;
      },
      kByValues, kQuota);
}

TEST(Mutation, AReadThatMissesTheLastOfSeveralAppendsIsFoundAtStrongSnapshotIsolation) {
  for (const bool by_time : {false, true}) {
    ExpectFound(
        {.validate = false},
        [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
          const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
            return IsListRead(op) && op.answer != "[]" && !Touches(txn, op.text.substr(5));
          });
          if (!at) return std::nullopt;
          // The writer of the last element must have returned before the reader began.
          std::string& answer = txns[at->first].ops[at->second].answer;
          const size_t last = answer.find_last_of("[ ") + 1;
          const std::string value = answer.substr(last, answer.size() - 1 - last);
          for (const RecordedTxn& txn : txns) {
            for (const RecordedOp& op : txn.ops) {
              if (op.text.rfind("append", 0) != 0 || op.text.substr(9) != value) continue;
              if (txn.completed >= txns[at->first].invoked) return std::nullopt;
            }
          }
          answer = answer.substr(0, last == 1 ? 1 : last - 1) + "]";
          return Level::kStrongSnapshotIsolation;
        },
        by_time ? JudgeOptions() : kByValues, kQuota);
  }
}

TEST(Mutation, AScanThatMissesAKeyIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false, .data = Data::kRegistersAndScans},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [](auto&, const RecordedOp& op) {
          return op.text.rfind("scan", 0) == 0 && op.answer != "{}";
        });
        if (!at) return std::nullopt;
        std::string& answer = txns[at->first].ops[at->second].answer;
        const size_t key_end = answer.find(' ');
        const size_t value_end = answer.find_first_of(" }", key_end + 1);
        answer = "{" + answer.substr(value_end + (answer[value_end] == ' ' ? 1 : 0));
        return Level::kSnapshotIsolation;
      },
      {}, kQuota);
}

TEST(Mutation, ASnapshotFromBeforeACommitOfTheKeyIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false, .data = Data::kRegisters},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
          return op.text.rfind("read", 0) == 0 && op.answer != "nil" &&
                 !Touches(txn, op.text.substr(5));
        });
        if (!at) return std::nullopt;
        RecordedTxn& txn = txns[at->first];
        const RecordedOp& op = txn.ops[at->second];
        for (const RecordedTxn& writer : txns) {
          if (!writer.committed || !Touches(writer, op.text.substr(5) + " " + op.answer)) continue;
          txn.begin = writer.commit - 1;
        }
        return Level::kSnapshotIsolation;
      },
      {}, kQuota);
}

TEST(Mutation, ASecondCommitterIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false},
      [](Txns& txns, std::mt19937&) -> std::optional<Level> {
        // Somebody who wrote a key that somebody else wrote begins before that one's commit.
        for (RecordedTxn& later : txns) {
          for (const RecordedTxn& earlier : txns) {
            if (!later.committed || !earlier.committed || later.commit <= earlier.commit ||
                earlier.commit == 0) {
              continue;
            }
            for (const char c : std::string("wxyz")) {
              const std::string key(1, c);
              if (!Touches(earlier, key) || !Touches(later, key)) continue;
              later.begin = earlier.commit - 1;
              return Level::kSnapshotIsolation;
            }
          }
        }
        return std::nullopt;
      },
      {}, kQuota);
}

TEST(Mutation, AnOldSnapshotInASessionIsFoundByTimestamps) {
  ExpectFound(
      {.validate = false},
      [](Txns& txns, std::mt19937&) -> std::optional<Level> {
        for (size_t a = 0; a < txns.size(); ++a) {
          for (size_t b = a + 1; b < txns.size(); ++b) {
            if (txns[a].session != txns[b].session || !txns[a].committed || !txns[b].committed ||
                txns[a].commit == 0) {
              continue;
            }
            txns[b].begin = txns[a].commit - 1;
            return Level::kStrongSessionSnapshotIsolation;
          }
        }
        return std::nullopt;
      },
      {}, kQuota);
}

// --- more of lists ---

// Where an answer ends: the last element of a list, or nothing.
std::string LastElement(const std::string& answer) {
  if (answer.size() <= 2) return "";
  const size_t last = answer.find_last_of("[ ") + 1;
  return answer.substr(last, answer.size() - 1 - last);
}

// The list without its last element.
std::string Shortened(const std::string& answer) {
  const size_t last = answer.find_last_of("[ ");
  return answer.substr(0, last == 0 ? 1 : last) + "]";
}

// Who wrote or appended `value`, or nothing.
RecordedTxn* WriterOf(Txns& txns, const std::string& value) {
  for (RecordedTxn& txn : txns) {
    for (const RecordedOp& op : txn.ops) {
      if (op.answer.empty() && op.text.substr(op.text.rfind(' ') + 1) == value) return &txn;
    }
  }
  return nullptr;
}

bool IsReadOfOthers(const RecordedTxn& txn, const RecordedOp& op) {
  return IsListRead(op) && op.answer != "[]" && !Touches(txn, op.text.substr(5));
}

TEST(Mutation, AnElementThatStandsTwiceIsFoundAtReadCommitted) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, IsReadOfOthers);
        if (!at) return std::nullopt;
        std::string& answer = txns[at->first].ops[at->second].answer;
        answer.insert(answer.size() - 1, " " + LastElement(answer));
        return Level::kReadCommitted;
      },
      kByValues, kQuota);
}

TEST(Mutation, AListWithoutTheReadersOwnAppendIsFoundAtReadCommitted) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
          return IsListRead(op) && Touches(txn, op.text.substr(5) + " " + LastElement(op.answer));
        });
        if (!at) return std::nullopt;
        std::string& answer = txns[at->first].ops[at->second].answer;
        answer = Shortened(answer);
        return Level::kReadCommitted;
      },
      kByValues, kQuota);
}

TEST(Mutation, AListThatEndsInsideATransactionIsFoundAtReadCommitted) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [&](const RecordedTxn& txn, const RecordedOp& op) {
          if (!IsReadOfOthers(txn, op)) return false;
          const RecordedTxn* last = WriterOf(txns, LastElement(op.answer));
          const std::string before = LastElement(Shortened(op.answer));
          return !before.empty() && last == WriterOf(txns, before);
        });
        if (!at) return std::nullopt;
        std::string& answer = txns[at->first].ops[at->second].answer;
        answer = Shortened(answer);
        return Level::kReadCommitted;
      },
      kByValues, kQuota);
}

// One write of a transaction is seen, and another is not.
TEST(Mutation, AHalfSeenTransactionIsFoundAtReadAtomic) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [&](const RecordedTxn& txn, const RecordedOp& op) {
          if (!IsReadOfOthers(txn, op)) return false;
          const RecordedTxn* writer = WriterOf(txns, LastElement(op.answer));
          if (writer == WriterOf(txns, LastElement(Shortened(op.answer)))) return false;
          return std::any_of(txn.ops.begin(), txn.ops.end(), [&](const RecordedOp& other) {
            return other.text != op.text && IsReadOfOthers(txn, other) &&
                   WriterOf(txns, LastElement(other.answer)) == writer;
          });
        });
        if (!at) return std::nullopt;
        const std::string text = txns[at->first].ops[at->second].text;
        const std::string answer = txns[at->first].ops[at->second].answer;
        for (RecordedOp& op : txns[at->first].ops) {
          if (op.text == text) op.answer = Shortened(answer);
        }
        return Level::kReadAtomic;
      },
      kByValues, kQuota);
}

// --- registers by their values alone ---

constexpr StoreRules kRegisters = {.data = Data::kRegisters};

// A register read of what another transaction wrote.
bool IsRegisterRead(const RecordedTxn& txn, const RecordedOp& op) {
  return op.text.rfind("read", 0) == 0 && op.answer != "nil" && !Touches(txn, op.text.substr(5));
}

// Gives all of a transaction's reads of a key another answer, so that they agree.
void Answer(RecordedTxn& txn, const std::string& text, const std::string& answer) {
  for (RecordedOp& op : txn.ops) {
    if (op.text == text) op.answer = answer;
  }
}

TEST(Mutation, AValueThatNobodyWroteIsFoundAtReadCommitted) {
  ExpectFound(
      kRegisters,
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, IsRegisterRead);
        if (!at) return std::nullopt;
        txns[at->first].ops[at->second].answer = "777";
        return Level::kReadCommitted;
      },
      kByValues, kQuota);
}

TEST(Mutation, AnAbortOfAWriterOfARegisterThatWasReadIsFoundAtReadCommitted) {
  ExpectFound(
      kRegisters,
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, IsRegisterRead);
        if (!at) return std::nullopt;
        WriterOf(txns, txns[at->first].ops[at->second].answer)->committed = false;
        return Level::kReadCommitted;
      },
      kByValues, kQuota);
}

TEST(Mutation, AnAbsenceAfterAWriteInTheSessionIsFoundAtCausal) {
  ExpectFound(
      kRegisters,
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [&](const RecordedTxn& txn, const RecordedOp& op) {
          return IsRegisterRead(txn, op) &&
                 std::any_of<const RecordedTxn*>(txns.data(), &txn, [&](const RecordedTxn& before) {
                   return before.committed && before.session == txn.session &&
                          Touches(before, op.text.substr(5));
                 });
        });
        if (!at) return std::nullopt;
        Answer(txns[at->first], txns[at->first].ops[at->second].text, "nil");
        return Level::kCausal;
      },
      kByValues, kQuota);
}

TEST(Mutation, AnAbsenceAfterAWriterHasReturnedIsFoundAtStrongSnapshotIsolation) {
  ExpectFound(
      kRegisters,
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto at = Pick(txns, random, [&](const RecordedTxn& txn, const RecordedOp& op) {
          return IsRegisterRead(txn, op) && WriterOf(txns, op.answer)->completed < txn.invoked;
        });
        if (!at) return std::nullopt;
        Answer(txns[at->first], txns[at->first].ops[at->second].text, "nil");
        return Level::kStrongSnapshotIsolation;
      },
      kByValues, kQuota);
}

// Who read a version before it wrote the next, now read the one before that, like the writer of it.
TEST(Mutation, ALostUpdateOfARegisterIsFoundAtSnapshotIsolation) {
  ExpectFound(
      kRegisters,
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        struct Update {
          std::string text;
          std::string saw;
        };
        // The read of a key by a transaction that wrote it later.
        const auto update = [](const RecordedTxn& txn, const std::string& text) {
          std::optional<Update> found;
          bool wrote = false;
          for (const RecordedOp& op : txn.ops) {
            if (op.answer.empty() && op.text.rfind("write " + text.substr(5) + " ", 0) == 0) {
              wrote = true;
            } else if (op.text == text && !wrote) {
              found = Update{text, op.answer};
            }
          }
          return wrote ? found : std::nullopt;
        };
        for (size_t skipped = random() % 4; RecordedTxn & txn : txns) {
          for (const RecordedOp& op : txn.ops) {
            if (!txn.committed || op.text.rfind("read", 0) != 0) continue;
            const auto later = update(txn, op.text);
            if (!later || later->saw == "nil" || op.answer != later->saw) continue;
            const RecordedTxn* writer = WriterOf(txns, later->saw);
            if (writer == &txn) continue;
            const auto earlier = update(*writer, op.text);
            if (!earlier || skipped-- > 0) continue;
            const std::string text = op.text;
            for (RecordedOp& changed : txn.ops) {
              if (changed.text == text && changed.answer == later->saw) {
                changed.answer = earlier->saw;
              }
            }
            return Level::kSnapshotIsolation;
          }
        }
        return std::nullopt;
      },
      kByValues, kQuota);
}

// One who had seen a write misses it, and its writer had missed one of his.
TEST(Mutation, AWriteSkewIsFoundAtSerializable) {
  ExpectFound(
      {},
      [](Txns& txns, std::mt19937& random) -> std::optional<Level> {
        const auto missed_by = [&](const RecordedTxn& other, const RecordedTxn& txn) {
          return std::any_of(other.ops.begin(), other.ops.end(), [&](const RecordedOp& op) {
            return IsListRead(op) && !Touches(other, op.text.substr(5)) &&
                   Touches(txn, op.text.substr(5)) && other.begin < txn.commit;
          });
        };
        const auto at = Pick(txns, random, [&](const RecordedTxn& txn, const RecordedOp& op) {
          if (!IsReadOfOthers(txn, op)) return false;
          const RecordedTxn* writer = WriterOf(txns, LastElement(op.answer));
          return writer != WriterOf(txns, LastElement(Shortened(op.answer))) &&
                 missed_by(*writer, txn);
        });
        if (!at) return std::nullopt;
        const std::string text = txns[at->first].ops[at->second].text;
        Answer(txns[at->first], text, Shortened(txns[at->first].ops[at->second].answer));
        return Level::kSerializable;
      },
      kByValues, kQuota);
}

// --- ranges ---

TEST(Mutation, AScanThatShowsWhatNobodyWroteIsFoundAtReadCommitted) {
  for (const bool by_time : {false, true}) {
    ExpectFound(
        {.validate = false, .data = Data::kRegistersAndScans},
        [=](Txns& txns, std::mt19937& random) -> std::optional<Level> {
          const auto at = Pick(txns, random, [](const RecordedTxn& txn, const RecordedOp& op) {
            return op.text.rfind("scan", 0) == 0 && op.answer != "{}" &&
                   !Touches(txn, op.answer.substr(1, 1));
          });
          if (!at) return std::nullopt;
          std::string& answer = txns[at->first].ops[at->second].answer;
          const size_t end = answer.find_first_of(" }", 3);
          answer = answer.substr(0, 3) + "777" + answer.substr(end);
          return by_time ? Level::kSnapshotIsolation : Level::kReadCommitted;
        },
        by_time ? JudgeOptions() : kByValues, kQuota);
  }
}

}  // namespace
}  // namespace nacre::check
