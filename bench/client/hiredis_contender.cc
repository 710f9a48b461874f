// The reference: hiredis's blocking calls, as its manual shows them.

#include <hiredis/hiredis.h>

#include "bench/client/contender.h"

namespace nacre::bench {
namespace {

class Hiredis final : public Contender {
 public:
  enum class Encoding { kArguments, kFormat };

  Hiredis(uint16_t port, Encoding encoding)
      : encoding_(encoding), context_(redisConnect("127.0.0.1", port), &redisFree) {
    if (context_ == nullptr || context_->err != 0) Fail("hiredis cannot connect");
  }

  std::string_view name() const override {
    return encoding_ == Encoding::kArguments ? "hiredis" : "hiredis, format string";
  }

  uint64_t Run(Operation operation, Load& load, int pipeline, int batches) override {
    uint64_t bytes = 0;
    for (int batch = 0; batch < batches; ++batch) {
      for (int i = 0; i < pipeline; ++i) Append(operation, load);
      for (int i = 0; i < pipeline; ++i) {
        void* answer = nullptr;
        if (redisGetReply(context_.get(), &answer) != REDIS_OK) Fail("hiredis lost its connection");
        auto* reply = static_cast<redisReply*>(answer);
        if (reply->type == REDIS_REPLY_ERROR) Fail(reply->str);
        bytes += static_cast<uint64_t>(reply->len);
        freeReplyObject(reply);
      }
    }
    return bytes;
  }

 private:
  void Append(Operation operation, Load& load) {
    const std::string_view key = load.NextKey();
    const std::string_view value = load.value();
    if (encoding_ == Encoding::kArguments) {
      const bool get = operation == Operation::kGet;
      const char* words[] = {get ? "GET" : "SET", key.data(), value.data()};
      const size_t lengths[] = {3, key.size(), value.size()};
      redisAppendCommandArgv(context_.get(), get ? 2 : 3, words, lengths);
    } else if (operation == Operation::kGet) {
      redisAppendCommand(context_.get(), "GET %b", key.data(), key.size());
    } else {
      redisAppendCommand(context_.get(), "SET %b %b", key.data(), key.size(), value.data(),
                         value.size());
    }
  }

  const Encoding encoding_;
  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
};

}  // namespace

void AddHiredis(uint16_t port, Contenders& contenders) {
  contenders.push_back(std::make_unique<Hiredis>(port, Hiredis::Encoding::kArguments));
  contenders.push_back(std::make_unique<Hiredis>(port, Hiredis::Encoding::kFormat));
}

}  // namespace nacre::bench
