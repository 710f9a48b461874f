// The moment of the commit: before COMMIT (EXEC) has left, a lost connection is no loss; between it
// and its reply nobody knows, and it is never sent again.

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "nacre/client/errors.h"
#include "tests/client/faults/scripted_faults.h"

namespace nacre::client::faults {
namespace {

using support::Array;
using support::Bulk;
using support::ErrorReplyText;
using support::Integer;
using support::NullBulk;
using support::SimpleString;
using support::Words;

enum class Ending { kEnd, kReset };

// How a transaction goes over the wire.
struct Dialect {
  std::string name;
  CannedReplies replies;
  std::string commit;     // The command that decides.
  std::string committed;  // Its reply.
  std::string conflict;
};

Dialect Interactive() {
  return {"interactive",
          CannedReplies()
              .ServerIs("nacre", "1.0")
              .On("BEGIN", SimpleString("OK"))
              .On("GET", Bulk("5"))
              .On("SET", SimpleString("OK"))
              .On("INCR", Integer(6))
              .On("ROLLBACK", SimpleString("OK"))
              .On("COMMIT", Integer(41)),
          "COMMIT", Integer(41), ErrorReplyText("CONFLICT key 'a' was changed")};
}

Dialect Watch() {
  const std::string committed = Array({SimpleString("OK"), Integer(6)});
  return {"watch",
          CannedReplies()
              .On("WATCH", SimpleString("OK"))
              .On("UNWATCH", SimpleString("OK"))
              .On("MULTI", SimpleString("OK"))
              .On("DISCARD", SimpleString("OK"))
              .On("GET", Bulk("5"))
              .On("SET", SimpleString("QUEUED"))
              .On("INCR", SimpleString("QUEUED"))
              .On("EXEC", committed),
          "EXEC", committed, "*-1\r\n"};
}

class CommitTest : public ScriptedFaults {
 protected:
  // Reads a, writes a and n.
  absl::StatusOr<Committed> Transact(Caller& client, TransactOptions options = {}) {
    return client.Transact(
        [&](TransactionCaller& tx) {
          ++runs_;
          const auto read = tx.Get("a");
          if (!read.ok()) return read.status();
          EXPECT_EQ(*read, "5");
          tx.Set("a", "6");
          tx.Write(Request("INCR", "n"), {"n"});
          return absl::OkStatus();
        },
        options);
  }

  static size_t Count(const ScriptedServer& server, const std::string& command) {
    size_t count = 0;
    for (const Words& words : server.commands()) count += words[0] == command ? 1 : 0;
    return count;
  }

  int runs_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Faces, CommitTest, ::testing::Values(Face::kClient, Face::kBlocking),
                         NameOfFace);

// On the first connection on which `command` comes, writes `part` in its place and ends; elsewhere
// behaves.
ScriptedServer::Script LostAt(const Dialect& dialect, std::string command, std::string part,
                              Ending ending, std::atomic<int>& losses) {
  return [=, &losses](ScriptedServer::Peer& peer) {
    while (const auto words = peer.ReadCommand()) {
      if ((*words)[0] == command && losses.fetch_add(1) == 0) {
        peer.Write(part);
        if (ending == Ending::kReset) return peer.Reset();
        peer.FinishWriting();
        return peer.WaitUntilClosed();
      }
      peer.Answer(*words, dialect.replies);
    }
  };
}

TEST_P(CommitTest, LostBetweenCommitAndItsReplyIsUnknownAndNotRunAgain) {
  for (const Dialect& dialect : {Interactive(), Watch()}) {
    for (const Ending ending : {Ending::kEnd, Ending::kReset}) {
      for (size_t part = 0; part < dialect.committed.size(); ++part) {
        runs_ = 0;
        std::atomic<int> losses = 0;
        ScriptedServer server(
            LostAt(dialect, dialect.commit, dialect.committed.substr(0, part), ending, losses));
        const auto client = MakeClient(server);
        const auto committed = Transact(*client);
        ASSERT_TRUE(IsOutcomeUnknown(committed.status()))
            << dialect.name << " after " << part << " bytes: " << committed.status();
        EXPECT_EQ(committed.status().code(), absl::StatusCode::kUnknown) << committed.status();
        EXPECT_EQ(runs_, 1);
        EXPECT_EQ(Count(server, dialect.commit), 1u);
        EXPECT_EQ(client->stats().transactions, 0u);
        EXPECT_EQ(client->stats().retries, 0u);
      }
    }
  }
}

TEST_P(CommitTest, RubbishInPlaceOfTheCommitsReplyIsUnknownToo) {
  for (const Dialect& dialect : {Interactive(), Watch()}) {
    runs_ = 0;
    std::atomic<int> losses = 0;
    ScriptedServer server(LostAt(dialect, dialect.commit, "rubbish\r\n", Ending::kEnd, losses));
    const auto client = MakeClient(server);
    const auto committed = Transact(*client);
    EXPECT_TRUE(IsOutcomeUnknown(committed.status())) << dialect.name << committed.status();
    EXPECT_EQ(runs_, 1);
    EXPECT_EQ(Count(server, dialect.commit), 1u);
  }
}

TEST_P(CommitTest, NoReplyToCommitBeforeTheTimeoutIsUnknown) {
  for (const Dialect& dialect : {Interactive(), Watch()}) {
    runs_ = 0;
    ScriptedServer server([&](ScriptedServer::Peer& peer) {
      while (const auto words = peer.ReadCommand()) {
        if ((*words)[0] == dialect.commit) return peer.WaitUntilClosed();
        peer.Answer(*words, dialect.replies);
      }
    });
    const auto client = MakeClient(server);
    absl::StatusOr<Committed> committed;
    // A machine that is slow may use the time up before the commit: then once more.
    do {
      committed = Transact(*client, {.timeout = absl::Milliseconds(100)});
      ASSERT_FALSE(committed.ok());
      EXPECT_EQ(committed.status().code(), absl::StatusCode::kDeadlineExceeded)
          << committed.status();
    } while (Count(server, dialect.commit) == 0);
    EXPECT_TRUE(IsOutcomeUnknown(committed.status())) << dialect.name << committed.status();
    EXPECT_EQ(Count(server, dialect.commit), 1u);
  }
}

TEST_P(CommitTest, LostBeforeCommitHasLeftItIsRunAgainOnAnotherConnection) {
  for (const Dialect& dialect : {Interactive(), Watch()}) {
    // The read is answered before the commit is sent; it is what the client waits for.
    for (const Ending ending : {Ending::kEnd, Ending::kReset}) {
      runs_ = 0;
      std::atomic<int> losses = 0;
      ScriptedServer server(LostAt(dialect, "GET", "$1\r", ending, losses));
      const auto client = MakeClient(server);
      const auto committed = Transact(*client);
      ASSERT_TRUE(committed.ok()) << dialect.name << ": " << committed.status();
      EXPECT_EQ(committed->attempts, 2);
      EXPECT_EQ(runs_, 2);
      EXPECT_EQ(Count(server, dialect.commit), 1u);
      EXPECT_EQ(server.connections(), 2);
    }
  }
}

TEST_P(CommitTest, AConflictIsRunAgainOnTheSameConnection) {
  for (const Dialect& dialect : {Interactive(), Watch()}) {
    runs_ = 0;
    std::atomic<int> commits = 0;
    ScriptedServer server([&](ScriptedServer::Peer& peer) {
      while (const auto words = peer.ReadCommand()) {
        if ((*words)[0] == dialect.commit && commits.fetch_add(1) < 3) {
          peer.Write(dialect.conflict);
        } else {
          peer.Answer(*words, dialect.replies);
        }
      }
    });
    const auto client = MakeClient(server);
    const auto committed = Transact(*client);
    ASSERT_TRUE(committed.ok()) << dialect.name << ": " << committed.status();
    EXPECT_EQ(committed->attempts, 4);
    EXPECT_EQ(runs_, 4);
    ASSERT_EQ(committed->replies.size(), 1u);
    EXPECT_EQ(committed->replies[0].integer(), 6);
    EXPECT_EQ(server.connections(), 1);
    EXPECT_EQ(client->stats().conflicts, 3u);
  }
}

TEST_P(CommitTest, AWriteThatIsRefusedRollsBackAndIsNotRunAgain) {
  for (const Dialect& dialect : {Interactive(), Watch()}) {
    runs_ = 0;
    CannedReplies replies = dialect.replies;
    replies.On("INCR", ErrorReplyText("ERR value is not an integer or out of range"))
        .On("EXEC", ErrorReplyText("EXECABORT Transaction discarded because of previous errors."));
    ScriptedServer server(std::move(replies));
    const auto client = MakeClient(server);
    const auto committed = Transact(*client);
    EXPECT_FALSE(committed.ok());
    EXPECT_EQ(runs_, 1);
    EXPECT_EQ(client->stats().transactions, 0u);
  }
}

}  // namespace
}  // namespace nacre::client::faults
