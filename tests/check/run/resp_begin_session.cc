// Transactions of BEGIN and COMMIT: every operation is asked for, and answered, by itself.

#include "nacre/client/errors.h"
#include "tests/check/run/resp_session.h"

namespace nacre::check::run {
namespace {

using client::Reply;
using client::Request;

class BeginSession final : public RespSession {
 public:
  using RespSession::RespSession;

  // BEGIN leaves with the first read, to save its journey.
  absl::Status Begin(bool read_only) override {
    begin_ = Request();
    const std::string_view level =
        plan_.isolation == Isolation::kSnapshot ? "SNAPSHOT" : "SERIALIZABLE";
    std::vector<std::string_view> words = {"BEGIN", level};
    if (read_only) words.push_back("READONLY");
    if (plan_.timestamps) words.push_back("TIMESTAMP");
    begin_.AddWords(words);
    begun_ = wrote_ = false;
    begin_timestamp_ = std::nullopt;
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> Read(std::string_view key) override {
    const absl::StatusOr<Reply> reply = DoRead(Request("GET", KeyOf(key)));
    if (!reply.ok()) return reply.status();
    return reply->To<std::optional<std::string>>();
  }

  absl::Status ReadList(std::string_view key, std::vector<std::string>& elements) override {
    const absl::StatusOr<Reply> reply = DoRead(ListRequest(KeyOf(key)));
    if (!reply.ok()) return reply.status();
    return ReadElements(*reply, elements);
  }

  absl::Status Append(std::string_view key, std::string_view element) override {
    return DoWrite(AppendRequest(KeyOf(key), element));
  }
  absl::Status Write(std::string_view key, std::string_view value) override {
    return DoWrite(Request("SET", KeyOf(key), value));
  }
  absl::Status Delete(std::string_view key) override { return DoWrite(Request("DEL", KeyOf(key))); }

  absl::StatusOr<std::vector<Row>> Scan(const KeyRange& range) override {
    const std::string low = "[" + KeyOf(range.start);
    // Nothing that begins with the prefix comes behind this.
    const std::string high = "(" + (range.end ? KeyOf(*range.end) : plan_.prefix + "\xff");
    Request request;
    if (range.reverse) {
      request.Add("RANGE", high, low, "REV", "WITHVALUES");
    } else {
      request.Add("RANGE", low, high, "WITHVALUES");
    }
    const absl::StatusOr<Reply> reply = DoRead(request);
    if (!reply.ok()) return reply.status();
    absl::StatusOr<std::vector<Row>> rows = reply->To<std::vector<Row>>();
    if (!rows.ok()) return rows.status();
    for (Row& row : *rows) {
      if (row.first.starts_with(plan_.prefix)) row.first.erase(0, plan_.prefix.size());
    }
    return rows;
  }

  std::optional<uint64_t> begin_timestamp() const override { return begin_timestamp_; }

  CommitResult Commit() override {
    if (!begun_) return {};  // Has asked for nothing.
    begun_ = false;
    const absl::StatusOr<Reply> reply = connection_->AskOne(Request("COMMIT"));
    if (!reply.ok()) return FailedCommit(reply.status());
    CommitResult result;
    // Without TIMESTAMP, a number may be anything.
    const absl::StatusOr<uint64_t> timestamp = reply->To<uint64_t>();
    if (plan_.timestamps && timestamp.ok() && wrote_) result.commit_timestamp = *timestamp;
    return result;
  }

  void Rollback() override {
    if (!begun_) return;
    begun_ = false;
    const absl::StatusOr<Reply> reply = connection_->AskOne(Request("ROLLBACK"));
    // In a state that nobody knows nothing else may be begun.
    if (!reply.ok()) connection_->Close();
  }

  std::optional<CommitResult> CommitAndDrop() override {
    if (!begun_) return std::nullopt;
    connection_->SendAndClose(Request("COMMIT"));
    return CommitResult{.ending = Ending::kUnknown, .why = "dropped on purpose"};
  }

 private:
  absl::StatusOr<Reply> DoRead(const Request& read) {
    if (begun_) return Do(read);
    begin_.Add(read);
    absl::StatusOr<std::vector<Reply>> replies = connection_->Ask(begin_);
    if (!replies.ok()) return OperationError(replies.status());
    if ((*replies)[0].is_error()) return OperationError((*replies)[0].status());
    NoteBegun((*replies)[0]);
    if ((*replies)[1].is_error()) return OperationError((*replies)[1].status());
    return std::move((*replies)[1]);
  }

  // A write must not leave before BEGIN has succeeded: it would happen outside of the transaction.
  absl::Status DoWrite(const Request& write) {
    if (!begun_) {
      const absl::StatusOr<Reply> begun = Do(begin_);
      if (!begun.ok()) return begun.status();
      NoteBegun(*begun);
    }
    wrote_ = true;
    return Do(write).status();
  }

  void NoteBegun(const Reply& reply) {
    begun_ = true;
    const absl::StatusOr<uint64_t> timestamp = reply.To<uint64_t>();
    if (plan_.timestamps && timestamp.ok()) begin_timestamp_ = *timestamp;
  }

  absl::StatusOr<Reply> Do(const Request& command) {
    absl::StatusOr<Reply> reply = connection_->AskOne(command);
    if (!reply.ok()) return OperationError(reply.status());
    return reply;
  }

  Request begin_;
  bool begun_ = false;
  bool wrote_ = false;
  std::optional<uint64_t> begin_timestamp_;
};

}  // namespace

std::unique_ptr<Session> MakeBeginSession(const RespPlan& plan,
                                          std::unique_ptr<RespConnection> connection) {
  return std::make_unique<BeginSession>(plan, std::move(connection));
}

}  // namespace nacre::check::run
