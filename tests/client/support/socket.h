#ifndef NACRE_TESTS_CLIENT_SUPPORT_SOCKET_H_
#define NACRE_TESTS_CLIENT_SUPPORT_SOCKET_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nacre::client::support {

// A file descriptor that is closed with its owner. Its calls are the system's: blocking unless they
// say otherwise. What a test machine always has (a free port, a descriptor) is taken for granted:
// without it, the process ends with a message.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { Close(); }

  // On 127.0.0.1; port 0: any free one.
  static Socket ListenOn(uint16_t port);
  static Socket ListenAt(const std::string& unix_path);
  static bool CanListenOn(uint16_t port);
  // Bound to a free port of 127.0.0.1 and not listening.
  static Socket Bind();
  // Not open if nobody listens.
  static Socket ConnectTo(uint16_t port);
  static Socket ConnectTo(const std::string& unix_path);
  // What waits in a listening socket; not open once that is shut down.
  Socket Accept() const;

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  uint16_t port() const;

  // False if the other side has gone.
  bool SendAll(std::string_view bytes) const;
  // At least one byte, appended; false at the end, or if the other side has gone.
  bool Receive(std::string& bytes) const;

  // No more bytes to the other side, which sees the end after those that were sent.
  void FinishSending() const;
  // Wakes every thread that waits for this socket; the descriptor stays.
  void ShutDown() const;
  void Close();
  // The other side sees an error, and loses what it has not read yet.
  void Reset();

 private:
  int descriptor_ = -1;
};

// Wakes a thread that waits in poll().
class Waker {
 public:
  Waker();
  void Wake() const;
  // Until the next Wake(), descriptor() is not readable.
  void Clear() const;
  int descriptor() const { return event_.descriptor(); }

 private:
  Socket event_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_SOCKET_H_
