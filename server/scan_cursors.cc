#include "server/scan_cursors.h"

#include <iterator>
#include <random>

#include "absl/strings/str_cat.h"

namespace nacre::server {

namespace {

constexpr uint64_t kNumbers = uint64_t{1} << 53;
// Odd, so that multiplying by it visits every number once.
constexpr uint64_t kStride = 0x9E3779B97F4A7C15u;

uint64_t RandomStart() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

}  // namespace

ScanCursors::ScanCursors(size_t cursors_max, size_t bytes_max)
    : cursors_max_(cursors_max), bytes_max_(bytes_max), counter_(RandomStart()) {}

uint64_t ScanCursors::NextNumber() {
  uint64_t number = 0;
  // 0 is both ends of a scan.
  while (number == 0) number = ++counter_ * kStride % kNumbers;
  return number;
}

ScanCursors::List::iterator* ScanCursors::Look(uint64_t number) {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : &found->second;
}

void ScanCursors::MoveToEnd(List::iterator cursor, bool passed) {
  List& from = cursor->passed ? passed_ : current_;
  List& to = passed ? passed_ : current_;
  to.splice(to.end(), from, cursor);
  cursor->passed = passed;
}

void ScanCursors::Pass(uint64_t number) {
  List::iterator* const cursor = Look(number);
  if (cursor != nullptr && !(*cursor)->passed) MoveToEnd(*cursor, /*passed=*/true);
}

void ScanCursors::EvictOldest(List& evicted) {
  List& from = passed_.empty() ? current_ : passed_;
  bytes_ -= from.front().bytes();
  by_number_.erase(from.front().number);
  evicted.splice(evicted.end(), from, from.begin());
}

std::optional<std::string> ScanCursors::Find(uint64_t cursor) {
  MutexLock lock(mutex_);
  List::iterator* const found = Look(cursor);
  if (found == nullptr) return std::nullopt;
  Pass((*found)->previous);
  MoveToEnd(*found, /*passed=*/false);
  return (*found)->position;
}

absl::StatusOr<uint64_t> ScanCursors::Advance(uint64_t cursor, std::string_view position) {
  // Made before the lock is taken, as what goes is freed after.
  List added;
  added.emplace_back();
  added.front().position.assign(position);
  if (added.front().bytes() > bytes_max_) {
    return absl::ResourceExhaustedError(absl::StrCat("a position of ", position.size(),
                                                     " bytes exceeds scan-cursor-bytes-max, ",
                                                     bytes_max_, "; try another COUNT"));
  }
  List evicted;
  MutexLock lock(mutex_);
  List::iterator* previous = Look(cursor);
  if (previous != nullptr) {
    List::iterator* const next = Look((*previous)->next);
    if (next != nullptr && (*next)->position == position) {
      MoveToEnd(*next, /*passed=*/false);
      return (*next)->number;
    }
  }
  const uint64_t number = NextNumber();
  added.front().number = number;
  if (previous != nullptr) {
    added.front().previous = cursor;
    (*previous)->next = number;
  }
  const size_t bytes = added.front().bytes();
  while (!by_number_.empty() &&
         (by_number_.size() >= cursors_max_ || bytes_ + bytes > bytes_max_)) {
    EvictOldest(evicted);
  }
  current_.splice(current_.end(), added);
  by_number_.emplace(number, std::prev(current_.end()));
  bytes_ += bytes;
  return number;
}

void ScanCursors::Finish(uint64_t cursor) {
  MutexLock lock(mutex_);
  Pass(cursor);
}

size_t ScanCursors::size() const {
  MutexLock lock(mutex_);
  return by_number_.size();
}

size_t ScanCursors::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace nacre::server
