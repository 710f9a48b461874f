#ifndef NACRE_TESTS_CHECK_RUN_WRITTEN_KEYS_H_
#define NACRE_TESTS_CHECK_RUN_WRITTEN_KEYS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

namespace nacre::check::run {

// The names of the keys that a run has written and not yet removed, each once, by the stretch in
// which that was. Thread-safe.
//
// BOUNDED-KEYS. As long as the target lets them be removed, it holds the keys of the stretches in
// use and of at most kStretchesPerRemoval + kStretchesOfGrace before them, and so many names are
// kept. What it does not let go of comes back, and is tried again, each time twice as many
// stretches later. Who has refused kRefusalsMax times in a row is not asked again while the run
// goes on, and the names of old stretches are let go of from then on, so that there are not more
// and more.
class WrittenKeys {
 public:
  using Names = std::unordered_set<std::string>;

  static constexpr uint32_t kRefusalsMax = 10;

  void Add(uint64_t stretch, Names&& names) {
    const std::lock_guard lock(mutex_);
    stretches_[stretch].merge(names);
  }
  // What TakeOld() gave could not be removed, when `oldest` was the oldest stretch.
  void Refused(uint64_t oldest, std::map<uint64_t, Names>&& old) {
    const std::lock_guard lock(mutex_);
    for (auto& [stretch, names] : old) stretches_[stretch].merge(names);
    if (refusals_ < kRefusalsMax) ++refusals_;
    next_removal_ = refusals_ < kRefusalsMax ? oldest + (uint64_t{1} << refusals_) : 0;
  }
  // It could.
  void Removed() {
    const std::lock_guard lock(mutex_);
    refusals_ = 0;
  }
  // How many keys nobody is going to remove.
  uint64_t forgotten() const {
    const std::lock_guard lock(mutex_);
    return forgotten_;
  }
  // What nobody comes back to, if it is enough to be worth a removal. Nobody else gets it then.
  // Precondition: no session is, or comes again, to a stretch before `oldest`.
  std::map<uint64_t, Names> TakeOld(uint64_t oldest) {
    std::map<uint64_t, Names> old;
    const std::lock_guard lock(mutex_);
    if (stretches_.empty() ||
        stretches_.begin()->first + kStretchesOfGrace + kStretchesPerRemoval > oldest ||
        oldest < next_removal_) {
      return old;
    }
    const auto end = stretches_.lower_bound(oldest - kStretchesOfGrace);
    if (refusals_ == kRefusalsMax) {
      for (auto it = stretches_.begin(); it != end; ++it) forgotten_ += it->second.size();
      stretches_.erase(stretches_.begin(), end);
      return old;
    }
    while (stretches_.begin() != end) old.insert(stretches_.extract(stretches_.begin()));
    return old;
  }
  std::vector<std::string> All() const {
    const std::lock_guard lock(mutex_);
    return NamesOf(stretches_);
  }
  static std::vector<std::string> NamesOf(const std::map<uint64_t, Names>& stretches) {
    std::vector<std::string> names;
    for (const auto& [stretch, written] : stretches) {
      names.insert(names.end(), written.begin(), written.end());
    }
    return names;
  }

 private:
  // So that keys are not removed one by one.
  static constexpr uint64_t kStretchesPerRemoval = 16;
  // Behind the oldest stretch: a commit whose answer was lost may take place a little later.
  static constexpr uint64_t kStretchesOfGrace = 2;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<uint64_t, Names> stretches_;
  uint32_t refusals_ = 0;  // In a row.
  uint64_t next_removal_ = 0;
  uint64_t forgotten_ = 0;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_WRITTEN_KEYS_H_
