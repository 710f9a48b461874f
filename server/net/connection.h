#ifndef NACRE_SERVER_NET_CONNECTION_H_
#define NACRE_SERVER_NET_CONNECTION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "server/base/byte_buffer.h"
#include "server/clients/client_record.h"
#include "server/net/asio.h"
#include "server/resp/request_batch.h"
#include "server/server_state.h"
#include "server/session/session.h"

namespace nacre::server {

class IoThread;

// A client's socket, its buffers and its session. Lives on one I/O thread; only a slow command runs
// elsewhere, and while it does nobody else touches the session or the buffers it uses.
//
// Requests that arrive together are run together, and their replies leave in one send. What the
// socket does not take at once is written when it can be; beyond a bound of such output, requests
// are neither read nor run.
//
// Phases: serving -> flushing (the last replies leave) -> lingering (our side is shut; what the
// client still sends is thrown away, because closing with unread input would make the kernel drop
// the replies under way) -> closed. When it is closed and no operation is pending, its thread
// deletes it.
class Connection {
 public:
  Connection(IoThread& thread, Socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();
  // The number that CLIENT knows it by.
  uint64_t id() const { return record_->id; }
  // Answers with this error and closes.
  void StartRejected(std::string_view error);

  // The server stops: runs what has arrived, sends the replies, closes.
  void Drain();
  // Closes at once.
  void Abort();
  // Another thread has changed the record: CLIENT KILL or CLIENT UNBLOCK.
  void OnWake();
  // Closes it if it has been idle for longer than the timeout.
  void CloseIfIdle(int64_t now_nanos, int64_t timeout_nanos);

  // What IoThread::SendSoon() was asked for.
  void SendNow();
  // Called now and then after IoThread::WatchTime(). False: no need to call again.
  bool CheckTimeLimits(absl::Time now);

 private:
  enum class Phase : uint8_t { kServing, kFlushing, kLingering, kClosed };

  void Read();
  void OnRead(const ErrorCode& error, size_t bytes);
  void ReadWhatIsLeft();
  // Runs the requests that have arrived, and sends the replies.
  void Process();
  void CountErrors();  // Of all replies since the last time.
  // Runs the next request, or several that share a commit. Returns how many; 0: there is nothing to
  // run for now.
  size_t ProcessSome();
  // False: no request is complete.
  bool FillBatch();
  void FinishRequest();
  // Process() once the other clients have had their turn.
  void GoOnLater();
  // Takes over limits that have changed, or that end with authentication.
  void RefreshLimits();
  void SubmitSlow();
  void OnSlowDone(Session::Outcome outcome);
  // A command answers later.
  void BeginWait();
  // Takes what arrives meanwhile.
  void WatchInput();
  void OnInput(const ErrorCode& error);
  // It waits, and has sent so much meanwhile that no more is read.
  bool InputIsHeldBack() const;
  bool ClientHasLeft();
  void EndWait(Session::WaitEnd how);
  // Answers it if somebody else has ended the wait already; if nobody has, and `how` is given, ends
  // it so.
  void SettleWait(std::optional<Session::WaitEnd> how);
  void Publish();
  // It is not among the clients any more.
  void Unlist();

  bool OutputIsFull() const;
  void Send();
  // Send() once the other clients that are ready have been served too.
  void SendSoon();
  void Write();
  void OnWritten(const ErrorCode& error, size_t bytes);

  void CloseAfterOutput();
  void Linger();
  void WatchTime();
  void DeleteIfIdle();

  IoThread& thread_;
  ServerState& server_;
  ServerState::ThreadCounters& counters_;
  Socket socket_;
  Phase phase_ = Phase::kServing;
  // Pending operations; each holds `this`.
  bool reading_ = false;
  bool writing_ = false;
  bool slow_ = false;
  bool later_ = false;
  bool watching_ = false;
  size_t wait_bytes_ = 0;  // Of the request that waits.
  uint64_t waits_ = 0;     // So far: tells a timer whether it is of the present one.
  int timers_ = 0;
  bool waiting_ = false;  // For the answer of a command.
  bool send_soon_ = false;
  bool together_ = true;  // Whether requests of this batch may still share a commit.
  bool draining_ = false;
  bool drained_ = false;
  bool time_watched_ = false;
  bool removed_ = false;
  bool listed_ = false;
  std::atomic<bool> abandoned_{false};  // Closed; read by the slow lane.
  uint32_t read_bytes_;
  uint64_t errors_counted_ = 0;
  uint64_t settings_version_ = 0;  // That the parser's limits are of.
  size_t output_bytes_max_ = 0;    // As of then.
  bool restricted_ = false;        // They are those of a client without a password.
  absl::Time deadline_;            // Of flushing and lingering.
  ByteBuffer input_;
  ByteBuffer output_;   // Replies that the session writes.
  ByteBuffer sending_;  // Replies that the socket did not take at once.
  RequestBatch batch_;
  std::shared_ptr<ClientRecord> record_;  // Shared with those who list it.
  std::unique_ptr<Timer> wait_timer_;     // Made for the first wait.
  Session session_;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_NET_CONNECTION_H_
