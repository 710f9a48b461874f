#ifndef NACRE_TESTS_CLIENT_SUPPORT_PROXY_H_
#define NACRE_TESTS_CLIENT_SUPPORT_PROXY_H_

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "tests/client/support/socket.h"

namespace nacre::client::support {

enum class Direction : uint8_t { kToServer = 0, kToClient = 1 };

// Stands between clients and a server, lets bytes pass, and fails where the test says. Each
// connection has a plan:
//
//   Proxy proxy(server.port(), {.cut = Cut{Direction::kToClient, 7}});   // Byte 8 never arrives.
//
// A cut ends the client's side at once; the server's side gets the end of the stream and is read
// until the server closes too, so that after WaitUntilServerClosed() the server has done all that
// it will ever do of what passed.
struct Cut {
  enum class How : uint8_t { kEnd, kReset };

  Direction direction = Direction::kToServer;
  uint64_t after_bytes = 0;  // So many pass in this direction, exactly; 0: cut on connecting.
  How how = How::kEnd;       // What the client sees.
};

// Exactly so many bytes pass in this direction, the others when Release() is called.
struct Hold {
  Direction direction = Direction::kToServer;
  uint64_t after_bytes = 0;
};

struct ProxyPlan {
  std::optional<Cut> cut = {};
  std::optional<Hold> hold = {};
  // One byte a packet, in both directions.
  bool one_byte_at_a_time = false;
  // Accepts and lets nothing pass.
  bool black_hole = false;
};

class Proxy {
 public:
  // Of a connection, by its number in the order of connecting, from 0. Called by the proxy's
  // thread.
  using PlanFor = std::function<ProxyPlan(int connection)>;

  explicit Proxy(uint16_t server_port, const ProxyPlan& plan = {})
      : Proxy(server_port, [plan](int) { return plan; }) {}
  Proxy(uint16_t server_port, PlanFor plan_for);
  // Ends all connections.
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  uint16_t port() const { return port_; }

  // Lets what is held pass, also of black holes, and holds nothing from now on.
  void Release();
  // Cuts the connections that are open now.
  void CutAll(Cut::How how = Cut::How::kEnd);

  int connections() const;
  // Connections that have reached their hold or been cut.
  int failures() const;
  // What has passed, of all connections or of one.
  uint64_t bytes(Direction direction) const;
  uint64_t bytes(Direction direction, int connection) const;

  void WaitForConnections(int count) const;
  void WaitForBytes(Direction direction, uint64_t count) const;
  // Until some connection has reached its hold, or its cut.
  void WaitUntilHeld() const;
  void WaitUntilCut() const;
  // Until the server has closed every connection that was made so far.
  void WaitUntilServerClosed() const;

 private:
  class Link;
  friend class Link;
  void AcceptLoop();

  const uint16_t server_port_;
  const PlanFor plan_for_;
  Socket listener_;
  uint16_t port_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  bool stopping_ = false;
  bool released_ = false;
  std::list<std::unique_ptr<Link>> links_;

  std::thread acceptor_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_PROXY_H_
