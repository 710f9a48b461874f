#ifndef NACRE_CLIENT_CLI_INFO_H_
#define NACRE_CLIENT_CLI_INFO_H_

// The text of INFO, as values.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace nacre::cli {

class Info {
 public:
  Info() = default;
  // "name:value" lines; all else is passed over. Of a name that comes twice, the first counts.
  explicit Info(std::string_view text);

  std::optional<std::string> Text(std::string_view name) const;
  // nullopt: not there, or no number.
  std::optional<double> Number(std::string_view name) const;

  // All of one kind, without the prefix: of "cmdstat_", {"get", "calls=1,usec=5,..."}.
  std::map<std::string, std::string> WithPrefix(std::string_view prefix) const;

  // Keys of all databases; nullopt: the server tells nothing of keys.
  std::optional<double> Keys() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  bool has_keyspace_ = false;
};

// One of "calls=1,usec=5".
std::optional<double> FieldOf(std::string_view fields, std::string_view name);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_INFO_H_
