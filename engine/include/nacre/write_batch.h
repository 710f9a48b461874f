#ifndef NACRE_WRITE_BATCH_H_
#define NACRE_WRITE_BATCH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/types.h"

namespace nacre {

// Writes to be applied together by Database::Write(). The last write of a key wins.
// Thread-compatible. Copies keys and values.
class WriteBatch {
 public:
  void Put(std::string_view key, std::string_view value, const PutOptions& options = {},
           Keyspace keyspace = Keyspace());
  void Delete(std::string_view key, Keyspace keyspace = Keyspace());
  void Clear() { writes_.clear(); }
  size_t size() const { return writes_.size(); }

  // What Database::Write() reads.
  struct Write {
    Keyspace keyspace;
    bool is_delete = false;
    PutOptions options;
    std::string key;
    std::string value;
  };
  const std::vector<Write>& writes() const { return writes_; }

 private:
  std::vector<Write> writes_;
};

}  // namespace nacre

#endif  // NACRE_WRITE_BATCH_H_
