#include "nacre/memory.h"

#include <limits>

#include "engine/base/block.h"

namespace nacre {

using base::Blocks;
using base::SlabPool;

namespace {

size_t ChunksFor(size_t bytes) {
  return bytes / SlabPool::kChunkBytes + (bytes % SlabPool::kChunkBytes != 0 ? 1 : 0);
}

}  // namespace

bool MemoryPoolOptions::EnabledByDefault() { return base::kPoolByDefault; }

absl::Status ConfigureMemoryPool(const MemoryPoolOptions& options) {
  SlabPool::Limits limits;
  limits.chunks_before_huge = options.huge_pages ? ChunksFor(options.huge_pages_from_bytes)
                                                 : std::numeric_limits<size_t>::max();
  limits.kept_slabs_min = options.kept_bytes_min / SlabPool::kSlabBytes;
  if (Blocks::Configure(options.enabled, limits)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the memory pool was configured, or used, already: configure it once, before the first "
      "database is opened");
}

MemoryPoolUsage GetMemoryPoolUsage() {
  SlabPool* const pool = Blocks::PoolInUse();
  if (pool == nullptr) return {};
  const SlabPool::Usage usage = pool->GetUsage();
  return {.mapped_bytes = usage.chunks * SlabPool::kChunkBytes,
          .used_bytes = usage.slabs_in_use * SlabPool::kSlabBytes,
          .kept_bytes = usage.slabs_kept * SlabPool::kSlabBytes,
          .allocated_bytes = usage.block_bytes};
}

void ReturnFreeMemory() {
  Blocks::GiveBackCache();
  if (SlabPool* const pool = Blocks::PoolInUse(); pool != nullptr) pool->ReturnFree();
}

}  // namespace nacre
