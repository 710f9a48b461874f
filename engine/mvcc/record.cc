#include "engine/mvcc/record.h"

#include <cstring>
#include <new>

namespace nacre::mvcc {

Record* Record::New(uint32_t tree_id, std::string_view key) {
  void* memory = ::operator new(sizeof(Record) + key.size());
  auto* record = new (memory) Record(tree_id, static_cast<uint32_t>(key.size()));
  if (!key.empty()) std::memcpy(static_cast<void*>(record + 1), key.data(), key.size());
  return record;
}

void Record::Free(void* record) {
  static_cast<Record*>(record)->~Record();
  ::operator delete(record);
}

}  // namespace nacre::mvcc
