#ifndef NACRE_SERVER_SETTINGS_SPEC_H_
#define NACRE_SERVER_SETTINGS_SPEC_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace nacre::server {

// Settings that may change while commands run. Relaxed: each is a number of its own, and a stale
// one is a command that came a moment earlier.
struct LiveSettings {
  std::atomic<uint64_t> clients_max{0};
  std::atomic<uint64_t> memory_bytes_max{0};  // 0: no bound.
  std::atomic<uint64_t> bulk_bytes_max{0};
  std::atomic<uint64_t> request_bytes_max{0};
  std::atomic<uint64_t> output_bytes_max{0};
  std::atomic<uint64_t> reply_bytes_max{0};
  std::atomic<uint64_t> multi_bytes_max{0};
  std::atomic<uint64_t> default_isolation{0};  // The position among the choices.
  // Nanoseconds. 0: no limit.
  std::atomic<uint64_t> client_idle_nanos{0};
  std::atomic<uint64_t> transaction_idle_nanos{0};
  std::atomic<uint64_t> transaction_age_nanos{0};
  std::atomic<uint64_t> shutdown_nanos{0};
  // Counts changes of any of them.
  std::atomic<uint64_t> version{0};
};

enum class SettingKind : uint8_t {
  kYesNo,
  kInteger,
  kBytes,    // "4096", "64kb", "1gb"
  kSeconds,  // "90", "0.25"; 0 is no limit.
  kChoice,   // One of `choices`.
  kChoices,  // Some of them.
  kText,
};

enum SettingFlags : uint32_t {
  kImmutable = 1 << 0,  // As in Redis: no CONFIG SET at all.
  kFixed = 1 << 1,      // CONFIG SET takes the value that it has.
  kProtected = 1 << 2,  // A client must not move the server's files.
  kHidden = 1 << 3,     // Shown if asked for by its name.
};

// Reads a value that has a form of its own: how it is shown from now on; or nullopt and what is
// wrong. `current` is how it has been shown.
using SettingReader = std::optional<std::string> (*)(std::string_view value,
                                                     std::string_view current,
                                                     std::string& mistake);

// All that is known of one setting. CONFIG and the list in docs/COMMANDS.md come from it.
struct SettingSpec {
  std::string_view name = {};
  SettingKind kind = SettingKind::kText;
  std::string_view initial = {};  // As CONFIG GET shows it.
  uint32_t flags = 0;
  std::string_view alias = {};
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  std::string_view choices = {};  // Parted by blanks.
  SettingReader read = nullptr;
  std::atomic<uint64_t> LiveSettings::*live = nullptr;
  // Of a fixed one: why another value is refused.
  std::string_view refusal = {};
  // What it does, in a sentence. Empty: it is accepted, and means nothing here.
  std::string_view effect = {};

  bool Has(uint32_t flag) const { return (flags & flag) != 0; }
};

// Each part is in alphabetical order.
absl::Span<const SettingSpec> EffectiveSettings();
absl::Span<const SettingSpec> AcceptedSettings();

// values.cc
// How the value is shown from now on; or nullopt and what is wrong, in Redis's words.
std::optional<std::string> ReadSetting(const SettingSpec& spec, std::string_view value,
                                       std::string_view current, std::string& mistake);
// What `live` holds for a value that ReadSetting() has made.
uint64_t LiveValueOf(const SettingSpec& spec, std::string_view shown);
std::optional<std::string> ReadSaveRules(std::string_view value, std::string_view current,
                                         std::string& mistake);
std::optional<std::string> ReadEventClasses(std::string_view value, std::string_view current,
                                            std::string& mistake);
std::optional<std::string> ReadOutputLimits(std::string_view value, std::string_view current,
                                            std::string& mistake);
std::optional<std::string> ReadClientMemory(std::string_view value, std::string_view current,
                                            std::string& mistake);
std::optional<std::string> ReadPercentiles(std::string_view value, std::string_view current,
                                           std::string& mistake);
std::optional<std::string> ReadOomScores(std::string_view value, std::string_view current,
                                         std::string& mistake);

}  // namespace nacre::server

#endif  // NACRE_SERVER_SETTINGS_SPEC_H_
