#ifndef NACRE_TESTS_SERVER_WIRE_CLIENT_H_
#define NACRE_TESTS_SERVER_WIRE_CLIENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::server {

// A connection that speaks the protocol and shows replies as text that tests can compare:
//   +OK   -ERR ...   :1   "bytes"   (nil)   (nil array)   [a, b]   {k: v}   ~[a, b]   =text
//   (closed) when the server has closed, (timeout) when nothing came for ten seconds.
class WireClient {
 public:
  explicit WireClient(uint16_t port);
  ~WireClient();
  WireClient(WireClient&& other) noexcept;
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;

  // Sends words as they are, and reads one reply.
  std::string DoWords(const std::vector<std::string>& words);
  // The same with words that blanks part.
  std::string Do(std::string_view line);

  void SendWords(const std::vector<std::string>& words);
  void Send(std::string_view line);
  // False if the server does not take it: it has closed.
  bool SendRaw(std::string_view bytes);
  // Sends as much as the kernel takes without waiting.
  size_t SendWithoutWaiting(std::string_view bytes);
  std::string Read();
  // Whether a reply, or the end, can be read without waiting.
  bool Readable();
  // No more requests; replies can still be read.
  void ShutDownSending();
  void Close();
  // The same, but the other side gets an error and not an end.
  void CloseByReset();

 private:
  bool Fill();
  bool ReadLine(std::string& line);
  bool ReadBytes(size_t count, std::string& bytes);
  std::string ReadItems(const std::string& count, std::string_view open, std::string_view close,
                        bool pairs);

  int socket_ = -1;
  bool timed_out_ = false;
  std::string input_;
};

std::vector<std::string> SplitWords(std::string_view line);

}  // namespace nacre::server

#endif  // NACRE_TESTS_SERVER_WIRE_CLIENT_H_
