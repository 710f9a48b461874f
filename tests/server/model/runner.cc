#include "tests/server/model/runner.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/server_state.h"
#include "tests/server/lone_session.h"
#include "tests/server/manual_time.h"
#include "tests/server/model/model.h"

namespace nacre::server::model {

namespace {

std::string Escaped(const std::string& bytes) { return absl::CHexEscape(bytes.substr(0, 2000)); }

class Runner {
 public:
  explicit Runner(int protocol) : model_(protocol) {
    ServerOptions options;
    options.databases = kDatabases;
    options.request.bulk_bytes_max = kStringBytesMax;
    options.time_source = [this] { return time_.now(); };
    server_ = std::move(ServerState::Open(options)).value();
    session_ = std::make_unique<LoneSession>(*server_);
    if (protocol == 3) Send({"HELLO", "3"});
    // A transaction that begins before the first expiry of a database draws its time only when it
    // needs one. From here on, the time is always that of the beginning.
    Send({"SET", "first", "expiry", "PX", "1"});
    Send({"DEL", "first"});
  }

  std::optional<std::string> Run(const Program& program) {
    for (const Block& block : program) {
      RunBlock(block);
      if (difference_) return difference_;
    }
    CompareWhatIsStored();
    session_.reset();
    const absl::Status sound = server_->db().Verify();
    if (!sound.ok()) Report(sound.ToString());
    const uint64_t snapshots = server_->db().GetStats().active_snapshots;
    if (snapshots != 0) Report(absl::StrCat(snapshots, " snapshots are left"));
    return difference_;
  }

 private:
  void RunBlock(const Block& block) {
    switch (block.mode) {
      case Mode::kAlone: RunSteps(block); break;
      case Mode::kExec: RunExec(block); break;
      case Mode::kSnapshotCommit: RunOpen(block, "SNAPSHOT", true); break;
      case Mode::kSnapshotRollback: RunOpen(block, "SNAPSHOT", false); break;
      case Mode::kSerializableCommit: RunOpen(block, "SERIALIZABLE", true); break;
      case Mode::kSerializableRollback: RunOpen(block, "SERIALIZABLE", false); break;
    }
  }

  void RunSteps(const Block& block) {
    for (const Step& step : block.steps) {
      time_.Advance(absl::Milliseconds(step.wait_ms));
      const std::string sent = Send(step.words);
      Compare(step.words, sent, model_.Run(step.words, Now()));
    }
  }

  void RunExec(const Block& block) {
    std::vector<Words> queue;
    Compare({"MULTI"}, Send({"MULTI"}), "+OK\r\n");
    for (const Step& step : block.steps) {
      time_.Advance(absl::Milliseconds(step.wait_ms));
      Compare(step.words, Send(step.words), model_.Queue(step.words));
      queue.push_back(step.words);
    }
    const std::string sent = Send({"EXEC"});
    Compare({"EXEC"}, sent, model_.RunQueue(queue, Now()));
  }

  void RunOpen(const Block& block, const std::string& isolation, bool commits) {
    Compare({"BEGIN", isolation}, Send({"BEGIN", isolation}), "+OK\r\n");
    model_.Begin(Now());
    RunSteps(block);
    if (commits) {
      Commit();
    } else {
      model_.Rollback();
      Compare({"ROLLBACK"}, Send({"ROLLBACK"}), "+OK\r\n");
    }
  }

  void Commit() {
    const std::string sent = Send({"COMMIT"});
    if (sent.substr(0, 1) == ":") {
      model_.Commit();
      return;
    }
    // There is no other client to conflict with, but the vacuum: it deletes what expires while the
    // transaction is open.
    const bool may_conflict = model_.HasExpiredSinceBegin(Now());
    if (!may_conflict || sent.substr(0, 10) != "-CONFLICT ") Report(absl::StrCat("COMMIT: ", sent));
    model_.Rollback();
  }

  // As the clients see it, and as the database does.
  void CompareWhatIsStored() {
    const Databases expected = model_.Alive(Now());
    const Snapshot snapshot = server_->db().GetSnapshot();
    for (int i = 0; i < kDatabases; ++i) {
      const Keys& keys = expected[static_cast<size_t>(i)];
      std::string range = absl::StrCat("*", keys.size(), "\r\n");
      Send({"SELECT", std::to_string(i)});
      for (const auto& [key, entry] : keys) {
        absl::StrAppend(&range, "$", key.size(), "\r\n", key, "\r\n");
        CompareEntry(snapshot, i, key, entry);
      }
      Compare({"KEYS", "*"}, Send({"KEYS", "*"}), range);
    }
  }

  void CompareEntry(const Snapshot& snapshot, int database, const std::string& key,
                    const Entry& entry) {
    const Keyspace keyspace = server_->keyspace(database);
    const auto value = snapshot.Get(key, keyspace);
    const auto info = snapshot.GetInfo(key, keyspace);
    if (!value.ok() || !*value || **value != entry.value) {
      Report(absl::StrCat("at the end, the value of ", ToText({key}), " is not ",
                          ToText({entry.value})));
      return;
    }
    const absl::Time expiry =
        entry.expires_at_ms ? absl::FromUnixMillis(*entry.expires_at_ms) : absl::InfiniteFuture();
    if ((*info)->expiry != expiry) {
      Report(absl::StrCat("at the end, ", ToText({key}), " expires at ",
                          absl::FormatTime((*info)->expiry), ", not at ",
                          absl::FormatTime(expiry)));
    }
  }

  std::string Send(const Words& words) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    session_->session.Execute(args, Session::Lane::kSlow);
    std::string reply(session_->replies.view());
    session_->replies.Clear();
    return reply;
  }

  void Compare(const Words& words, const std::string& sent, const std::string& expected) {
    if (sent == expected) return;
    Report(absl::StrCat(ToText(words), "\n  answered ", Escaped(sent), "\n  the model  ",
                        Escaped(expected)));
  }

  void Report(const std::string& difference) {
    if (!difference_) difference_ = difference;
  }

  int64_t Now() const { return absl::ToUnixMillis(time_.now()); }

  ManualTime time_;
  Model model_;
  std::unique_ptr<ServerState> server_;
  std::unique_ptr<LoneSession> session_;
  std::optional<std::string> difference_;
};

}  // namespace

std::optional<std::string> FirstDifference(const Program& program, int protocol) {
  return Runner(protocol).Run(program);
}

}  // namespace nacre::server::model
