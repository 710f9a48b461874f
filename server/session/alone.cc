// Commands outside of transactions: each is a serializable transaction of its own.
//
// A command whose keys are declared runs with their latches held, so it sees the newest state and
// cannot conflict. One that only reads runs on a snapshot. What is too large to hold latches for
// runs optimistically, and behind the exclusive gate if others keep winning, so everything
// finishes.

#include "server/session/session.h"

namespace nacre::server {

void AppendLockedKeys(const ServerState& server, const CommandSpec& spec, Args args, int selected,
                      std::vector<Database::LockedKey>& locked) {
  ForEachKeyWithDatabase(spec, args, selected, [&](int database, std::string_view key) {
    if (!server.HasDatabase(database)) return;
    locked.push_back({server.keyspace(database), key});
  });
}

absl::Status RunInside(const CommandSpec& spec, Keyspace keyspace, DataContext& context) {
  absl::Status status = context.tx.Use(keyspace);
  if (!status.ok()) return status;
  if (!spec.Has(kManyWrites)) return spec.run(context);
  const Savepoint before = context.tx.SetSavepoint();
  status = spec.run(context);
  if (!status.ok() && context.tx.active()) {
    const absl::Status undone = context.tx.RollbackTo(before);
    if (!undone.ok()) return undone;
  }
  return status;
}

void Session::RunAlone(const CommandSpec& spec, Args args) {
  const size_t mark = out_.Mark();
  absl::Status status;
  if (spec.alone != nullptr) {
    AloneContext context{server_, server_.keyspace(client_.database), args, out_};
    status = spec.alone(context);
  } else if (!spec.Has(kWrite)) {
    status = RunOnSnapshot(spec, args, NowFor(spec));
  } else if (args.size() <= kLockedWordsMax) {
    status = RunLocked(spec, args, NowFor(spec));
  } else {
    status = RunOptimistic(spec, args, NowFor(spec));
  }
  if (!status.ok()) [[unlikely]]
    ReplaceByError(mark, status);
}

absl::Status Session::RunLocked(const CommandSpec& spec, Args args, absl::Time now) {
  const Keyspace keyspace = server_.keyspace(client_.database);
  const auto run = [&](Transaction& tx) -> absl::Status {
    const absl::Status status = tx.Use(keyspace);
    if (!status.ok()) return status;
    DataContext context{tx, args, out_, server_, now};
    return spec.run(context);
  };
  // Nearly always one key, which then needs no list on the heap.
  if (spec.keys.last == 1 && spec.find_keys == nullptr) {
    const Database::LockedKey key{keyspace, args[1]};
    return server_.db().TransactLocked({&key, 1}, run).status();
  }
  locked_.clear();
  AppendLockedKeys(server_, spec, args, client_.database, locked_);
  return server_.db().TransactLocked(locked_, run).status();
}

absl::Status Session::RunOptimistic(const CommandSpec& spec, Args args, absl::Time now) {
  const Keyspace keyspace = server_.keyspace(client_.database);
  const size_t mark = out_.Mark();
  const TransactOptions options = {
      .transaction = {.isolation = Isolation::kSerializable, .keyspace = keyspace, .owner = id_},
      .exclusive_from_attempt = kOptimisticAttempts};
  return server_.db()
      .Transact(
          [&](Transaction& tx) {
            out_.RollbackTo(mark);
            DataContext context{tx, args, out_, server_, now};
            return spec.run(context);
          },
          options)
      .status();
}

absl::Status Session::RunOnSnapshot(const CommandSpec& spec, Args args, absl::Time now) {
  Transaction tx = server_.db().Begin(
      {.read_only = true, .keyspace = server_.keyspace(client_.database), .owner = id_});
  DataContext context{tx, args, out_, server_, now};
  return spec.run(context);
}

}  // namespace nacre::server
