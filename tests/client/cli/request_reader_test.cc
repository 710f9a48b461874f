#include "client/cli/request_reader.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/request.h"

namespace nacre::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

// All requests of an input that is cut into pieces of at most `piece` bytes.
absl::StatusOr<std::vector<Words>> ReadAll(std::string_view input, size_t piece = 1 << 20) {
  RequestReader reader;
  std::vector<Words> requests;
  for (;;) {
    absl::StatusOr<std::optional<Words>> next = reader.Next();
    if (!next.ok()) return next.status();
    if (*next) {
      requests.push_back(**std::move(next));
      continue;
    }
    if (input.data() == nullptr) return requests;
    if (input.empty()) {
      reader.Finish();
      input = {};
    } else {
      reader.Feed(input.substr(0, piece));
      input.remove_prefix(std::min(piece, input.size()));
    }
  }
}

TEST(RequestReader, TakesArraysAndLinesInAnyMixture) {
  const auto requests = ReadAll("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nSET \"a b\" 1\r\n\r\n\nPING");
  ASSERT_TRUE(requests.ok()) << requests.status();
  EXPECT_THAT(*requests, ElementsAre(Words{"GET", "k"}, Words{"SET", "a b", "1"}, Words{"PING"}));
}

TEST(RequestReader, EmptyRequestsArePassedOver) {
  const auto requests = ReadAll("*0\r\n*-1\r\n  \r\nPING\r\n");
  ASSERT_TRUE(requests.ok());
  EXPECT_THAT(*requests, ElementsAre(Words{"PING"}));
}

TEST(RequestReader, TheCutsDoNotMatter) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::string input;
  std::vector<Words> expected;
  for (int i = 0; i < 50; ++i) {
    Words words;
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
      std::string& word = words.emplace_back(random() % 40, '\0');
      for (char& byte : word) byte = static_cast<char>(random());
    }
    client::Request request;
    request.AddWords(words);
    input += request.bytes();
    expected.push_back(words);
  }
  for (size_t piece = 1; piece < 70; ++piece) {
    const auto requests = ReadAll(input, piece);
    ASSERT_TRUE(requests.ok()) << requests.status();
    ASSERT_EQ(*requests, expected) << piece;
  }
}

TEST(RequestReader, MistakesNameTheirPlace) {
  const std::string before = "PING\r\n";
  for (const auto& [input, message] : std::vector<std::pair<std::string, std::string>>{
           {"*x\r\n", "input byte 6: no number"},
           {"*1\r\n+OK\r\n", "input byte 10: no '$'"},
           {"*1\r\n$-1\r\n", "out of bounds"},
           {"*1\r\n$99999999999\r\n", "out of bounds"},
           {"*99999999\r\n", "too many words"},
           {"*1\r\n$1\r\nabc\r\n", "does not end in CRLF"},
           {"*1" + std::string(40, '0'), "no number"},
           {"SET \"a\r\n", "unbalanced quotes"},
           {std::string(RequestReader::kLineBytesMax + 1, 'x'), "too long"}}) {
    const auto requests = ReadAll(before + input);
    ASSERT_FALSE(requests.ok()) << input;
    EXPECT_THAT(std::string(requests.status().message()), HasSubstr(message));
  }
}

TEST(RequestReader, AnInputThatEndsInsideOfARequestIsAMistake) {
  const std::string whole = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  for (size_t bytes = 1; bytes < whole.size(); ++bytes) {
    const auto requests = ReadAll(whole.substr(0, bytes));
    ASSERT_FALSE(requests.ok()) << bytes;
    EXPECT_THAT(std::string(requests.status().message()), HasSubstr("ends inside"));
  }
}

}  // namespace
}  // namespace nacre::cli
