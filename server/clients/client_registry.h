#ifndef NACRE_SERVER_CLIENTS_CLIENT_REGISTRY_H_
#define NACRE_SERVER_CLIENTS_CLIENT_REGISTRY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/btree_map.h"
#include "server/base/mutex.h"
#include "server/clients/client_record.h"

namespace nacre::server {

// The connections of all I/O threads. Thread-safe. Locked when one comes, goes or is looked for,
// never by an ordinary command.
class ClientRegistry {
 public:
  void Add(std::shared_ptr<ClientRecord> record);
  // Idempotent.
  void Remove(uint64_t id);

  std::shared_ptr<ClientRecord> Find(uint64_t id) const;
  // By their numbers, so the oldest first.
  std::vector<std::shared_ptr<ClientRecord>> List() const;
  size_t size() const { return size_.load(std::memory_order_relaxed); }

  // Closes the connection, without the replies that it has not taken. It is not listed any more
  // when this returns, and begins no further command. Whether this call is the one that did it.
  bool Kill(ClientRecord& record);

 private:
  mutable Mutex mutex_;
  absl::btree_map<uint64_t, std::shared_ptr<ClientRecord>> records_ ABSL_GUARDED_BY(mutex_);
  std::atomic<size_t> size_{0};  // Of records_, to be read without the lock.
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_CLIENTS_CLIENT_REGISTRY_H_
