#ifndef NACRE_CHECK_FORMAT_H_
#define NACRE_CHECK_FORMAT_H_

// Recorded histories, as files of any size: they are read once, from front to end, and only the
// history itself is kept in memory.

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/check/history.h"

namespace nacre::check {

enum class Format : uint8_t {
  // Jepsen's operations, as Elle takes them: a map a line or one vector of maps, with
  // micro-operations
  // [:append k v], [:r k nil | v | [v ...]] and [:w k v]. :invoke is paired with the :ok, :fail or
  // :info that follows it in its :process; the order of the events is their real time. Maps whose
  // :value is not made of micro-operations (the nemesis) are passed over.
  kEdn,
  kJson,  // The same, with strings for keywords and null for nil.
  // r(key,value,session,transaction) and w(...), an operation a line. 0 is the initial value.
  kText,
  // Our own, a transaction a line, with everything that a History knows:
  //   T7 s=3 ok real=10..20 time=3..7 | append x 1 | list x [1 2] | read y nil | write y 8
  //   T8 ok | delete y | scan a m {b 1 c [2 3]} | rscan a nil limit {k 1}
  // After the name, in any order: ok, fail or info; session; real time from..to; the store's
  // timestamps begin..commit. A number that is not known is ?. What does not hold for a word of
  // printable
  // characters other than | [ ] { } " stands in double quotes with \" \\ \n \r \t \xHH. `nil` is
  // what is
  // absent, as the end of a scan: none. Lines that begin with # say nothing.
  kNative,
};

std::string_view ToString(Format format);  // "edn", "json", "text", "native"
std::optional<Format> ParseFormat(std::string_view name);
// By how a file begins.
std::optional<Format> GuessFormat(std::string_view beginning);

// kInvalidArgument says what cannot be read, and its line and byte, or that no transaction is in
// it; kDataLoss: the stream failed. What is odd but can be judged (an invocation without an end, an
// operation without a process) becomes a note of the history.
absl::StatusOr<History> ReadHistory(std::istream& in, Format format);
// "-" is standard input, and any file may as well be a pipe. Guesses the format if it is not given;
// kFailedPrecondition: it cannot be told. kNotFound: the file cannot be opened; kDataLoss: it
// cannot be read to its end.
absl::StatusOr<History> ReadHistoryFile(const std::string& path,
                                        std::optional<Format> format = std::nullopt);

// kNative keeps everything. kEdn keeps no timestamps; kInvalidArgument if there is a scan. Other
// formats cannot be written.
absl::Status WriteHistory(const History& history, Format format, std::ostream& out);

}  // namespace nacre::check

#endif  // NACRE_CHECK_FORMAT_H_
