// LCS.

#include <limits>
#include <string>

#include "nacre/database.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/longest_common_subsequence.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

struct LcsArguments {
  bool length = false;
  bool indexes = false;
  bool match_lengths = false;
  int64_t match_bytes_min = 0;
};

// The error, empty if there is none.
std::string_view ReadLcsArguments(Args args, LcsArguments& lcs) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (EqualsIgnoringCase(args[i], "idx")) {
      lcs.indexes = true;
    } else if (EqualsIgnoringCase(args[i], "len")) {
      lcs.length = true;
    } else if (EqualsIgnoringCase(args[i], "withmatchlen")) {
      lcs.match_lengths = true;
    } else if (EqualsIgnoringCase(args[i], "minmatchlen") && i + 1 < args.size()) {
      const auto bytes = ParseInteger(args[++i]);
      if (!bytes) return kNotAnInteger;
      lcs.match_bytes_min = *bytes;
    } else {
      return kSyntaxError;
    }
  }
  if (lcs.length && lcs.indexes) {
    return "ERR If you want both the length and indexes, please just use IDX.";
  }
  return {};
}

// Redis makes a table of four bytes a cell and bounds its size. The table here is smaller, but the
// bound on the work is the same.
bool IsTooMuch(const ServerState& server, size_t a_bytes, size_t b_bytes) {
  uint64_t cells = 0;
  uint64_t table_bytes = 0;
  return __builtin_mul_overflow(uint64_t{a_bytes} + 1, uint64_t{b_bytes} + 1, &cells) ||
         __builtin_mul_overflow(cells, sizeof(uint32_t), &table_bytes) ||
         !StringMayHold(server, table_bytes);
}

std::string Join(std::string_view a, const std::vector<CommonRun>& runs) {
  std::string joined;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    joined.append(a.substr(run->a_first, run->bytes()));
  }
  return joined;
}

void WriteRange(size_t first, size_t last, ReplyWriter& out) {
  out.Array(2);
  out.Integer(static_cast<int64_t>(first));
  out.Integer(static_cast<int64_t>(last));
}

absl::Status WriteIndexes(const LcsArguments& lcs, const std::vector<CommonRun>& runs,
                          DataContext& context) {
  ReplyWriter& out = context.out;
  out.Map(2);
  out.Bulk("matches");
  const size_t begun_at = out.BeginArray();
  size_t matches = 0;
  size_t length = 0;
  for (const CommonRun& run : runs) {
    length += run.bytes();
    if (static_cast<int64_t>(run.bytes()) < lcs.match_bytes_min) continue;
    out.Array(lcs.match_lengths ? 3 : 2);
    WriteRange(run.a_first, run.a_last, out);
    WriteRange(run.b_first, run.b_last, out);
    if (lcs.match_lengths) out.Integer(static_cast<int64_t>(run.bytes()));
    ++matches;
    if (out.Mark() - begun_at > context.server.settings().reply_bytes_max()) {
      return ReplyTooLarge(context.server);
    }
  }
  out.EndArray(begun_at, matches);
  out.Bulk("len");
  out.Integer(static_cast<int64_t>(length));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunLcs(DataContext& context) {
  const auto first = ReadString(context, context.args[1]);
  if (!first.ok()) return first.status();
  const auto second = ReadString(context, context.args[2]);
  if (!second.ok()) return second.status();
  LcsArguments lcs;
  const std::string_view error = ReadLcsArguments(context.args, lcs);
  if (!error.empty()) {
    context.out.Error(error);
    return absl::OkStatus();
  }
  const std::string_view a = first->value_or(std::string_view());
  const std::string_view b = second->value_or(std::string_view());
  if (IsTooMuch(context.server, a.size(), b.size())) {
    context.out.Error(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    return absl::OkStatus();
  }
  if (lcs.length) {
    context.out.Integer(static_cast<int64_t>(CommonSubsequenceLength(a, b)));
    return absl::OkStatus();
  }
  const std::vector<CommonRun> runs = CommonSubsequence(a, b);
  if (lcs.indexes) return WriteIndexes(lcs, runs, context);
  context.out.Bulk(Join(a, runs));
  return absl::OkStatus();
}

}  // namespace nacre::server
