#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_ENDLESS_STORE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_ENDLESS_STORE_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "nacre/check/online.h"

namespace nacre::check {

// A strictly serializable store whose transactions go to an OnlineJudge as they finish, so that a
// history of any length takes no memory of its own.
struct EndlessShape {
  bool lists = true;  // Or registers.
  bool timestamps = false;
  // Runs each transaction when it is invoked, so that the order of the answers tells nothing of the
  // order of the writes, and none has a conflict. Else at the answer, unless a key has changed.
  bool at_once = false;
  uint32_t keys = 50;           // In use at one time.
  uint32_t writes_a_key = 100;  // Then another key takes its place.
  uint32_t sessions = 16;
  uint32_t operations_max = 10;
  uint32_t seed = 1;
};

class EndlessStore {
 public:
  explicit EndlessStore(const EndlessShape& shape);
  // Until `judge` has got so many more transactions. False: it found a violation.
  bool Feed(OnlineJudge& judge, uint64_t transactions);
  // Ends what is open.
  bool Drain(OnlineJudge& judge);
  // The next committed transaction reads the state of a key from before its last version.
  void Break() { broken_ = true; }

 private:
  struct Key {
    std::string name;
    uint64_t committed = 0;
    uint32_t writes = 0;
    uint32_t value = 0;  // 0: absent.
    uint32_t before = 0;
    std::vector<uint32_t> list = {};
  };
  struct Access {
    uint32_t key;
    std::string name;
    bool write;
    uint32_t value;
    std::vector<uint32_t> list = {};
  };
  struct Open {
    bool open = false;
    uint64_t invoked = 0;
    uint64_t begin = 0;
    std::vector<Access> accesses = {};
  };

  void Begin(Open& txn);
  void Apply(const Open& txn);
  bool Commit(uint32_t session, OnlineJudge& judge);
  void Hand(const Access& access, OnlineJudge& judge) const;
  bool Conflicts(const Open& txn) const;
  uint64_t OldestOpen() const;

  const EndlessShape shape_;
  std::mt19937 random_;
  std::vector<Key> keys_;
  std::vector<Open> open_;
  uint64_t clock_ = 0;
  uint64_t commits_ = 0;
  uint64_t numbers_ = 0;
  uint32_t values_ = 0;
  uint32_t next_key_ = 0;
  bool broken_ = false;
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_ENDLESS_STORE_H_
