// The conversions that are not templates. The template ones are in the public header.

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/base/strings.h"
#include "nacre/client/errors.h"
#include "nacre/client/reply.h"

namespace nacre::client::conversion {

namespace {

constexpr std::string_view kNumbers = "number";

// "a null", "an array of 3", "a bulk string (\"abc\")".
std::string Describe(ReplyView reply) {
  constexpr size_t kShownBytesMax = 32;
  const std::string_view name = NameOf(reply.kind());
  std::string text =
      absl::StrCat(name[0] == 'a' || name[0] == 'e' || name[0] == 'i' ? "an " : "a ", ToAbsl(name));
  if (reply.is_aggregate()) {
    absl::StrAppend(&text, " of ", reply.size());
  } else if (!reply.is_null()) {
    const std::string_view shown = reply.text().substr(0, kShownBytesMax);
    absl::StrAppend(&text, " (\"", absl::CHexEscape(ToAbsl(shown)), "\"",
                    shown.size() < reply.text().size() ? "..." : "", ")");
  }
  return text;
}

// The server has done what was asked; only its answer is not what the caller thought.
absl::Status Mismatch(std::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, message, Outcome::kExecuted);
}

bool HoldsText(ReplyKind kind) {
  switch (kind) {
    case ReplyKind::kSimpleString:
    case ReplyKind::kBulkString:
    case ReplyKind::kVerbatim:
    case ReplyKind::kInteger:
    case ReplyKind::kDouble:
    case ReplyKind::kBigNumber: return true;
    default: return false;
  }
}

// One number, and nothing else. A plus sign is a part of numbers in replies.
template <typename T>
absl::Status ReadNumber(ReplyView reply, std::string_view wanted, T& value) {
  if (!HoldsText(reply.kind())) return WrongKind(reply, wanted);
  std::string_view text = reply.text();
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || at != end) return WrongKind(reply, wanted);
  if (error == std::errc::result_out_of_range) return OutOfRange(reply);
  return absl::OkStatus();
}

}  // namespace

absl::Status WrongKind(ReplyView reply, std::string_view wanted) {
  const char* const article = wanted[0] == 'a' || wanted[0] == 'i' ? "an " : "a ";
  return Mismatch(
      absl::StrCat("the reply is ", Describe(reply), ", not ", article, ToAbsl(wanted)));
}

absl::Status WrongSize(ReplyView reply, size_t wanted) {
  return Mismatch(absl::StrCat("the reply is ", Describe(reply), ", not of ", wanted));
}

absl::Status OutOfRange(ReplyView reply) {
  return Mismatch(
      absl::StrCat("the reply is ", Describe(reply), ", out of the range of the type asked for"));
}

absl::Status Read(ReplyView reply, std::string& value) {
  if (reply.kind() == ReplyKind::kBoolean) {
    value = reply.text() == "t" ? "1" : "0";
    return absl::OkStatus();
  }
  if (!HoldsText(reply.kind())) return WrongKind(reply, "string");
  value = reply.text();
  return absl::OkStatus();
}

absl::Status Read(ReplyView reply, bool& value) {
  const std::string_view text = reply.text();
  if (reply.kind() == ReplyKind::kBoolean) {
    value = text == "t";
    return absl::OkStatus();
  }
  if (!HoldsText(reply.kind()) || (text != "0" && text != "1")) return WrongKind(reply, "boolean");
  value = text == "1";
  return absl::OkStatus();
}

absl::Status Read(ReplyView reply, int64_t& value) {
  if (reply.kind() == ReplyKind::kInteger) {
    value = reply.integer();
    return absl::OkStatus();
  }
  if (reply.kind() == ReplyKind::kBoolean) {
    value = reply.text() == "t" ? 1 : 0;
    return absl::OkStatus();
  }
  return ReadNumber(reply, "integer", value);
}

absl::Status Read(ReplyView reply, uint64_t& value) {
  if (reply.kind() == ReplyKind::kInteger) {
    if (reply.integer() < 0) return OutOfRange(reply);
    value = static_cast<uint64_t>(reply.integer());
    return absl::OkStatus();
  }
  if (reply.kind() == ReplyKind::kBoolean) {
    value = reply.text() == "t" ? 1 : 0;
    return absl::OkStatus();
  }
  std::string_view text = reply.text();
  if (text.size() > 1 && text[0] == '-') {  // Refused in either case, but for the right reason.
    int64_t negative = 0;
    absl::Status status = ReadNumber(reply, "integer", negative);
    return status.ok() ? OutOfRange(reply) : status;
  }
  return ReadNumber(reply, "integer", value);
}

absl::Status Read(ReplyView reply, double& value) { return ReadNumber(reply, kNumbers, value); }

absl::Status Read(ReplyView reply, float& value) { return ReadNumber(reply, kNumbers, value); }

}  // namespace nacre::client::conversion
