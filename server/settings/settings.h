#ifndef NACRE_SERVER_SETTINGS_SETTINGS_H_
#define NACRE_SERVER_SETTINGS_SETTINGS_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nacre/types.h"
#include "server/base/mutex.h"
#include "server/options.h"
#include "server/settings/spec.h"

namespace nacre::server {

// The settings of a running server. Thread-safe. Reading one that commands need is one relaxed
// load.
class Settings {
 public:
  // As the command line says. `on_change` is called after each change, by who made it.
  explicit Settings(const ServerOptions& options);
  void set_on_change(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  // --- For CONFIG ---
  // Names and values, in the order of the names, of those that match one of the patterns. Aliases
  // are names of their own.
  std::vector<std::pair<std::string, std::string>> Matching(
      absl::Span<const std::string_view> patterns) const;
  // name, value, name, value ... All or nothing. Empty, or the error.
  std::string Set(absl::Span<const std::string_view> pairs);
  // A value that is known only once the server runs.
  void SetAtStart(std::string_view name, std::string value);

  // --- For everything else ---
  uint64_t clients_max() const { return Load(live_.clients_max); }
  uint64_t memory_bytes_max() const { return Load(live_.memory_bytes_max); }
  uint64_t bulk_bytes_max() const { return Load(live_.bulk_bytes_max); }
  uint64_t request_bytes_max() const { return Load(live_.request_bytes_max); }
  uint64_t output_bytes_max() const { return Load(live_.output_bytes_max); }
  uint64_t reply_bytes_max() const { return Load(live_.reply_bytes_max); }
  uint64_t multi_bytes_max() const { return Load(live_.multi_bytes_max); }
  Isolation default_isolation() const {
    return Load(live_.default_isolation) == 0 ? Isolation::kSnapshot : Isolation::kSerializable;
  }
  absl::Duration client_idle_timeout() const { return Limit(live_.client_idle_nanos); }
  absl::Duration transaction_idle_timeout() const { return Limit(live_.transaction_idle_nanos); }
  absl::Duration transaction_age_max() const { return Limit(live_.transaction_age_nanos); }
  absl::Duration shutdown_timeout() const { return Limit(live_.shutdown_nanos); }
  // Grows with each change.
  uint64_t version() const { return live_.version.load(std::memory_order_acquire); }

  bool has_password() const { return has_password_.load(std::memory_order_acquire); }
  // True also if there is none.
  bool IsPassword(std::string_view password) const;

 private:
  struct Setting {
    const SettingSpec* spec;
    std::string value;
  };

  static uint64_t Load(const std::atomic<uint64_t>& value) {
    return value.load(std::memory_order_relaxed);
  }
  static absl::Duration Limit(const std::atomic<uint64_t>& nanos) {
    const uint64_t limit = Load(nanos);
    return limit == 0 ? absl::InfiniteDuration() : absl::Nanoseconds(static_cast<int64_t>(limit));
  }

  Setting* Find(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Store(Setting& setting, std::string value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex change_mutex_;  // Of Set(), taken before mutex_.
  mutable Mutex mutex_;
  std::vector<Setting> settings_ ABSL_GUARDED_BY(mutex_);  // By name.
  std::string password_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> has_password_{false};
  LiveSettings live_;
  std::function<void()> on_change_;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_SETTINGS_SETTINGS_H_
