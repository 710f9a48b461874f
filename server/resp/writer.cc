#include "server/resp/writer.h"

#include <algorithm>

namespace nacre::server {

void ReplyWriter::Line(char type, std::string_view line) {
  char* const start = out_->Reserve(line.size() + 3);
  *start = type;
  std::memcpy(start + 1, line.data(), line.size());
  start[line.size() + 1] = '\r';
  start[line.size() + 2] = '\n';
  out_->Commit(line.size() + 3);
}

void ReplyWriter::Error(std::string_view line) {
  constexpr size_t kCodeBytesMax = 32;
  ++errors_;
  const size_t code_bytes = std::min({line.find(' '), line.size(), kCodeBytesMax});
  mistakes_.push_back({out_->size(), std::string(line.substr(0, code_bytes))});
  char* const text = out_->Reserve(line.size() + 3) + 1;
  Line('-', line);
  for (size_t i = 0; i < line.size(); ++i) {
    if (text[i] == '\r' || text[i] == '\n') text[i] = ' ';
  }
}

void ReplyWriter::Map(size_t pairs) {
  if (protocol_ >= 3) {
    Number('%', static_cast<int64_t>(pairs));
  } else {
    Array(2 * pairs);
  }
}

void ReplyWriter::Set(size_t elements) {
  Number(protocol_ >= 3 ? '~' : '*', static_cast<int64_t>(elements));
}

void ReplyWriter::Verbatim(std::string_view text) {
  if (protocol_ < 3) {
    Bulk(text);
    return;
  }
  Number('=', static_cast<int64_t>(text.size() + 4));
  Raw("txt:");
  Raw(text);
  Raw("\r\n");
}

void ReplyWriter::EndArray(size_t begun_at, size_t elements) {
  char header[24];
  header[0] = '*';
  char* end = std::to_chars(header + 1, header + 22, elements).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out_->Insert(begun_at, std::string_view(header, static_cast<size_t>(end - header)));
}

}  // namespace nacre::server
