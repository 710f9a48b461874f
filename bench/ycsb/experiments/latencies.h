#ifndef NACRE_BENCH_YCSB_EXPERIMENTS_LATENCIES_H_
#define NACRE_BENCH_YCSB_EXPERIMENTS_LATENCIES_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace nacre::bench {

// Durations in nanoseconds, counted in buckets that are at most 1/32 wide. Takes 16 KiB however
// many there are, so that it does not disturb what is measured. Thread-compatible.
class Latencies {
 public:
  void Add(uint64_t nanos) {
    ++buckets_[BucketOf(nanos)];
    ++count_;
    longest_ = std::max(longest_, nanos);
  }

  void Merge(const Latencies& other) {
    for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    longest_ = std::max(longest_, other.longest_);
  }

  uint64_t count() const { return count_; }
  double LongestMicros() const { return static_cast<double>(longest_) / 1e3; }

  // The least duration that more than this share of all do not exceed, rounded up to its bucket.
  double Micros(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted) return static_cast<double>(std::min(UpperEnd(i), longest_)) / 1e3;
    }
    return LongestMicros();
  }

 private:
  static constexpr int kBits = 5;  // Of a duration, that a bucket tells apart.
  static constexpr uint64_t kSteps = uint64_t{1} << kBits;

  static size_t BucketOf(uint64_t nanos) {
    if (nanos < kSteps) return nanos;
    const int shift = std::bit_width(nanos) - 1 - kBits;
    return (static_cast<size_t>(shift) + 1) * kSteps + ((nanos >> shift) - kSteps);
  }
  static uint64_t UpperEnd(size_t bucket) {
    if (bucket < kSteps) return bucket;
    const size_t shift = bucket / kSteps - 1;
    return ((bucket % kSteps + kSteps + 1) << shift) - 1;
  }

  std::array<uint64_t, (64 - kBits + 1)* kSteps> buckets_ = {};
  uint64_t count_ = 0;
  uint64_t longest_ = 0;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_EXPERIMENTS_LATENCIES_H_
