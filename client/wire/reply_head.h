#ifndef NACRE_CLIENT_WIRE_REPLY_HEAD_H_
#define NACRE_CLIENT_WIRE_REPLY_HEAD_H_

// The first byte of a reply, and what its first line says.

#include <array>
#include <cstddef>
#include <cstdint>

#include "nacre/client/reply.h"

namespace nacre::client::wire {

enum class Shape : uint8_t {
  kNone,        // No reply begins so.
  kLine,        // The content is the line.
  kInteger,     // The line is a number, and that is all.
  kBulk,        // The line is the length of what follows it.
  kElements,    // The line is the number of elements that follow it.
  kPairs,       // Half that number.
  kAttributes,  // The same, and then comes the reply itself.
};

struct Mark {
  Shape shape = Shape::kNone;
  ReplyKind kind = ReplyKind::kNull;
};

namespace internal {

constexpr std::array<Mark, 256> MakeMarks() {
  std::array<Mark, 256> marks{};
  marks['+'] = {Shape::kLine, ReplyKind::kSimpleString};
  marks['-'] = {Shape::kLine, ReplyKind::kError};
  marks[':'] = {Shape::kInteger, ReplyKind::kInteger};
  marks['$'] = {Shape::kBulk, ReplyKind::kBulkString};
  marks['*'] = {Shape::kElements, ReplyKind::kArray};
  marks['_'] = {Shape::kLine, ReplyKind::kNull};
  marks[','] = {Shape::kLine, ReplyKind::kDouble};
  marks['#'] = {Shape::kLine, ReplyKind::kBoolean};
  marks['('] = {Shape::kLine, ReplyKind::kBigNumber};
  marks['!'] = {Shape::kBulk, ReplyKind::kError};
  marks['='] = {Shape::kBulk, ReplyKind::kVerbatim};
  marks['%'] = {Shape::kPairs, ReplyKind::kMap};
  marks['~'] = {Shape::kElements, ReplyKind::kSet};
  marks['>'] = {Shape::kElements, ReplyKind::kPush};
  marks['|'] = {Shape::kAttributes, ReplyKind::kMap};
  return marks;
}
inline constexpr std::array<Mark, 256> kMarks = MakeMarks();

}  // namespace internal

inline Mark MarkOf(char byte) { return internal::kMarks[static_cast<unsigned char>(byte)]; }

// The content of a verbatim string begins with its type and a colon ("txt:").
inline constexpr size_t kVerbatimTypeBytes = 4;
inline constexpr size_t kLineEndBytes = 2;

// "_\r\n"
inline constexpr size_t kReplyBytesMin = 3;

// A reply as far as its first line tells.
struct ReplyHead {
  ReplyKind kind = ReplyKind::kNull;
  uint32_t header_bytes = 0;  // Up to the content.
  int64_t number = 0;         // The value, the bytes of the text, or the number of elements.
};

}  // namespace nacre::client::wire

#endif  // NACRE_CLIENT_WIRE_REPLY_HEAD_H_
