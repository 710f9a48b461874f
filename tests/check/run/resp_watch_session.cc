// Transactions of WATCH, MULTI and EXEC: reads are asked at once, writes wait for the commit.

#include <map>

#include "nacre/client/errors.h"
#include "tests/check/run/resp_session.h"

namespace nacre::check::run {
namespace {

using client::Reply;
using client::Request;

class WatchSession final : public RespSession {
 public:
  using RespSession::RespSession;

  absl::Status Begin(bool) override {
    writes_.Clear();
    own_values_.clear();
    own_elements_.clear();
    watches_ = false;
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> Read(std::string_view key) override {
    const auto own = own_values_.find(key);
    if (own != own_values_.end()) return own->second;
    const absl::StatusOr<Reply> reply = WatchAndRead(KeyOf(key), Request("GET", KeyOf(key)));
    if (!reply.ok()) return reply.status();
    return reply->To<std::optional<std::string>>();
  }

  absl::Status ReadList(std::string_view key, std::vector<std::string>& elements) override {
    const absl::StatusOr<Reply> reply = WatchAndRead(KeyOf(key), ListRequest(KeyOf(key)));
    if (!reply.ok()) return reply.status();
    if (absl::Status status = ReadElements(*reply, elements); !status.ok()) return status;
    const auto own = own_elements_.find(key);
    if (own != own_elements_.end()) {
      elements.insert(elements.end(), own->second.begin(), own->second.end());
    }
    return absl::OkStatus();
  }

  absl::Status Append(std::string_view key, std::string_view element) override {
    writes_.Add(AppendRequest(KeyOf(key), element));
    own_elements_[std::string(key)].emplace_back(element);
    return absl::OkStatus();
  }

  absl::Status Write(std::string_view key, std::string_view value) override {
    writes_.Add("SET", KeyOf(key), value);
    own_values_[std::string(key)] = std::string(value);
    return absl::OkStatus();
  }

  absl::Status Delete(std::string_view key) override {
    writes_.Add("DEL", KeyOf(key));
    own_values_[std::string(key)] = std::nullopt;
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Row>> Scan(const KeyRange&) override {
    return absl::UnimplementedError("a range cannot be watched");
  }

  std::optional<uint64_t> begin_timestamp() const override { return std::nullopt; }

  CommitResult Commit() override {
    if (writes_.empty() && !watches_) return {};
    const absl::StatusOr<std::vector<Reply>> replies = connection_->Ask(CommitRequest());
    if (!replies.ok()) return FailedCommit(replies.status());
    if (replies->front().is_error()) {
      // EXEC had nothing to end, so the keys are still watched.
      Rollback();
      return WithoutMulti(*replies);
    }
    watches_ = false;
    const Reply& executed = replies->back();
    if (executed.is_null()) return {.ending = Ending::kConflict, .why = "a watched key changed"};
    if (executed.is_error()) {
      CommitResult result = FailedCommit(executed.status());
      // EXEC only says that there was an error before it.
      for (const Reply& reply : *replies) {
        if (reply.is_error()) {
          result.why = std::string(reply.status().message());
          break;
        }
      }
      return result;
    }
    // Redis does not undo the others if one fails.
    for (const client::ReplyView reply : executed) {
      if (reply.is_error()) return {.ending = Ending::kUnknown, .why = std::string(reply.text())};
    }
    return {};
  }

  void Rollback() override {
    if (!watches_) return;
    watches_ = false;
    if (!connection_->AskOne(Request("UNWATCH")).ok()) connection_->Close();
  }

  std::optional<CommitResult> CommitAndDrop() override {
    if (writes_.empty()) return std::nullopt;
    connection_->SendAndClose(CommitRequest());
    return CommitResult{.ending = Ending::kUnknown, .why = "dropped on purpose"};
  }

 private:
  // Each write was on its own then, and was done at once, unless it was refused in so many words.
  static CommitResult WithoutMulti(const std::vector<Reply>& replies) {
    CommitResult result = {.ending = Ending::kRefused,
                           .why = std::string(replies.front().status().message())};
    for (size_t i = 1; i + 1 < replies.size(); ++i) {
      const bool is_refused = replies[i].is_error() && client::OutcomeOf(replies[i].status()) ==
                                                           client::Outcome::kNotExecuted;
      if (!is_refused) result.ending = Ending::kUnknown;
    }
    return result;
  }

  Request CommitRequest() const {
    Request request("MULTI");
    request.Add(writes_).Add("EXEC");
    return request;
  }

  // Both leave together, and the server does one after the other.
  absl::StatusOr<Reply> WatchAndRead(const std::string& key, const Request& read) {
    Request request;
    if (!plan_.forget_to_watch) request.Add("WATCH", key);
    request.Add(read);
    absl::StatusOr<std::vector<Reply>> replies = connection_->Ask(request);
    if (!replies.ok()) return OperationError(replies.status());
    watches_ = true;
    for (const Reply& reply : *replies) {
      if (reply.is_error()) return OperationError(reply.status());
    }
    return std::move(replies->back());
  }

  Request writes_;
  std::map<std::string, std::optional<std::string>, std::less<>> own_values_;
  std::map<std::string, std::vector<std::string>, std::less<>> own_elements_;
  bool watches_ = false;
};

}  // namespace

std::unique_ptr<Session> MakeWatchSession(const RespPlan& plan,
                                          std::unique_ptr<RespConnection> connection) {
  return std::make_unique<WatchSession>(plan, std::move(connection));
}

}  // namespace nacre::check::run
