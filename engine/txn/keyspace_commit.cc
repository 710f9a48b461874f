#include "engine/txn/keyspace_commit.h"

#include <vector>

#include "engine/base/epoch.h"

namespace nacre::txn {

uint64_t CommitGenerations(Store& store, absl::Span<const GenerationChange> changes) noexcept {
  std::vector<Generation*> superseded;
  superseded.reserve(changes.size());
  base::EpochPin pin;
  uint64_t timestamp;
  {
    CommitGate::Closed closed(store.gate);
    base::MutexLock sequencer(store.sequencer.mutex());
    timestamp = store.sequencer.Clock() + 1;
    store.sequencer.Remember(timestamp, {});
    for (const GenerationChange& change : changes) {
      superseded.push_back(store.keyspaces.Newest(change.keyspace));
      store.keyspaces.Push(change.keyspace, new Generation(change.contents), timestamp);
    }
    store.sequencer.Publish(timestamp);
  }
  for (size_t i = 0; i < changes.size(); ++i) {
    if (superseded[i] != nullptr) {
      store.garbage->AcceptGeneration(changes[i].keyspace, superseded[i], timestamp);
    }
  }
  return timestamp;
}

}  // namespace nacre::txn
