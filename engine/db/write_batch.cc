#include "nacre/write_batch.h"

namespace nacre {

void WriteBatch::Put(std::string_view key, std::string_view value, const PutOptions& options,
                     Keyspace keyspace) {
  writes_.push_back({keyspace, false, options, std::string(key), std::string(value)});
}

void WriteBatch::Delete(std::string_view key, Keyspace keyspace) {
  writes_.push_back({keyspace, true, {}, std::string(key), {}});
}

}  // namespace nacre
