#include "bench/ycsb/stores/memory_folder.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace nacre::bench {
namespace {

constexpr char kParent[] = "/dev/shm";
// The number of the process stands behind it, so that a folder without its process can be told.
constexpr std::string_view kPrefix = "nacre-bench-";

// Zero if it is not the name of such a folder.
pid_t ProcessOf(const std::string& name) {
  if (!name.starts_with(kPrefix)) return 0;
  return static_cast<pid_t>(std::atoi(name.c_str() + kPrefix.size()));
}

// Also if nobody has waited for it: it keeps its number then, but no program.
bool IsGone(pid_t process) {
  std::error_code error;
  (void)std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", error);
  return error == std::errc::no_such_file_or_directory;
}

}  // namespace

MemoryFolder::MemoryFolder()
    : path_(std::string(kParent) + "/" + std::string(kPrefix) + std::to_string(getpid()) +
            "-XXXXXX") {
  if (mkdtemp(path_.data()) != nullptr) return;
  std::perror(path_.c_str());
  std::abort();
}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void RemoveAbandonedMemoryFolders() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kParent, ignored)) {
    const pid_t process = ProcessOf(entry.path().filename().string());
    if (process > 0 && IsGone(process)) std::filesystem::remove_all(entry.path(), ignored);
  }
}

void RequireMemoryFoldersFor(int64_t stores, uint64_t keys) {
  constexpr int64_t kBytesPerKey = 300;  // While RocksDB compacts, which takes most.
  constexpr int64_t kBytesPerStore = int64_t{64} << 20;
  struct statvfs found;
  if (stores == 0 || statvfs(kParent, &found) != 0) return;
  const int64_t wanted = stores * (kBytesPerStore + static_cast<int64_t>(keys) * kBytesPerKey);
  const auto free = static_cast<int64_t>(found.f_bavail * found.f_frsize);
  if (free >= wanted) return;
  std::fprintf(stderr,
               "%s has %lld MB left, and the stores in it want %lld: make it larger, or say with "
               "--stores which to run without them\n",
               kParent, static_cast<long long>(free >> 20), static_cast<long long>(wanted >> 20));
  std::exit(1);
}

}  // namespace nacre::bench
