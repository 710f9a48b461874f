#include "tests/check/run/test/sinful_target.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/check/run/list_text.h"
#include "tests/check/run/test/turns.h"

namespace nacre::check::run {
namespace {

using Value = std::optional<std::string>;  // None: deleted.

struct Version {
  uint64_t committed = 0;
  uint32_t session = 0;
  Value value;
};

struct Store {
  Store(Sin the_sin, uint64_t seed, uint32_t the_sessions)
      : sin(the_sin), sessions(the_sessions), turns(the_sessions, seed) {}

  const Sin sin;
  const uint32_t sessions;
  Turns turns;
  // Used by whose turn it is.
  std::map<std::string, std::vector<Version>> versions;  // The oldest first.
  std::map<std::string, Value> uncommitted;
  uint64_t clock = 0;
};

constexpr uint64_t kLag = 6;

class SinfulSession final : public Session {
 public:
  SinfulSession(Store& store, uint32_t number) : store_(store), number_(number) {}
  ~SinfulSession() override {
    if (!sets_up()) store_.turns.Leave(number_);
  }

  absl::Status Begin(bool) override {
    Turn();
    begin_ = store_.clock;
    if (store_.sin == Sin::kStaleSnapshot && ++transactions_ % 2 == 0) {
      begin_ -= std::min(begin_, kLag);
    }
    writes_.clear();
    reads_.clear();
    ranges_.clear();
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> Read(std::string_view key) override {
    Turn();
    reads_.insert(std::string(key));
    return Look(std::string(key));
  }

  absl::Status ReadList(std::string_view key, std::vector<std::string>& elements) override {
    const absl::StatusOr<std::optional<std::string>> text = Read(key);
    SplitList((*text).value_or(""), elements);
    return absl::OkStatus();
  }

  absl::Status Append(std::string_view key, std::string_view element) override {
    Turn();
    return Put(std::string(key), Look(std::string(key)).value_or("") + ListElement(element));
  }
  absl::Status Write(std::string_view key, std::string_view value) override {
    Turn();
    return Put(std::string(key), std::string(value));
  }
  absl::Status Delete(std::string_view key) override {
    Turn();
    return Put(std::string(key), std::nullopt);
  }

  absl::StatusOr<std::vector<Row>> Scan(const KeyRange& range) override {
    Turn();
    ranges_.push_back(range);
    std::set<std::string> keys;
    for (const auto& [key, versions] : store_.versions) keys.insert(key);
    for (const auto& [key, value] : writes_) keys.insert(key);
    if (store_.sin == Sin::kDirtyRead) {
      for (const auto& [key, value] : store_.uncommitted) keys.insert(key);
    }
    std::vector<Row> rows;
    for (const std::string& key : keys) {
      if (!Contains(range, key)) continue;
      if (const Value value = Look(key)) rows.emplace_back(key, *value);
    }
    if (range.reverse) std::reverse(rows.begin(), rows.end());
    return rows;
  }

  CommitResult Commit() override {
    Turn();
    CommitResult result;
    if (!writes_.empty() && Conflicts()) {
      result = {.ending = Ending::kConflict, .why = "somebody was faster"};
    } else if (!writes_.empty()) {
      ++store_.clock;
      for (const auto& [key, value] : writes_) {
        store_.versions[key].push_back({store_.clock, number_, value});
      }
    }
    End();
    return result;
  }
  void Rollback() override {
    Turn();
    End();
  }
  absl::Status Remove(absl::Span<const std::string>) override { return absl::OkStatus(); }

  std::optional<uint64_t> begin_timestamp() const override { return std::nullopt; }
  void Drop() override {}
  std::optional<CommitResult> CommitAndDrop() override { return std::nullopt; }
  bool lost() const override { return false; }

 private:
  // Or cleans up.
  bool sets_up() const { return number_ >= store_.sessions; }
  void Turn() {
    if (!sets_up()) store_.turns.Take(number_);
  }
  void End() {
    for (const auto& [key, value] : writes_) store_.uncommitted.erase(key);
  }

  static bool Contains(const KeyRange& range, const std::string& key) {
    return key >= range.start && (!range.end || key < *range.end);
  }

  bool Sees(const Version& version) const {
    if (store_.sin == Sin::kMixedSnapshot) return true;
    if (store_.sin == Sin::kFork && version.session % 2 != number_ % 2) {
      return version.committed + kLag <= begin_ || version.session == store_.sessions;
    }
    return version.committed <= begin_;
  }

  Value Look(const std::string& key) const {
    if (const auto own = writes_.find(key); own != writes_.end()) return own->second;
    if (store_.sin == Sin::kDirtyRead) {
      const auto dirty = store_.uncommitted.find(key);
      if (dirty != store_.uncommitted.end()) return dirty->second;
    }
    const auto found = store_.versions.find(key);
    if (found == store_.versions.end()) return std::nullopt;
    for (auto version = found->second.rbegin(); version != found->second.rend(); ++version) {
      if (Sees(*version)) return version->value;
    }
    return std::nullopt;
  }

  absl::Status Put(std::string key, Value value) {
    store_.uncommitted[key] = value;
    writes_[std::move(key)] = std::move(value);
    return absl::OkStatus();
  }

  // Whether somebody has changed it and this transaction does not see it.
  bool Changed(const std::string& key) const {
    const auto found = store_.versions.find(key);
    return found != store_.versions.end() && found->second.back().committed > begin_;
  }
  bool Unseen(const std::string& key) const {
    const auto found = store_.versions.find(key);
    return found != store_.versions.end() && !Sees(found->second.back());
  }

  bool Conflicts() const {
    const Sin sin = store_.sin;
    for (const auto& [key, value] : writes_) {
      if (sin != Sin::kLostUpdate && (Changed(key) || Unseen(key))) return true;
    }
    for (const std::string& key : reads_) {
      const bool skips = sin == Sin::kWriteSkew || sin == Sin::kLostUpdate || sin == Sin::kFork ||
                         sin == Sin::kMixedSnapshot;
      if (!skips && Changed(key)) return true;
    }
    if (sin == Sin::kPhantom || sin == Sin::kWriteSkew || sin == Sin::kMixedSnapshot) return false;
    for (const KeyRange& range : ranges_) {
      for (const auto& [key, versions] : store_.versions) {
        if (Contains(range, key) && Changed(key)) return true;
      }
    }
    return false;
  }

  Store& store_;
  const uint32_t number_;
  uint64_t transactions_ = 0;
  uint64_t begin_ = 0;
  std::map<std::string, Value> writes_;
  std::set<std::string> reads_;
  std::vector<KeyRange> ranges_;
};

class SinfulTarget final : public Target {
 public:
  SinfulTarget(Sin sin, uint64_t seed, uint32_t sessions) : store_(sin, seed, sessions) {}

  std::string name() const override { return "a store for tests"; }
  Level promises() const override { return Level::kStrictSerializable; }
  bool has_scans(std::string&) const override { return true; }
  bool needs_yields() const override { return false; }
  bool can_lose_answers() const override { return false; }
  absl::StatusOr<std::unique_ptr<Session>> Connect() override {
    return std::make_unique<SinfulSession>(store_, connections_++);
  }

 private:
  Store store_;
  uint32_t connections_ = 0;
};

}  // namespace

std::unique_ptr<Target> MakeSinfulTarget(Sin sin, uint64_t seed, uint32_t sessions) {
  return std::make_unique<SinfulTarget>(sin, seed, sessions);
}

}  // namespace nacre::check::run
