#ifndef NACRE_TESTS_CHECK_JUDGE_FORMAT_READERS_H_
#define NACRE_TESTS_CHECK_JUDGE_FORMAT_READERS_H_

// One function for each format; nacre/check/format.h says what they read and write.

#include <istream>
#include <ostream>

#include "absl/status/status.h"
#include "nacre/check/history.h"
#include "tests/check/judge/format/data_reader.h"

namespace nacre::check::judge {

absl::Status ReadJepsen(std::istream& in, DataReader::Dialect dialect, HistoryBuilder& builder);
absl::Status ReadText(std::istream& in, HistoryBuilder& builder);
absl::Status ReadNative(std::istream& in, HistoryBuilder& builder);

absl::Status WriteEdn(const History& history, std::ostream& out);
absl::Status WriteNative(const History& history, std::ostream& out);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_FORMAT_READERS_H_
