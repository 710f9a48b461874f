#ifndef NACRE_BENCH_YCSB_STORES_MEMORY_FOLDER_H_
#define NACRE_BENCH_YCSB_STORES_MEMORY_FOLDER_H_

#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace nacre::bench {

// A new folder on a file system in memory, for stores that insist on files. The destructor removes
// it with what is in it.
class MemoryFolder {
 public:
  MemoryFolder() {
    if (mkdtemp(path_.data()) == nullptr) {
      std::perror(path_.c_str());
      std::abort();
    }
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/dev/shm/nacre-bench-XXXXXX";
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_STORES_MEMORY_FOLDER_H_
