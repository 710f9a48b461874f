#ifndef NACRE_BENCH_MICRO_FIXTURE_H_
#define NACRE_BENCH_MICRO_FIXTURE_H_

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "nacre/database.h"

namespace nacre::bench {

// A benchmark that goes on after an error measures something else.
inline void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

template <typename T>
T Require(absl::StatusOr<T> result) {
  Require(result.status());
  return *std::move(result);
}

// 16 bytes, in the order of the numbers.
inline std::string Key(uint64_t number) {
  std::string key(16, '.');
  for (int byte = 0; byte < 8; ++byte) key[byte] = static_cast<char>(number >> (56 - 8 * byte));
  return key;
}

// `keys` keys with values of 100 bytes.
inline std::unique_ptr<Database> Filled(uint64_t keys, const Options& options = {}) {
  std::unique_ptr<Database> db = Require(Database::Open(options));
  const std::string value(100, 'v');
  for (uint64_t i = 0; i < keys;) {
    WriteBatch batch;
    for (uint64_t end = std::min(keys, i + 1000); i < end; ++i) batch.Put(Key(i), value);
    Require(db->Write(batch));
  }
  return db;
}

// Numbers that look random, cheap enough not to be what is measured (Steele and Vigna's
// splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t bound) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    mixed ^= mixed >> 31;
    return (mixed >> 32) * bound >> 32;
  }

 private:
  uint64_t state_;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_MICRO_FIXTURE_H_
