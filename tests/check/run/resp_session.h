#ifndef NACRE_TESTS_CHECK_RUN_RESP_SESSION_H_
#define NACRE_TESTS_CHECK_RUN_RESP_SESSION_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/client/blocking.h"
#include "tests/check/run/answer_wait.h"
#include "tests/check/run/resp_target.h"
#include "tests/check/run/target.h"

namespace nacre::check::run {

// What the server was found to have, and how it is used.
struct RespPlan {
  client::ClientOptions client;
  std::string prefix;
  bool begin = false;       // BEGIN and COMMIT; otherwise WATCH.
  bool timestamps = false;  // BEGIN ... TIMESTAMP.
  bool lists = false;       // RPUSH and LRANGE; otherwise APPEND and GET.
  bool scans = false;       // RANGE.
  Isolation isolation = Isolation::kSerializable;
  bool forget_to_watch = false;
  std::shared_ptr<AnswerWait> wait;  // Of all connections.
};

// One connection that is not shared.
class RespConnection {
 public:
  // kResourceExhausted: this process has no descriptors left.
  static absl::StatusOr<std::unique_ptr<RespConnection>> Open(const RespPlan& plan);

  // All replies, error replies among them. After any failure the connection is closed: a server
  // that has not answered is not to be asked for anything else. Of one that was sent, the outcome
  // is unknown then.
  absl::StatusOr<std::vector<client::Reply>> Ask(const client::Request& request);
  // One command; its error reply is a status.
  absl::StatusOr<client::Reply> AskOne(const client::Request& request);
  // Sends and goes away.
  void SendAndClose(const client::Request& request);
  void Close();
  bool lost() const { return !lease_.has_value(); }
  // Why it was closed; OK unless a failure was the reason.
  const absl::Status& failure() const { return failure_; }
  const client::ServerInfo& server() const { return lease_->server(); }

 private:
  explicit RespConnection(const RespPlan& plan);
  absl::StatusOr<std::vector<client::Reply>> SendAndReceive(const client::Request& request);

  const absl::Duration call_timeout_;
  const std::shared_ptr<AnswerWait> wait_;
  client::BlockingClient client_;
  std::optional<client::BlockingLease> lease_;
  absl::Status failure_;
};

// What both kinds of transactions have in common.
class RespSession : public Session {
 public:
  RespSession(const RespPlan& plan, std::unique_ptr<RespConnection> connection)
      : plan_(plan), connection_(std::move(connection)) {}

  absl::Status Remove(absl::Span<const std::string> keys) override;
  void Drop() override { connection_->Close(); }
  bool lost() const override { return connection_->lost(); }

 protected:
  std::string KeyOf(std::string_view key) const { return plan_.prefix + std::string(key); }
  client::Request ListRequest(const std::string& key) const;
  client::Request AppendRequest(const std::string& key, std::string_view element) const;
  absl::Status ReadElements(const client::Reply& reply, std::vector<std::string>& elements) const;

  const RespPlan& plan_;
  const std::unique_ptr<RespConnection> connection_;
};

std::unique_ptr<Session> MakeBeginSession(const RespPlan& plan,
                                          std::unique_ptr<RespConnection> connection);
std::unique_ptr<Session> MakeWatchSession(const RespPlan& plan,
                                          std::unique_ptr<RespConnection> connection);

// What a session makes of a failed call. Conflicts stay kAborted.
absl::Status OperationError(const absl::Status& status);
// Of a commit that was answered with an error, or not at all.
CommitResult FailedCommit(const absl::Status& status);

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_RESP_SESSION_H_
