#ifndef NACRE_SERVER_NET_IO_THREAD_H_
#define NACRE_SERVER_NET_IO_THREAD_H_

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "server/clients/client_record.h"
#include "server/net/asio.h"
#include "server/net/connection.h"
#include "server/net/slow_lane.h"
#include "server/server_state.h"

namespace nacre::server {

// A thread with an event loop, and the connections that live on it. Nothing but what is said to be
// thread-safe may be called from another thread.
class IoThread : public ClientWaker {
 public:
  IoThread(ServerState& server, SlowLane& slow_lane, int index);
  // Precondition: Join() has returned, or Start() was never called.
  ~IoThread() override;
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void Start();
  // Thread-safe. The socket belongs to context().
  void Adopt(Socket socket);
  // Thread-safe. Answers with this error and closes.
  void Reject(Socket socket, std::string error);
  // Thread-safe. Lets every connection finish what is in flight, at most for the shutdown timeout,
  // then ends the thread.
  void Drain();
  void Wake(uint64_t client_id) override;
  // Thread-safe. The timeout of idle clients may have changed.
  void OnSettingsChanged();
  // Waits for the end of the thread. Thread-safe, once.
  void Join();

  IoContext& context() { return context_; }
  ServerState& server() { return server_; }
  SlowLane& slow_lane() { return slow_lane_; }
  ServerState::ThreadCounters& counters() { return counters_; }

  // The connection is closed and waits for nothing; it is deleted when its caller has returned.
  void Remove(Connection& connection);
  // Calls SendNow() of the connection once those that are ready now have been served. A client that
  // sleeps is woken by its first reply: those of a round that leave together wake it once.
  void SendSoon(Connection& connection);
  // Calls CheckTimeLimits() of the connection now and then, until that returns false.
  void WatchTime(Connection& connection);

 private:
  using Work = boost::asio::executor_work_guard<IoContext::executor_type>;

  Connection& Add(Socket socket, bool counted);
  void ScheduleTick();
  void Tick();
  void WatchIdle();
  void CloseIdle();
  void BeginDrain();
  void EndIfDrained();

  const int index_;
  ServerState& server_;
  SlowLane& slow_lane_;
  ServerState::ThreadCounters& counters_;
  IoContext context_;
  std::optional<Work> work_;  // Keeps the loop going while there are no connections.
  Timer tick_timer_;
  Timer drain_timer_;
  Timer idle_timer_;
  bool ticking_ = false;
  bool watching_idle_ = false;
  bool draining_ = false;
  struct Entry {
    std::unique_ptr<Connection> connection;
    bool counted;  // Among the clients; those that are being turned away are not.
  };
  absl::flat_hash_map<Connection*, Entry> connections_;
  absl::flat_hash_map<uint64_t, Connection*> by_id_;
  absl::flat_hash_set<Connection*> time_watched_;
  std::vector<Connection*> send_soon_;
  std::vector<std::unique_ptr<Connection>> removed_;
  std::thread thread_;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_NET_IO_THREAD_H_
