// The program of the README: a transfer that runs again if it meets another one, and a snapshot.

#include <iostream>
#include <string>

#include "nacre/database.h"

int main() {
  auto db = nacre::Database::Open().value();
  nacre::WriteBatch opening;
  opening.Put("alice", "100");
  opening.Put("bob", "20");
  if (!db->Write(opening).ok()) return 1;

  nacre::Snapshot before = db->GetSnapshot();  // One moment, for as long as it lives.

  // Runs again by itself, on a new snapshot, if another transaction got in its way.
  auto moved = db->Transact([](nacre::Transaction& tx) -> absl::Status {
    auto alice = tx.Get("alice");
    if (!alice.ok()) return alice.status();
    auto bob = tx.Get("bob");
    if (!bob.ok()) return bob.status();
    const int from = std::stoi(std::string(**alice)), to = std::stoi(std::string(**bob));
    if (from < 30) return absl::FailedPreconditionError("not enough");  // Rolls back.
    auto taken = tx.Put("alice", std::to_string(from - 30));
    return taken.ok() ? tx.Put("bob", std::to_string(to + 30)) : taken;
  });
  if (!moved.ok()) return 1;

  std::cout << "committed at " << ToInteger(*moved) << "\n"
            << "alice now:   " << **db->GetSnapshot().Get("alice") << "\n"
            << "alice then:  " << **before.Get("alice") << "\n";
}
