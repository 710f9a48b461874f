// APPEND GETRANGE SETRANGE SUBSTR: parts of strings.

#include <cstring>
#include <string>

#include "nacre/database.h"
#include "server/base/numbers.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

// From the first byte to the last one, both included. Negative: from the end, -1 is the last byte.
struct Slice {
  int64_t first = 0;
  int64_t last = 0;

  std::string_view Of(std::string_view text) const {
    const auto size = static_cast<int64_t>(text.size());
    // Two places from the end in the wrong order, before both are cut to the first byte.
    if (first < 0 && last < 0 && first > last) return {};
    const int64_t from = std::max<int64_t>(0, first < 0 ? size + first : first);
    const int64_t to = std::min(size - 1, std::max<int64_t>(0, last < 0 ? size + last : last));
    if (from > to) return {};
    return text.substr(static_cast<size_t>(from), static_cast<size_t>(to - from + 1));
  }
};

// nullopt if an error has been written.
std::optional<Slice> ReadSlice(Args args, ReplyWriter& out) {
  const auto first = ParseInteger(args[2]);
  const auto last = ParseInteger(args[3]);
  if (!first || !last) {
    out.Error(kNotAnInteger);
    return std::nullopt;
  }
  return Slice{*first, *last};
}

}  // namespace

absl::Status RunAppend(DataContext& context) {
  const std::string_view key = context.args[1];
  const std::string_view tail = context.args[2];
  const auto value = ReadString(context, key);
  if (!value.ok()) return value.status();
  const std::string_view head = value->value_or(std::string_view());
  if (!StringMayHold(context.server, head.size() + tail.size())) {
    context.out.Error(kStringTooLong);
    return absl::OkStatus();
  }
  std::string joined;
  joined.reserve(head.size() + tail.size());
  joined.append(head).append(tail);
  const absl::Status status = context.tx.Put(key, joined, {.keep_expiry = true});
  if (status.ok()) context.out.Integer(static_cast<int64_t>(joined.size()));
  return status;
}

absl::Status RunGetRange(DataContext& context) {
  const auto slice = ReadSlice(context.args, context.out);
  if (!slice) return absl::OkStatus();
  const auto value = ReadString(context, context.args[1]);
  if (!value.ok()) return value.status();
  context.out.Bulk(slice->Of(value->value_or(std::string_view())));
  return absl::OkStatus();
}

absl::Status RunGetRangeAlone(AloneContext& context) {
  const auto slice = ReadSlice(context.args, context.out);
  if (!slice) return absl::OkStatus();
  return ReadLatestString(context, context.args[1],
                          [&](std::optional<std::string_view> value, absl::Time) {
                            context.out.Bulk(slice->Of(value.value_or(std::string_view())));
                          });
}

bool SetRangeIsSlow(Args args) {
  constexpr int64_t kQuickOffsetMax = 1 << 20;
  return ParseInteger(args[2]).value_or(0) > kQuickOffsetMax;
}

absl::Status RunSetRange(DataContext& context) {
  const std::string_view key = context.args[1];
  const std::string_view part = context.args[3];
  const auto offset = ParseInteger(context.args[2]);
  if (!offset || *offset < 0) {
    context.out.Error(offset ? "ERR offset is out of range" : kNotAnInteger);
    return absl::OkStatus();
  }
  const auto value = ReadString(context, key);
  if (!value.ok()) return value.status();
  const std::string_view before = value->value_or(std::string_view());
  if (part.empty()) {
    context.out.Integer(static_cast<int64_t>(before.size()));
    return absl::OkStatus();
  }
  const uint64_t end = static_cast<uint64_t>(*offset) + part.size();
  if (!StringMayHold(context.server, end)) {
    context.out.Error(kStringTooLong);
    return absl::OkStatus();
  }
  std::string after(before);
  if (after.size() < end) after.resize(end);  // Zero bytes fill a gap.
  std::memcpy(after.data() + *offset, part.data(), part.size());
  const absl::Status status = context.tx.Put(key, after, {.keep_expiry = true});
  if (status.ok()) context.out.Integer(static_cast<int64_t>(after.size()));
  return status;
}

}  // namespace nacre::server
