#include "server/clients/client_registry.h"

#include <utility>

namespace nacre::server {

void ClientRegistry::Add(std::shared_ptr<ClientRecord> record) {
  MutexLock lock(mutex_);
  const uint64_t id = record->id;
  records_.emplace(id, std::move(record));
  size_.store(records_.size(), std::memory_order_relaxed);
}

void ClientRegistry::Remove(uint64_t id) {
  MutexLock lock(mutex_);
  records_.erase(id);
  size_.store(records_.size(), std::memory_order_relaxed);
}

std::shared_ptr<ClientRecord> ClientRegistry::Find(uint64_t id) const {
  MutexLock lock(mutex_);
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<ClientRecord>> ClientRegistry::List() const {
  std::vector<std::shared_ptr<ClientRecord>> list;
  MutexLock lock(mutex_);
  list.reserve(records_.size());
  for (const auto& [id, record] : records_) list.push_back(record);
  return list;
}

bool ClientRegistry::Kill(ClientRecord& record) {
  if (record.killed.exchange(true, std::memory_order_acq_rel)) return false;
  Remove(record.id);
  record.waker.Wake(record.id);
  return true;
}

}  // namespace nacre::server
