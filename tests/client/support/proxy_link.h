#ifndef NACRE_TESTS_CLIENT_SUPPORT_PROXY_LINK_H_
#define NACRE_TESTS_CLIENT_SUPPORT_PROXY_LINK_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/client/support/proxy.h"
#include "tests/client/support/socket.h"

namespace nacre::client::support {

// One connection through a proxy: a thread that polls both sides.
class Proxy::Link {
 public:
  Link(Proxy& proxy, const ProxyPlan& plan, Socket client)
      : proxy_(proxy), plan_(plan), client_(std::move(client)) {}

  void Start();
  void Join() { thread_.join(); }

  // What the proxy's other threads see and ask for. Guarded by proxy_.mutex_; after a change of the
  // last, Wake().
  struct Shared {
    std::array<uint64_t, 2> passed = {};
    bool held = false;
    bool cut = false;
    bool server_closed = false;
    std::optional<Cut::How> cut_request;
  };
  Shared& shared() { return shared_; }
  void Wake() { waker_.Wake(); }

 private:
  // The bytes that go one way.
  struct Flow {
    std::string pending;      // Read, not yet written.
    uint64_t passed = 0;      // As in Shared, for this thread.
    bool ended = false;       // Nothing more comes from the source.
    bool finished = false;    // The sink has been told of the end.
    bool forgetting = false;  // Nobody wants what comes.
  };

  void Run();
  // False: the proxy is being destroyed.
  bool TakeOrders();
  void FailIfPlanned();
  void CutNow(Cut::How how);
  // How many bytes may be read of this direction now.
  size_t Room(Direction direction) const;
  bool WantsInput(Direction direction) const;
  void WaitForSockets();
  void Read(Direction direction);
  void Write(Direction direction);
  void PassEnd(Direction direction);

  Flow& flow(Direction direction) { return flows_[static_cast<size_t>(direction)]; }
  const Flow& flow(Direction direction) const { return flows_[static_cast<size_t>(direction)]; }
  Socket& source(Direction direction) {
    return direction == Direction::kToServer ? client_ : server_;
  }
  Socket& sink(Direction direction) {
    return direction == Direction::kToServer ? server_ : client_;
  }

  Proxy& proxy_;
  const ProxyPlan plan_;
  Waker waker_;
  Shared shared_;

  // Of the thread.
  Socket client_;
  Socket server_;
  std::array<Flow, 2> flows_;
  bool released_ = false;
  bool cut_ = false;

  std::thread thread_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_PROXY_LINK_H_
