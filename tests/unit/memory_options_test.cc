// What nacre/memory.h lets a program choose, each in a process of its own.

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/block.h"
#include "gtest/gtest.h"
#include "nacre/database.h"
#include "nacre/memory.h"
#include "tests/unit/own_process.h"

namespace nacre {
namespace {

using base::Blocks;

constexpr size_t kBytes = 2000;

// Of the mapping that has the address in it, as the system shows them: "hg" and "nh" say that huge
// pages are wanted, and that they are not.
bool HasFlag(const void* address, const std::string& flag) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin, end;
    char dash;
    std::istringstream words(line);
    if (words >> std::hex >> begin >> dash >> end && dash == '-') {
      inside = begin <= wanted && wanted < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line.find(" " + flag + " ") != std::string::npos;
    }
  }
  return false;
}

std::vector<void*> AllocateChunks(int chunks) {
  std::vector<void*> blocks;
  while (GetMemoryPoolUsage().mapped_bytes < static_cast<uint64_t>(chunks) << 21) {
    blocks.push_back(Blocks::Allocate(kBytes));
  }
  return blocks;
}

TEST(MemoryOptionsTest, WithoutThePool_NothingIsInIt) {
  EXPECT_TRUE(InAProcessOfItsOwn([] {
    if (!ConfigureMemoryPool({.enabled = false}).ok()) return false;
    auto db = *Database::Open({.vacuum_thread = false});
    for (int i = 0; i < 1000; ++i) {
      if (!db->Transact([&](Transaction& tx) { return tx.Put(std::to_string(i), "v"); }).ok()) {
        return false;
      }
    }
    ReturnFreeMemory();
    const MemoryPoolUsage usage = GetMemoryPoolUsage();
    return db->Verify().ok() && usage.mapped_bytes == 0 && usage.used_bytes == 0 &&
           usage.kept_bytes == 0 && usage.allocated_bytes == 0;
  }));
}

TEST(MemoryOptionsTest, IsConfiguredOnce) {
  EXPECT_TRUE(InAProcessOfItsOwn(
      [] { return ConfigureMemoryPool({}).ok() && !ConfigureMemoryPool({}).ok(); }));
}

bool SystemHasHugePages() {
  return std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good();
}

TEST(MemoryOptionsTest, HugePagesFromTheLargestSize_AreNeverWanted) {
  if (!SystemHasHugePages()) GTEST_SKIP() << "no transparent huge pages";
  EXPECT_TRUE(InAProcessOfItsOwn([] {
    if (!ConfigureMemoryPool({.enabled = true, .huge_pages_from_bytes = SIZE_MAX}).ok()) {
      return false;
    }
    return HasFlag(AllocateChunks(2).back(), "nh");
  }));
}

TEST(MemoryOptionsTest, HugePages_AreWantedBeyondTheGivenSize) {
  if (!SystemHasHugePages()) GTEST_SKIP() << "no transparent huge pages";
  EXPECT_TRUE(InAProcessOfItsOwn([] {
    // Three chunks and a bit: the fourth is still a small one.
    const size_t from = (size_t{6} << 20) + 1;
    if (!ConfigureMemoryPool({.enabled = true, .huge_pages_from_bytes = from}).ok()) return false;
    for (int chunk = 1; chunk <= 6; ++chunk) {
      if (HasFlag(AllocateChunks(chunk).back(), "hg") != (chunk > 4)) return false;
    }
    return true;
  }));
}

TEST(MemoryOptionsTest, HugePagesThatAreNotWanted_AreRefused) {
  if (!SystemHasHugePages()) GTEST_SKIP() << "no transparent huge pages";
  EXPECT_TRUE(InAProcessOfItsOwn([] {
    if (!ConfigureMemoryPool({.enabled = true, .huge_pages = false}).ok()) return false;
    for (int chunk = 1; chunk <= 6; ++chunk) {
      if (!HasFlag(AllocateChunks(chunk).back(), "nh")) return false;
    }
    return true;
  }));
}

TEST(MemoryOptionsTest, OfWhatIsFree_AsMuchIsKeptAsTheOptionSays) {
  for (const size_t kept : {size_t{0}, size_t{16384}, size_t{3} << 20}) {
    EXPECT_TRUE(InAProcessOfItsOwn([&] {
      if (!ConfigureMemoryPool({.enabled = true, .kept_bytes_min = kept}).ok()) return false;
      for (void* block : AllocateChunks(8)) Blocks::Free(block, kBytes);
      Blocks::GiveBackCache();
      const MemoryPoolUsage usage = GetMemoryPoolUsage();
      if (usage.allocated_bytes != 0 || usage.kept_bytes > kept) return false;
      if (usage.kept_bytes + (size_t{2} << 20) < kept) return false;
      ReturnFreeMemory();
      return GetMemoryPoolUsage().mapped_bytes == 0;
    })) << kept;
  }
}

}  // namespace
}  // namespace nacre
