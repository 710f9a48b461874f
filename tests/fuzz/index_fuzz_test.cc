#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/index_fixture.h"

namespace nacre::index {
namespace {

// A program of index operations, read from bytes that mean something whatever they are.
class Program {
 public:
  explicit Program(std::string_view bytes) : bytes_(bytes) {}

  bool done() const { return next_ >= bytes_.size(); }
  uint8_t Byte() { return done() ? 0 : static_cast<uint8_t>(bytes_[next_++]); }
  // Literal bytes, or a prefix of the key before, with something appended.
  std::string Key() {
    const uint8_t head = Byte();
    std::string key = head % 4 == 0 ? "" : last_.substr(0, Byte() % (last_.size() + 1));
    for (size_t more = head / 4 % 8; more > 0; --more) {
      const uint8_t byte = Byte();
      key.append(byte % 16 == 15 ? 40 : 1, static_cast<char>(byte));
    }
    return last_ = key;
  }

 private:
  const std::string_view bytes_;
  size_t next_ = 0;
  std::string last_;
};

class IndexFuzz : public IndexTest {
 protected:
  void Execute(std::string_view bytes) {
    Program program(bytes);
    while (!program.done() && !HasFatalFailure()) {
      const uint8_t operation = program.Byte();
      const std::string key = program.Key();
      switch (operation % 8) {
        case 0:
        case 1:
        case 2: Insert(key); break;
        case 3:
        case 4: RemoveNext(key); break;
        case 5: CheckFind(key); break;
        case 6: CheckForward(key, operation >= 128, operation / 8, Bound(program)); break;
        default: CheckBackward(key, operation >= 128, operation / 8, Bound(program)); break;
      }
    }
    if (HasFatalFailure()) return;
    CheckStructure();
    CheckFindAll();
    CheckForward("", true, model_.size() + 1);
    CheckLast(model_.size() + 1);
  }

  void RemoveNext(std::string_view key) {
    const auto position = model_.lower_bound(key);
    if (position != model_.end()) Remove(std::string(position->first));
  }

  std::optional<std::string_view> Bound(Program& program) {
    if (program.Byte() % 2 == 0) return std::nullopt;
    return keys_.emplace_back(program.Key());
  }

  void Clear() {
    while (!model_.empty()) Remove(std::string(model_.begin()->first));
  }
};

std::string RandomBytes(std::mt19937_64& random) {
  std::string bytes(random() % 2000, '\0');
  // Programs over few different bytes revisit the same keys.
  const size_t kinds = 1 + random() % 256;
  const uint64_t base = random();
  for (char& byte : bytes) byte = static_cast<char>(base + random() % kinds * 37);
  return bytes;
}

TEST_F(IndexFuzz, AnyProgramLeavesTheIndexEqualToAMap) {
  std::mt19937_64 random(TestSeed());
  std::string previous;
  for (int run = 0; run < 400 && !HasFatalFailure(); ++run) {
    std::string bytes = RandomBytes(random);
    if (run % 3 == 1) {
      // A mutation of the program before.
      bytes = previous;
      for (size_t i = 0; i < bytes.size(); i += 1 + random() % 50) {
        bytes[i] = static_cast<char>(random());
      }
    }
    Execute(bytes);
    if (HasFatalFailure()) {
      ADD_FAILURE() << "in program " << run;
      return;
    }
    if (run % 5 == 4) {
      Clear();
      ASSERT_EQ(tree_.stats().nodes, 0U);
    }
    previous = std::move(bytes);
  }
}

}  // namespace
}  // namespace nacre::index
