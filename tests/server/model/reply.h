#ifndef NACRE_TESTS_SERVER_MODEL_REPLY_H_
#define NACRE_TESTS_SERVER_MODEL_REPLY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nacre::server::model {

inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kSyntaxError = "ERR syntax error";

// What a server should send, byte for byte. Written apart from the server's own writer, so that
// one checks the other.
class Reply {
 public:
  explicit Reply(int protocol) : protocol_(protocol) {}

  void Simple(std::string_view line) { Line("+" + std::string(line)); }
  void Ok() { Simple("OK"); }
  void Error(std::string_view line) { Line("-" + std::string(line)); }
  void Integer(int64_t value) { Line(":" + std::to_string(value)); }
  void Bulk(std::string_view value) {
    Line("$" + std::to_string(value.size()));
    Line(value);
  }
  void Null() { Line(protocol_ == 3 ? "_" : "$-1"); }
  void BulkOrNull(const std::optional<std::string>& value) { value ? Bulk(*value) : Null(); }
  void Array(size_t elements) { Line("*" + std::to_string(elements)); }
  void Map(size_t pairs) {
    Line(protocol_ == 3 ? "%" + std::to_string(pairs) : "*" + std::to_string(2 * pairs));
  }
  void Append(const Reply& other) { bytes_ += other.bytes_; }

  int protocol() const { return protocol_; }
  const std::string& bytes() const { return bytes_; }

 private:
  void Line(std::string_view line) { bytes_.append(line).append("\r\n"); }

  int protocol_;
  std::string bytes_;
};

}  // namespace nacre::server::model

#endif  // NACRE_TESTS_SERVER_MODEL_REPLY_H_
