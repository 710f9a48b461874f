#ifndef NACRE_BENCH_CLIENT_CONTENDER_H_
#define NACRE_BENCH_CLIENT_CONTENDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/client/options.h"
#include "nacre/client/request.h"

namespace nacre::bench {

enum class Operation { kGet, kSet };

// Which keys are asked for, in an order that has no locality, and what is stored. Cheap, because
// its cost counts for every contender.
class Load {
 public:
  Load(size_t keys, size_t value_bytes);

  std::string_view NextKey() {
    next_ = (next_ + kStep) % keys_.size();
    return keys_[next_];
  }
  std::string_view value() const { return value_; }
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  static constexpr size_t kStep = 7919;
  std::vector<std::string> keys_;
  std::string value_;
  size_t next_ = 0;
};

// One way of talking to the server, over one connection that stays open.
class Contender {
 public:
  virtual ~Contender() = default;
  virtual std::string_view name() const = 0;
  // `batches` times `pipeline` commands, as many in flight at once. Returns the bytes of text in
  // all replies, by which the caller knows that each was read. Ends the program on an error.
  virtual uint64_t Run(Operation operation, Load& load, int pipeline, int batches) = 0;
};

using Contenders = std::vector<std::unique_ptr<Contender>>;

// The reference comes first. All of them connect to 127.0.0.1.
void AddHiredis(uint16_t port, Contenders& contenders);
// No library at all: one send() of bytes that are built anew, recv() until as many bytes have come
// as the replies have. What is below this, no client can save.
void AddSystemCalls(uint16_t port, Contenders& contenders);
void AddConnection(uint16_t port, Contenders& contenders);
void AddBlocking(uint16_t port, Contenders& contenders);
void AddAsynchronous(uint16_t port, Contenders& contenders);

// For those of this library.
client::ClientOptions OptionsFor(uint16_t port);
inline void AddCommand(Operation operation, Load& load, client::Request& request) {
  if (operation == Operation::kGet) {
    request.Add("GET", load.NextKey());
  } else {
    request.Add("SET", load.NextKey(), load.value());
  }
}

[[noreturn]] void Fail(std::string_view what);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_CLIENT_CONTENDER_H_
