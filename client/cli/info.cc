#include "client/cli/info.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

bool IsDatabase(std::string_view name) {
  return name.size() > 2 && name.starts_with("db") &&
         name.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

}  // namespace

Info::Info(std::string_view text) {
  for (const absl::string_view raw : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::string_view line = ToStd(absl::StripTrailingAsciiWhitespace(raw));
    if (line == "# Keyspace") has_keyspace_ = true;
    const size_t colon = line.find(':');
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    values_.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
}

std::optional<std::string> Info::Text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<double> Info::Number(std::string_view name) const {
  const auto found = values_.find(name);
  double value = 0;
  if (found == values_.end() || !absl::SimpleAtod(found->second, &value)) return std::nullopt;
  return value;
}

std::map<std::string, std::string> Info::WithPrefix(std::string_view prefix) const {
  std::map<std::string, std::string> found;
  for (auto place = values_.lower_bound(prefix);
       place != values_.end() && place->first.starts_with(prefix); ++place) {
    found.emplace(place->first.substr(prefix.size()), place->second);
  }
  return found;
}

std::optional<double> Info::Keys() const {
  if (!has_keyspace_) return std::nullopt;
  double keys = 0;
  for (auto place = values_.lower_bound("db");
       place != values_.end() && place->first.starts_with("db"); ++place) {
    if (IsDatabase(place->first)) keys += FieldOf(place->second, "keys").value_or(0);
  }
  return keys;
}

std::optional<double> FieldOf(std::string_view fields, std::string_view name) {
  for (const absl::string_view raw : absl::StrSplit(ToAbsl(fields), ',')) {
    const std::string_view field = ToStd(raw);
    double value = 0;
    if (field.size() > name.size() && field.starts_with(name) && field[name.size()] == '=' &&
        absl::SimpleAtod(ToAbsl(field.substr(name.size() + 1)), &value)) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace nacre::cli
