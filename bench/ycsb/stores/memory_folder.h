#ifndef NACRE_BENCH_YCSB_STORES_MEMORY_FOLDER_H_
#define NACRE_BENCH_YCSB_STORES_MEMORY_FOLDER_H_

#include <cstdint>
#include <string>

namespace nacre::bench {

// A new folder on a file system in memory, for stores that insist on files. The destructor removes
// it with what is in it.
class MemoryFolder {
 public:
  MemoryFolder();
  ~MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Removes those of processes that were killed: they would take memory until somebody finds them.
void RemoveAbandonedMemoryFolders();

// Exits if so many stores of that many keys have no room there. What LMDB writes beyond it kills
// the process without a word.
void RequireMemoryFoldersFor(int64_t stores, uint64_t keys);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_STORES_MEMORY_FOLDER_H_
