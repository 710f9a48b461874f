#ifndef NACRE_SERVER_RESP_WRITER_H_
#define NACRE_SERVER_RESP_WRITER_H_

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/byte_buffer.h"

namespace nacre::server {

// Appends replies in RESP2 or RESP3 to a buffer. A method per type of reply; where RESP2 has no
// such type, what Redis sends there.
//
// Thread-compatible. Does not own the buffer.
class ReplyWriter {
 public:
  explicit ReplyWriter(ByteBuffer& out) : out_(&out) {}

  int protocol() const { return protocol_; }
  void set_protocol(int version) { protocol_ = version; }

  // Goes on in another buffer.
  void Redirect(ByteBuffer& out) { out_ = &out; }

  void Ok() { Raw("+OK\r\n"); }
  void Simple(std::string_view line) { Line('+', line); }
  // The whole line, code first: "ERR syntax error". Line ends in it become blanks, as they would
  // end the reply.
  void Error(std::string_view line);
  void Integer(int64_t value) { Number(':', value); }
  void Bulk(std::string_view bytes);
  void Null() { Raw(protocol_ >= 3 ? "_\r\n" : "$-1\r\n"); }
  // Null where an array was expected, which RESP2 spells in its own way.
  void NullArray() { Raw(protocol_ >= 3 ? "_\r\n" : "*-1\r\n"); }
  void Array(size_t elements) { Number('*', static_cast<int64_t>(elements)); }
  // `pairs` keys, each followed by its value.
  void Map(size_t pairs);
  void Set(size_t elements);
  // Plain text for a person to read.
  void Verbatim(std::string_view text);

  // An array whose number of elements is known only at its end.
  size_t BeginArray() const { return out_->size(); }
  void EndArray(size_t begun_at, size_t elements);

  size_t Mark() const { return out_->size(); }
  // Takes back everything that was written since Mark() was `mark`.
  void RollbackTo(size_t mark) {
    out_->Truncate(mark);
    while (!mistakes_.empty() && mistakes_.back().offset >= mark) [[unlikely]] {
        mistakes_.pop_back();
        --errors_;
      }
  }

  // Error replies so far that were not taken back.
  uint64_t errors() const { return errors_; }
  // Calls `visit` with the first word of each error reply since the last call. From then on they
  // count even if they are taken back.
  template <typename Visit>
  void TakeMistakes(Visit visit) {
    for (const Mistake& mistake : mistakes_) visit(std::string_view(mistake.code));
    mistakes_.clear();
    if (mistakes_.capacity() > kMistakesKept) [[unlikely]]
      mistakes_.shrink_to_fit();
  }

 private:
  static constexpr size_t kMistakesKept = 64;
  struct Mistake {
    size_t offset;
    std::string code;
  };

  void Raw(std::string_view bytes) { out_->Append(bytes); }
  void Line(char type, std::string_view line);
  void Number(char type, int64_t value) {
    char* const start = out_->Reserve(24);
    *start = type;
    char* end = start + 1;
    if (value >= 0 && value < 10) {
      *end++ = static_cast<char>('0' + value);
    } else {
      end = std::to_chars(end, start + 22, value).ptr;
    }
    *end++ = '\r';
    *end++ = '\n';
    out_->Commit(static_cast<size_t>(end - start));
  }

  ByteBuffer* out_;
  int protocol_ = 2;
  uint64_t errors_ = 0;
  std::vector<Mistake> mistakes_;
};

inline void ReplyWriter::Bulk(std::string_view bytes) {
  char* const start = out_->Reserve(bytes.size() + 32);
  *start = '$';
  char* end = std::to_chars(start + 1, start + 24, bytes.size()).ptr;
  *end++ = '\r';
  *end++ = '\n';
  if (!bytes.empty()) std::memcpy(end, bytes.data(), bytes.size());
  end += bytes.size();
  *end++ = '\r';
  *end++ = '\n';
  out_->Commit(static_cast<size_t>(end - start));
}

}  // namespace nacre::server

#endif  // NACRE_SERVER_RESP_WRITER_H_
