#include "tests/server/model/random_words.h"

#include <cctype>

namespace nacre::server::model {

namespace {

const Words& OddIntegers() {
  static const Words words = {"0",
                              "1",
                              "-1",
                              "9223372036854775807",
                              "-9223372036854775808",
                              "9223372036854775808",
                              "-9223372036854775809",
                              "99999999999999999999999",
                              "9223372036854775",
                              "9223372036854776",
                              "4294967296",
                              "2147483648",
                              "8192",
                              "8191",
                              "-0",
                              "01",
                              "+1",
                              " 1",
                              "1 ",
                              "",
                              "-",
                              "1.5",
                              "ten",
                              "0x1",
                              std::string("1\0", 2)};
  return words;
}

const Words& OddDecimals() {
  static const Words words = {"inf",     "-inf",    "+Infinity",
                              "nan",     "1e4932",  "-1e4932",
                              "1e5000",  "1e-5000", "1e-4940",
                              "0x1p3",   "0x.8",    "1e",
                              ".5",      "5.",      ".",
                              "-",       "+3",      "-0",
                              "-0.0",    "1e18",    "1e-17",
                              "5e-18",   "\t1",     "1_0",
                              "3.0e3",   "0.1",     "-0.3",
                              "1e+2",    "1,5",     "",
                              "1.0 ",    "1e17",    "1E2",
                              "0.0e0",   "nan(1)",  "--1",
                              "1e-4951", "-1e-20",  "123456789012345678901234567890"};
  return words;
}

}  // namespace

int64_t RandomWords::Between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(Below(static_cast<size_t>(high - low + 1)));
}

std::string RandomWords::Key() {
  static const Words keys = {"a",      "b",     "c", "d", "e", "", std::string("\0\xff\r\n", 4),
                             "user:1", "user:2"};
  return OneOf(keys);
}

std::string RandomWords::Bytes(size_t count) {
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random_());
  return bytes;
}

std::string RandomWords::OfLetters(const char* letters, size_t count) {
  const std::string choices(letters);
  std::string text(count, ' ');
  for (char& c : text) c = choices[Below(choices.size())];
  return text;
}

std::string RandomWords::Value() {
  switch (Below(8)) {
    case 0: return OneOf(OddIntegers());
    case 1: return Decimal();
    case 2: return Bytes(Below(20));
    case 3: return OfLetters("ab", Below(48));
    case 4: return OfLetters("abcd", Below(130));
    case 5: return std::string(OneOf<size_t>({0, 1, 63, 64, 65, 4096, 8191, 8192}), 'x');
    default: return std::to_string(Between(-1000, 1000));
  }
}

std::string RandomWords::Integer(int64_t low, int64_t high) {
  return OneIn(4) ? OneOf(OddIntegers()) : std::to_string(Between(low, high));
}

std::string RandomWords::Decimal() {
  switch (Below(4)) {
    case 0: return OneOf(OddDecimals());
    case 1: return OneOf(OddIntegers());
    case 2:
      return std::to_string(Between(-100'000, 100'000)) + "e" + std::to_string(Between(-25, 20));
    default:
      return std::to_string(Between(-1000, 1000)) + "." + std::to_string(Between(0, 999'999));
  }
}

std::string RandomWords::Seconds() { return Integer(1, 20); }
std::string RandomWords::Milliseconds() { return Integer(1, 20'000); }
std::string RandomWords::UnixSeconds() {
  return Integer(kEpochMs / 1000 - 10, kEpochMs / 1000 + 60);
}
std::string RandomWords::UnixMilliseconds() {
  return Integer(kEpochMs - 10'000, kEpochMs + 60'000);
}

std::string RandomWords::AnyCase(std::string word) {
  if (OneIn(2)) return word;
  for (char& c : word) {
    if (OneIn(2)) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return word;
}

}  // namespace nacre::server::model
