#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/blocking/lease_impl.h"
#include "client/pool/lease_call.h"
#include "nacre/client/errors.h"

namespace nacre::client {

// --- The mailbox ---

namespace {

size_t BytesOf(const ReplyView& reply) { return reply.raw().size() + sizeof(Reply); }

}  // namespace

bool BlockingLease::Impl::Mailbox::HasRoomFor(ReplyView push) {
  if (bytes_ + BytesOf(push) <= bytes_max_ || replies_.empty()) return true;
  // Before the connection tells its end, which is a consequence.
  OnEnd(MakeError(absl::StatusCode::kResourceExhausted,
                  absl::StrCat("unreceived_bytes_max: ", replies_.size(),
                               " replies and messages have not been received"),
                  Outcome::kUnknown));
  return false;
}

void BlockingLease::Impl::Mailbox::Keep(ReplyView reply) {
  bytes_ += BytesOf(reply);
  replies_.emplace_back(reply);
  Deliver();
}

void BlockingLease::Impl::Mailbox::OnEnd(const absl::Status& status) {
  if (is_sending_) {
    refusal_ = status;
    return;
  }
  // The first reason is the one: what follows are its consequences.
  if (end_.ok()) end_ = status;
  Deliver();
}

void BlockingLease::Impl::Mailbox::OnClose(const absl::Status& why) {
  OnEnd(
      MakeError(absl::StatusCode::kUnavailable, std::string(why.message()), Outcome::kNotExecuted));
}

void BlockingLease::Impl::Mailbox::Deliver() {
  if (!arrival_.is_waiting()) return;
  if (!replies_.empty()) {
    bytes_ -= BytesOf(replies_.front().view());
    *receiver_ = std::move(replies_.front());
    replies_.pop_front();
  } else if (!end_.ok()) {
    *receiver_ = end_;
  } else {
    return;
  }
  arrival_.Finish();
}

absl::Status BlockingLease::Impl::Mailbox::Send(Connection& connection, const Request& request) {
  is_sending_ = true;
  refusal_ = absl::OkStatus();
  connection.Send(request, *this, Deadline::max());
  is_sending_ = false;
  connection.Flush();
  return refusal_;
}

absl::StatusOr<Reply> BlockingLease::Impl::Mailbox::Receive(absl::Duration timeout) {
  absl::StatusOr<Reply> result;
  const bool in_time = arrival_.Run(timeout, [&] {
    receiver_ = &result;
    Deliver();
  });
  if (!in_time) {
    return MakeError(absl::StatusCode::kDeadlineExceeded, "nothing came within the timeout",
                     Outcome::kUnknown);
  }
  return result;
}

// --- The lease ---

BlockingLease::Impl::Impl(std::shared_ptr<blocking::Core> core, Lease lease)
    : core_(std::move(core)),
      server_(lease.connection().server()),
      mailbox_(*core_, core_->client().options().unreceived_bytes_max),
      lease_(std::move(lease)) {
  lease_.connection().SetPushHandler([this](ReplyView push) { OnPush(push); });
  lease_.connection().SetCloseHandler([this](const absl::Status& why) { mailbox_.OnClose(why); });
}

void BlockingLease::Impl::OnPush(ReplyView push) {
  if (mailbox_.HasRoomFor(push)) {
    mailbox_.Keep(push);
  } else {
    lease_.connection().Close(absl::ResourceExhaustedError("unreceived_bytes_max"));
  }
}

BlockingLease::Impl::~Impl() {
  core_->DoThrough([this] {
    lease_.connection().SetPushHandler(nullptr);
    lease_.connection().SetCloseHandler(nullptr);
    lease_.connection().Forget(mailbox_);
    lease_ = Lease();
  });
}

absl::StatusOr<std::vector<Reply>> BlockingLease::Impl::ExecAll(const Request& request,
                                                                const CallOptions& options) {
  const Deadline deadline = blocking::DeadlineOf(options, core_->client().options());
  LeaseCall call(lease_, MayBlock::kYes);
  return blocking::ExecAll(core_->driver(), request, [&](ReplyConsumer& consumer) {
    call.Send(request, consumer, deadline);
  });
}

absl::Status BlockingLease::Impl::Send(const Request& request) {
  absl::Status status;
  const auto send = [&] { status = mailbox_.Send(lease_.connection(), request); };
  core_->Do(send, blocking::Driver::Look::kFirst);
  return status;
}

bool BlockingLease::Impl::is_open() {
  bool is_open = false;
  core_->Do([&] { is_open = lease_.connection().is_open(); }, blocking::Driver::Look::kFirst);
  return is_open;
}

absl::Duration BlockingLease::Impl::quiet_for() {
  Deadline last;
  core_->Do(
      [&] {
        const Connection& connection = lease_.connection();
        last = std::max(connection.last_heard(), connection.last_written());
      },
      blocking::Driver::Look::kFirst);
  return absl::FromChrono(std::chrono::steady_clock::now() - last);
}

void BlockingLease::Impl::Close() {
  core_->DoThrough(
      [this] { lease_.connection().Close(absl::CancelledError("closed by its holder")); });
}

void BlockingLease::Impl::DoNotReuse() {
  core_->Do([this] { lease_.DoNotReuse(); });
}

// --- The public face ---

BlockingLease::BlockingLease(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BlockingLease::BlockingLease(BlockingLease&&) noexcept = default;
BlockingLease& BlockingLease::operator=(BlockingLease&&) noexcept = default;
BlockingLease::~BlockingLease() = default;

absl::StatusOr<std::vector<Reply>> BlockingLease::ExecAll(const Request& request,
                                                          CallOptions options) {
  return impl_->ExecAll(request, options);
}

absl::StatusOr<Reply> BlockingLease::Exec(const Request& request, CallOptions options) {
  if (request.commands() != 1) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     "Exec takes one command; ExecAll takes several", Outcome::kNotExecuted);
  }
  absl::StatusOr<std::vector<Reply>> replies = ExecAll(request, options);
  if (!replies.ok()) return replies.status();
  // None: a command that push messages answer.
  if (replies->empty()) return Reply();
  if (absl::Status status = replies->front().status(); !status.ok()) return status;
  return std::move(replies->front());
}

absl::Status BlockingLease::Send(const Request& request) { return impl_->Send(request); }
absl::StatusOr<Reply> BlockingLease::Receive(absl::Duration timeout) {
  return impl_->Receive(timeout);
}
const ServerInfo& BlockingLease::server() const { return impl_->server(); }
bool BlockingLease::is_open() const { return impl_->is_open(); }
absl::Duration BlockingLease::quiet_for() const { return impl_->quiet_for(); }
void BlockingLease::Close() { impl_->Close(); }
void BlockingLease::DoNotReuse() { impl_->DoNotReuse(); }

}  // namespace nacre::client
