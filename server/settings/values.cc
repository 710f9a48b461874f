// Reading the values of settings. What is wrong with one is said in Redis's words, which clients
// and test suites compare.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/settings/spec.h"

namespace nacre::server {

namespace {

constexpr double kNanosPerSecond = 1e9;
constexpr std::string_view kNoInteger = "argument couldn't be parsed into an integer";
constexpr std::string_view kNoMemory = "argument must be a memory value";

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// "1024", "1k" (1000), "1kb" (1024). nullopt also if it does not fit.
std::optional<uint64_t> ParseBytes(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  uint64_t count = 0;
  if (!absl::SimpleAtoi(ToAbsl(text.substr(0, digits)), &count)) return std::nullopt;
  const std::string unit = AsciiLower(text.substr(digits));
  static constexpr std::pair<std::string_view, uint64_t> kUnits[] = {
      {"", 1},         {"b", 1},        {"k", 1000},         {"kb", 1 << 10},
      {"m", 1000'000}, {"mb", 1 << 20}, {"g", 1000'000'000}, {"gb", 1 << 30},
  };
  for (const auto& [name, bytes] : kUnits) {
    if (unit != name) continue;
    if (count > std::numeric_limits<uint64_t>::max() / bytes) return std::nullopt;
    return count * bytes;
  }
  return std::nullopt;
}

std::string Between(const SettingSpec& spec) {
  return absl::StrCat("argument must be between ", spec.min, " and ", spec.max, " inclusive");
}

std::optional<std::string> ReadYesNo(std::string_view value, std::string& mistake) {
  if (EqualsIgnoringCase(value, "yes")) return "yes";
  if (EqualsIgnoringCase(value, "no")) return "no";
  mistake = "argument must be 'yes' or 'no'";
  return std::nullopt;
}

std::optional<std::string> ReadInteger(const SettingSpec& spec, std::string_view value,
                                       std::string& mistake) {
  const auto number = ParseInteger(value);
  if (!number) {
    mistake = kNoInteger;
  } else if (*number < spec.min || *number > spec.max) {
    mistake = Between(spec);
  } else {
    return std::string(value);
  }
  return std::nullopt;
}

std::optional<std::string> ReadBytes(const SettingSpec& spec, std::string_view value,
                                     std::string& mistake) {
  const auto bytes = ParseBytes(value);
  if (!bytes) {
    mistake = kNoMemory;
  } else if (*bytes < static_cast<uint64_t>(spec.min) || *bytes > static_cast<uint64_t>(spec.max)) {
    mistake = Between(spec);
  } else {
    return absl::StrCat(*bytes);
  }
  return std::nullopt;
}

std::optional<std::string> ReadSeconds(std::string_view value, std::string& mistake) {
  constexpr double kSecondsMax = std::numeric_limits<int32_t>::max();
  double seconds = 0;
  if (value.size() > kIntegerDigitsMax || !absl::SimpleAtod(ToAbsl(value), &seconds) ||
      std::isnan(seconds)) {
    mistake = kNoInteger;
  } else if (seconds < 0 || seconds > kSecondsMax) {
    mistake = absl::StrCat("argument must be between 0 and ", std::numeric_limits<int32_t>::max(),
                           " inclusive");
  } else {
    return ShortestDecimal(seconds);
  }
  return std::nullopt;
}

std::optional<std::string> ReadChoices(const SettingSpec& spec, std::string_view value,
                                       std::string& mistake) {
  const std::vector<std::string_view> choices = Words(spec.choices);
  const std::vector<std::string_view> given =
      spec.kind == SettingKind::kChoices ? Words(value) : std::vector<std::string_view>{value};
  std::vector<bool> chosen(choices.size());
  bool known = !given.empty();
  for (const std::string_view word : given) {
    const auto found = std::find_if(choices.begin(), choices.end(), [&](std::string_view choice) {
      return EqualsIgnoringCase(word, choice);
    });
    known = known && found != choices.end();
    if (known) chosen[static_cast<size_t>(found - choices.begin())] = true;
  }
  // Of several, the first is the one that stands for none.
  if (known && chosen[0] && given.size() > 1) known = false;
  std::string shown;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (known && !chosen[i]) continue;
    absl::StrAppend(&shown, shown.empty() ? "" : known ? " " : ", ", ToAbsl(choices[i]));
  }
  if (known) return shown;
  mistake = absl::StrCat("argument(s) must be one of the following: ", shown);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ReadSetting(const SettingSpec& spec, std::string_view value,
                                       std::string_view current, std::string& mistake) {
  if (spec.read != nullptr) return spec.read(value, current, mistake);
  switch (spec.kind) {
    case SettingKind::kYesNo: return ReadYesNo(value, mistake);
    case SettingKind::kInteger: return ReadInteger(spec, value, mistake);
    case SettingKind::kBytes: return ReadBytes(spec, value, mistake);
    case SettingKind::kSeconds: return ReadSeconds(value, mistake);
    case SettingKind::kChoice:
    case SettingKind::kChoices: return ReadChoices(spec, value, mistake);
    case SettingKind::kText: break;
  }
  return std::string(value);
}

uint64_t LiveValueOf(const SettingSpec& spec, std::string_view shown) {
  if (spec.kind == SettingKind::kSeconds) {
    double seconds = 0;
    (void)absl::SimpleAtod(ToAbsl(shown), &seconds);
    // Zero stands for no limit: what is not zero must not become that.
    return static_cast<uint64_t>(std::ceil(seconds * kNanosPerSecond));
  }
  if (spec.kind == SettingKind::kChoice) {
    const std::vector<std::string_view> choices = Words(spec.choices);
    const auto found = std::find(choices.begin(), choices.end(), shown);
    return static_cast<uint64_t>(found - choices.begin());
  }
  uint64_t number = 0;
  (void)absl::SimpleAtoi(ToAbsl(shown), &number);
  return number;
}

// "3600 1 300 100": after so many seconds if there were so many changes.
std::optional<std::string> ReadSaveRules(std::string_view value, std::string_view,
                                         std::string& mistake) {
  const std::vector<std::string_view> words = Words(value);
  std::string shown;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto number = ParseInteger(words[i]);
    const int64_t least = i % 2 == 0 ? 1 : 0;
    if (!number || *number < least || words.size() % 2 != 0) {
      mistake = "Invalid save parameters";
      return std::nullopt;
    }
    absl::StrAppend(&shown, shown.empty() ? "" : " ", *number);
  }
  return shown;
}

// "KEA": which events are told to whom. Shown in one order, with A for all the classes that it
// stands for.
std::optional<std::string> ReadEventClasses(std::string_view value, std::string_view,
                                            std::string& mistake) {
  constexpr std::string_view kAll = "g$lshzxetd";
  constexpr std::string_view kOthers = "KEmn";
  if (value.find_first_not_of("AKEg$lshzxetdmn") != std::string_view::npos) {
    mistake = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
    return std::nullopt;
  }
  const bool every = value.find('A') != std::string_view::npos;
  std::string classes;
  for (const char c : kAll) {
    if (every || value.find(c) != std::string_view::npos) classes.push_back(c);
  }
  if (classes == kAll) classes = "A";
  for (const char c : kOthers) {
    if (value.find(c) != std::string_view::npos) classes.push_back(c);
  }
  return classes;
}

// "normal 0 0 0 pubsub 32mb 8mb 60": some of the classes, each with a hard limit, a soft limit and
// its seconds. A class that is not named keeps its limits.
std::optional<std::string> ReadOutputLimits(std::string_view value, std::string_view current,
                                            std::string& mistake) {
  const std::vector<std::string_view> words = Words(value);
  if (words.size() % 4 != 0) {
    mistake = "Wrong number of arguments in buffer limit configuration.";
    return std::nullopt;
  }
  std::vector<std::string> limits;  // As `current`: four words a class.
  for (const std::string_view word : Words(current)) limits.emplace_back(word);
  for (size_t i = 0; i < words.size(); i += 4) {
    const std::string name = AsciiLower(words[i]) == "replica" ? "slave" : AsciiLower(words[i]);
    const auto found = std::find(limits.begin(), limits.end(), name);
    if (found == limits.end() || ParseInteger(name)) {
      mistake = "Invalid client class specified in buffer limit configuration.";
      return std::nullopt;
    }
    const auto hard = ParseBytes(words[i + 1]);
    const auto soft = ParseBytes(words[i + 2]);
    const auto seconds = ParseInteger(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      mistake = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
      return std::nullopt;
    }
    found[1] = absl::StrCat(*hard);
    found[2] = absl::StrCat(*soft);
    found[3] = absl::StrCat(*seconds);
  }
  return absl::StrJoin(limits, " ");
}

// "100mb", or "5%".
std::optional<std::string> ReadClientMemory(std::string_view value, std::string_view,
                                            std::string& mistake) {
  if (const auto bytes = ParseBytes(value)) return absl::StrCat(*bytes);
  const bool percent = value.size() > 1 && value.back() == '%';
  const auto share = percent ? ParseInteger(value.substr(0, value.size() - 1)) : std::nullopt;
  if (!share || *share < 0) {
    mistake = "argument must be a memory or percent value";
  } else if (*share > 100) {
    mistake = "percentage argument must be less or equal to 100";
  } else {
    return *share == 0 ? "0" : std::string(value);
  }
  return std::nullopt;
}

std::optional<std::string> ReadPercentiles(std::string_view value, std::string_view,
                                           std::string& mistake) {
  std::string shown;
  for (const std::string_view word : Words(value)) {
    double percentile = 0;
    if (!absl::SimpleAtod(ToAbsl(word), &percentile) || std::isnan(percentile)) {
      mistake = "Invalid latency-tracking-info-percentiles parameters";
      return std::nullopt;
    }
    if (percentile < 0 || percentile > 100) {
      mistake = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
      return std::nullopt;
    }
    absl::StrAppend(&shown, shown.empty() ? "" : " ", ShortestDecimal(percentile));
  }
  return shown;
}

std::optional<std::string> ReadOomScores(std::string_view value, std::string_view,
                                         std::string& mistake) {
  const std::vector<std::string_view> words = Words(value);
  if (words.size() != 3) {
    mistake = "wrong number of arguments";
    return std::nullopt;
  }
  std::string shown;
  for (const std::string_view word : words) {
    const auto score = ParseInteger(word);
    if (!score || *score < -2000 || *score > 2000) {
      mistake = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
      return std::nullopt;
    }
    absl::StrAppend(&shown, shown.empty() ? "" : " ", *score);
  }
  return shown;
}

}  // namespace nacre::server
