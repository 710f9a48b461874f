// SCAN: a walk over the keys in steps, each on the newest state.
//
// Keys are in byte order, and a cursor stands for the key to go on at. So a key that is there from
// the first step to the last is returned once, and what others write between the steps moves
// nothing.

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

constexpr int64_t kCountDefault = 10;
// More keys than this in one step, and it is left to the slow lane.
constexpr int64_t kQuickCountMax = 500;

struct ScanArguments {
  uint64_t cursor = 0;
  int64_t count = kCountDefault;
  std::string_view pattern = "*";
  std::optional<std::string_view> type = {};
};

std::optional<uint64_t> ReadCursor(std::string_view text) {
  uint64_t cursor = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, cursor);
  if (error != std::errc() || stop != end) return std::nullopt;
  return cursor;
}

// The error, empty if there is none.
std::string_view ReadScanArguments(Args args, ScanArguments& scan) {
  const auto cursor = ReadCursor(args[1]);
  if (!cursor) return "ERR invalid cursor";
  scan.cursor = *cursor;
  for (size_t i = 2; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return kSyntaxError;
    if (EqualsIgnoringCase(args[i], "count")) {
      const auto count = ParseInteger(args[i + 1]);
      if (!count) return kNotAnInteger;
      if (*count < 1) return kSyntaxError;
      scan.count = *count;
    } else if (EqualsIgnoringCase(args[i], "match")) {
      scan.pattern = args[i + 1];
    } else if (EqualsIgnoringCase(args[i], "type")) {
      scan.type = args[i + 1];
    } else {
      return kSyntaxError;
    }
  }
  return {};
}

// The shortest key that lies after `last` and not after `next`: a position of fewer bytes than
// either.
std::string_view Between(std::string_view last, std::string_view next) {
  size_t common = 0;
  while (common < last.size() && last[common] == next[common]) ++common;
  return next.substr(0, common + 1);
}

// One step.
class Step {
 public:
  Step(DataContext& context, const ScanArguments& scan)
      : context_(context), scan_(scan), everything_(scan.pattern == "*") {}

  absl::Status Run(std::optional<std::string_view> position) {
    const std::string prefix = GlobLiteralPrefix(scan_.pattern);
    Range range = Range::Prefix(prefix);
    if (position) range.start = Bound::Inclusive(*position);
    const absl::Status status =
        context_.tx.Scan(range, [this](std::string_view key, std::string_view) {
          if (visited_ == scan_.count) {
            goes_on_ = Between(last_, key);
            return false;
          }
          ++visited_;
          last_ = key;
          Consider(key);
          return bytes_ <= context_.server.settings().reply_bytes_max();
        });
    if (!status.ok()) return status;
    if (bytes_ > context_.server.settings().reply_bytes_max())
      return ReplyTooLarge(context_.server);
    return Answer();
  }

 private:
  void Consider(std::string_view key) {
    if (!everything_ && !MatchesGlob(scan_.pattern, key)) return;
    // Every value is a string.
    if (scan_.type && !EqualsIgnoringCase(*scan_.type, "string")) return;
    found_.push_back(key);
    bytes_ += key.size() + kBulkBytes;
  }

  absl::Status Answer() {
    ScanCursors& cursors = context_.server.scan_cursors();
    uint64_t next = 0;
    if (goes_on_.empty()) {
      cursors.Finish(scan_.cursor);
    } else {
      const auto advanced = cursors.Advance(scan_.cursor, goes_on_);
      if (!advanced.ok()) return advanced.status();
      next = *advanced;
    }
    ReplyWriter& out = context_.out;
    out.Array(2);
    out.Bulk(std::to_string(next));
    out.Array(found_.size());
    for (const std::string_view key : found_) out.Bulk(key);
    return absl::OkStatus();
  }

  static constexpr size_t kBulkBytes = 16;

  DataContext& context_;
  const ScanArguments& scan_;
  const bool everything_;
  int64_t visited_ = 0;
  size_t bytes_ = 0;
  // Views that live as long as the transaction.
  std::string_view last_;
  std::string_view goes_on_;  // Empty: nothing is left.
  std::vector<std::string_view> found_;
};

}  // namespace

bool ScanIsSlow(Args args) {
  ScanArguments scan;
  return ReadScanArguments(args, scan).empty() && scan.count > kQuickCountMax;
}

absl::Status RunScan(DataContext& context) {
  ScanArguments scan;
  const std::string_view error = ReadScanArguments(context.args, scan);
  if (!error.empty()) {
    context.out.Error(error);
    return absl::OkStatus();
  }
  std::optional<std::string> position;
  if (scan.cursor != 0) {
    position = context.server.scan_cursors().Find(scan.cursor);
    if (!position) {
      context.out.Error(
          absl::StrCat("NOCURSOR there is no cursor ", scan.cursor,
                       ": it was given up for newer ones, or never given out; start the scan again "
                       "with cursor 0"));
      return absl::OkStatus();
    }
  }
  return Step(context, scan).Run(position);
}

}  // namespace nacre::server
