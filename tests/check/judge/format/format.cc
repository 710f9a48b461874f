#include "nacre/check/format.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <istream>
#include <utility>
#include <vector>

#include "tests/check/judge/format/file_buffer.h"
#include "tests/check/judge/format/readers.h"
#include "tests/check/judge/text.h"

namespace nacre::check {
namespace {

constexpr std::string_view kNames[] = {"edn", "json", "text", "native"};
constexpr Format kFormats[] = {Format::kEdn, Format::kJson, Format::kText, Format::kNative};

}  // namespace

std::string_view ToString(Format format) { return kNames[static_cast<size_t>(format)]; }

std::optional<Format> ParseFormat(std::string_view name) {
  for (const Format format : kFormats) {
    if (ToString(format) == name) return format;
  }
  return std::nullopt;
}

std::optional<Format> GuessFormat(std::string_view beginning) {
  constexpr std::string_view kBlanks = " \t\r\n";
  // Comments of ours and of EDN say nothing.
  while (true) {
    const size_t first = beginning.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return std::nullopt;
    beginning.remove_prefix(first);
    const bool comment = beginning.front() == ';' || beginning.substr(0, 2) == "# ";
    if (!comment) break;
    const size_t end = beginning.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    beginning.remove_prefix(end);
  }
  if (beginning.substr(0, 2) == "r(" || beginning.substr(0, 2) == "w(") return Format::kText;
  if (beginning.front() == 'T') return Format::kNative;
  if (beginning.front() == '#') return Format::kEdn;
  if (beginning.front() != '{' && beginning.front() != '[' && beginning.front() != '(') {
    return std::nullopt;
  }
  // The first key of the first map is a keyword or a string.
  const size_t inside = beginning.find_first_not_of("{[( \t\r\n");
  if (inside == std::string_view::npos) return Format::kEdn;
  return beginning[inside] == '"' ? Format::kJson : Format::kEdn;
}

namespace {

// IN-ORDER. A session's transactions stand in the order in which it ran them; one that had returned
// before one that stands before it was begun is in no order that anybody can have run.
absl::Status CheckSessions(const History& history) {
  std::vector<TxnId> latest(history.sessions().size(), kNone);  // By when it was begun.
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.session(t) == kNone) continue;
    TxnId& before = latest[history.session(t)];
    if (before != kNone && history.completed(t) < history.invoked(before)) {
      return absl::InvalidArgumentError(judge::Cat(
          "session ", judge::SessionText(history, history.session(t)),
          " is not in the order of its times: ", judge::TxnText(history, t), " had returned at ",
          history.completed(t), ", before ", judge::TxnText(history, before),
          ", which stands before it, was begun at ", history.invoked(before)));
    }
    if (before == kNone || history.invoked(t) > history.invoked(before)) before = t;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<History> ReadHistory(std::istream& in, Format format) {
  HistoryBuilder builder;
  absl::Status status;
  switch (format) {
    case Format::kEdn:
      status = judge::ReadJepsen(in, judge::DataReader::Dialect::kEdn, builder);
      break;
    case Format::kJson:
      status = judge::ReadJepsen(in, judge::DataReader::Dialect::kJson, builder);
      break;
    case Format::kText: status = judge::ReadText(in, builder); break;
    case Format::kNative: status = judge::ReadNative(in, builder); break;
  }
  if (!status.ok()) return status;
  if (in.bad()) return absl::DataLossError("it cannot be read to its end");
  if (builder.transactions() == 0) return absl::InvalidArgumentError("no transaction is in it");
  History history = std::move(builder).Finish();
  if (status = CheckSessions(history); !status.ok()) return status;
  return history;
}

absl::StatusOr<History> ReadHistoryFile(const std::string& path, std::optional<Format> format) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path;
  const auto cannot_read = [&name](int error) {
    return judge::Cat("cannot read ", name, ": ", std::strerror(error));
  };
  const int fd = standard ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(cannot_read(errno));
  judge::FileBuffer buffer(fd);
  const std::string_view beginning = buffer.Beginning();
  if (!format.has_value()) format = GuessFormat(beginning);
  if (buffer.error() != 0) return absl::DataLossError(cannot_read(buffer.error()));
  if (!format.has_value()) {
    return absl::FailedPreconditionError(
        name + (beginning.empty() ? " is empty, so its format cannot be told"
                                  : ": its format cannot be told by how it begins"));
  }
  std::istream in(&buffer);
  absl::StatusOr<History> history = ReadHistory(in, *format);
  if (buffer.error() != 0) return absl::DataLossError(cannot_read(buffer.error()));
  if (history.ok()) return history;
  const absl::string_view why = history.status().message();
  return absl::Status(history.status().code(),
                      judge::Cat(name, " cannot be read as ", ToString(*format), ": ",
                                 std::string_view(why.data(), why.size())));
}

absl::Status WriteHistory(const History& history, Format format, std::ostream& out) {
  switch (format) {
    case Format::kEdn: return judge::WriteEdn(history, out);
    case Format::kNative: return judge::WriteNative(history, out);
    default: break;
  }
  return absl::InvalidArgumentError(
      judge::Cat("histories cannot be written as ", ToString(format)));
}

}  // namespace nacre::check
