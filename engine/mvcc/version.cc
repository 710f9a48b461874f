#include "engine/mvcc/version.h"

#include <cstring>
#include <new>

#include "engine/base/block.h"
#include "engine/base/check.h"

namespace nacre::mvcc {

Version* Version::Construct(void* memory, Kind kind, std::string_view value, ExpiryMs expiry,
                            uint8_t slot_units) {
  const bool has_expiry = expiry != kNoExpiry;
  auto* version =
      new (memory) Version(kind, static_cast<uint32_t>(value.size()), has_expiry, slot_units);
  version->CopyIn(value, expiry);
  return version;
}

inline void Version::CopyIn(std::string_view value, ExpiryMs expiry) {
  if (has_expiry_) std::memcpy(static_cast<void*>(this + 1), &expiry, sizeof(expiry));
  if (!value.empty()) std::memcpy(const_cast<char*>(data()), value.data(), value.size());
}

void Version::Overwrite(std::string_view value, ExpiryMs expiry) {
  NACRE_CHECK(has_expiry_ == (expiry != kNoExpiry), "a version can not change its layout");
  size_ = static_cast<uint32_t>(value.size());
  CopyIn(value, expiry);
  unlinked_.store(false, std::memory_order_relaxed);
}

Version* Version::Allocate(Kind kind, std::string_view value, ExpiryMs expiry) {
  void* memory = base::Blocks::Allocate(HeaderBytes(expiry != kNoExpiry) + value.size());
  return Construct(memory, kind, value, expiry, /*slot_units=*/0);
}

Version* Version::NewBytes(std::string_view value, ExpiryMs expiry) {
  return Allocate(Kind::kBytes, value, expiry);
}

Version* Version::NewTombstone() { return Allocate(Kind::kTombstone, {}, kNoExpiry); }

Version* Version::NewExpiredTombstone(ExpiryMs expiry, uint64_t replaced) {
  char bytes[sizeof(replaced)];
  std::memcpy(bytes, &replaced, sizeof(replaced));
  return Allocate(Kind::kTombstone, {bytes, sizeof(bytes)}, expiry);
}

uint64_t Version::replaced() const {
  uint64_t replaced;
  std::memcpy(&replaced, data(), sizeof(replaced));
  return replaced;
}

void Version::Free(void* object) {
  auto* version = static_cast<Version*>(object);
  NACRE_CHECK(!version->is_inline(), "an inline version was to be freed as a block of its own");
  const size_t bytes = HeaderBytes(version->has_expiry_) + version->size_;
  version->~Version();
  base::Blocks::Free(object, bytes);
}

}  // namespace nacre::mvcc
