#ifndef NACRE_TESTS_SERVER_MODEL_RANDOM_WORDS_H_
#define NACRE_TESTS_SERVER_MODEL_RANDOM_WORDS_H_

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace nacre::server::model {

using Words = std::vector<std::string>;

// When the clock of every run begins.
inline constexpr int64_t kEpochMs = 1'700'000'000'000;

// Makes the arguments of commands. Each kind is mostly what the command wants, often a boundary of
// it, and now and then something else.
class RandomWords {
 public:
  explicit RandomWords(uint64_t seed) : random_(seed) {}

  size_t Below(size_t bound) { return static_cast<size_t>(random_() % bound); }
  bool OneIn(size_t n) { return Below(n) == 0; }
  template <typename T>
  const T& OneOf(const std::vector<T>& choices) {
    return choices[Below(choices.size())];
  }

  // Of a few, so that commands meet.
  std::string Key();
  std::string Value();
  // In the range, or anything.
  std::string Integer(int64_t low, int64_t high);
  std::string Decimal();
  // Seconds or milliseconds from now, and times of day.
  std::string Seconds();
  std::string Milliseconds();
  std::string UnixSeconds();
  std::string UnixMilliseconds();
  // The words in any mixture of cases.
  std::string AnyCase(std::string word);
  std::string Bytes(size_t count);
  std::string OfLetters(const char* letters, size_t count);

 private:
  int64_t Between(int64_t low, int64_t high);

  std::mt19937_64 random_;
};

}  // namespace nacre::server::model

#endif  // NACRE_TESTS_SERVER_MODEL_RANDOM_WORDS_H_
