#include "server/settings/settings.h"

#include <unistd.h>

#include <algorithm>
#include <climits>

#include "absl/strings/str_cat.h"
#include "server/base/numbers.h"
#include "server/base/text.h"

namespace nacre::server {

namespace {

// 0 stands for no limit.
std::string Seconds(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "0";
  return ShortestDecimal(absl::ToDoubleSeconds(duration));
}

std::string WorkingDirectory() {
  char path[PATH_MAX];
  return getcwd(path, sizeof(path)) == nullptr ? "" : path;
}

std::string Failed(std::string_view name, std::string_view mistake) {
  return absl::StrCat("ERR CONFIG SET failed (possibly related to argument '", ToAbsl(name),
                      "') - ", ToAbsl(mistake));
}

// As long for a wrong password as for the right one, and wherever it is wrong.
bool EqualsInConstantTime(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^
                  static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  }
  return difference == 0;
}

}  // namespace

Settings::Settings(const ServerOptions& options) {
  MutexLock lock(mutex_);
  for (const SettingSpec& spec : EffectiveSettings()) {
    settings_.push_back({&spec, std::string(spec.initial)});
  }
  for (const SettingSpec& spec : AcceptedSettings()) {
    settings_.push_back({&spec, std::string(spec.initial)});
  }
  std::sort(settings_.begin(), settings_.end(),
            [](const Setting& a, const Setting& b) { return a.spec->name < b.spec->name; });
  const bool serializable = options.default_isolation == Isolation::kSerializable;
  const std::pair<std::string_view, std::string> given[] = {
      {"bind", options.bind},
      {"client-query-buffer-limit", absl::StrCat(options.request.request_bytes_max)},
      {"databases", absl::StrCat(options.databases)},
      {"default-isolation", serializable ? "serializable" : "snapshot"},
      {"dir", WorkingDirectory()},
      {"maxclients", absl::StrCat(options.clients_max)},
      {"maxmemory", absl::StrCat(options.memory_bytes_max)},
      {"multi-bytes-max", absl::StrCat(options.multi_bytes_max)},
      {"output-bytes-max", absl::StrCat(options.output_bytes_max)},
      {"proto-max-bulk-len", absl::StrCat(options.request.bulk_bytes_max)},
      {"reply-bytes-max", absl::StrCat(options.reply_bytes_max)},
      {"requirepass", options.password},
      {"scan-cursor-bytes-max", absl::StrCat(options.scan_cursor_bytes_max)},
      {"scan-cursors-max", absl::StrCat(options.scan_cursors_max)},
      {"shutdown-timeout", Seconds(options.shutdown_timeout)},
      {"slow-threads", absl::StrCat(options.slow_threads)},
      {"timeout", Seconds(options.client_idle_timeout)},
      {"transaction-age-max", Seconds(options.transaction_age_max)},
      {"transaction-bytes-max", absl::StrCat(options.transaction_bytes_max)},
      {"transaction-idle-timeout", Seconds(options.transaction_idle_timeout)},
  };
  for (const auto& [name, value] : given) Store(*Find(name), value);
}

Settings::Setting* Settings::Find(std::string_view name) {
  for (Setting& setting : settings_) {
    if (EqualsIgnoringCase(name, setting.spec->name) ||
        (!setting.spec->alias.empty() && EqualsIgnoringCase(name, setting.spec->alias))) {
      return &setting;
    }
  }
  return nullptr;
}

void Settings::Store(Setting& setting, std::string value) {
  setting.value = std::move(value);
  if (setting.spec->live != nullptr) {
    (live_.*setting.spec->live)
        .store(LiveValueOf(*setting.spec, setting.value), std::memory_order_relaxed);
  }
  if (setting.spec->name == "requirepass") {
    password_ = setting.value;
    has_password_.store(!password_.empty(), std::memory_order_release);
  }
  live_.version.fetch_add(1, std::memory_order_release);
}

std::vector<std::pair<std::string, std::string>> Settings::Matching(
    absl::Span<const std::string_view> patterns) const {
  std::vector<std::pair<std::string, std::string>> matching;
  const auto add = [&](const Setting& setting, std::string_view name) {
    if (name.empty()) return;
    for (const std::string_view pattern : patterns) {
      const bool matches = setting.spec->Has(kHidden)
                               ? EqualsIgnoringCase(pattern, name)
                               : MatchesGlob(pattern, name, /*ignore_case=*/true);
      if (!matches) continue;
      matching.emplace_back(name, setting.value);
      return;
    }
  };
  MutexLock lock(mutex_);
  for (const Setting& setting : settings_) {
    add(setting, setting.spec->name);
    add(setting, setting.spec->alias);
  }
  return matching;
}

std::string Settings::Set(absl::Span<const std::string_view> pairs) {
  // Held until on_change_ has run: of two changes, the later one is also applied later.
  MutexLock change_lock(change_mutex_);
  {
    MutexLock lock(mutex_);
    std::vector<std::pair<Setting*, std::string>> changes;
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
      Setting* const setting = Find(pairs[i]);
      if (setting == nullptr) {
        return absl::StrCat("ERR Unknown option or number of arguments for CONFIG SET - '",
                            ToAbsl(pairs[i].substr(0, 128)), "'");
      }
      if (setting->spec->Has(kImmutable)) return Failed(pairs[i], "can't set immutable config");
      if (setting->spec->Has(kProtected)) return Failed(pairs[i], "can't set protected config");
      for (const auto& change : changes) {
        if (change.first == setting) return Failed(pairs[i], "duplicate parameter");
      }
      changes.emplace_back(setting, pairs[i + 1]);
    }
    for (auto& [setting, value] : changes) {
      std::string mistake;
      auto shown = ReadSetting(*setting->spec, value, setting->value, mistake);
      if (shown && setting->spec->Has(kFixed) && *shown != setting->value) {
        shown.reset();
        mistake = setting->spec->refusal;
      }
      if (!shown) return Failed(setting->spec->name, mistake);
      value = std::move(*shown);
    }
    for (auto& [setting, value] : changes) Store(*setting, std::move(value));
  }
  if (on_change_) on_change_();
  return {};
}

void Settings::SetAtStart(std::string_view name, std::string value) {
  MutexLock lock(mutex_);
  Store(*Find(name), std::move(value));
}

bool Settings::IsPassword(std::string_view password) const {
  MutexLock lock(mutex_);
  return password_.empty() || EqualsInConstantTime(password, password_);
}

}  // namespace nacre::server
