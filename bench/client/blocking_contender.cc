#include "bench/client/contender.h"
#include "nacre/client/blocking.h"

namespace nacre::bench {
namespace {

class Blocking final : public Contender {
 public:
  enum class Replies { kEach, kAll };

  Blocking(uint16_t port, Replies replies)
      : replies_(replies), client_(OptionsFor(port)), request_() {}

  std::string_view name() const override {
    return replies_ == Replies::kEach ? "blocking, ExecEach" : "blocking, ExecAll";
  }

  uint64_t Run(Operation operation, Load& load, int pipeline, int batches) override {
    uint64_t bytes = 0;
    for (int batch = 0; batch < batches; ++batch) {
      request_.Clear();
      for (int i = 0; i < pipeline; ++i) AddCommand(operation, load, request_);
      bytes += replies_ == Replies::kEach ? RunEach() : RunAll();
    }
    return bytes;
  }

 private:
  uint64_t RunEach() {
    uint64_t bytes = 0;
    const absl::Status status = client_.ExecEach(
        request_, [&bytes](client::ReplyView reply) { bytes += reply.text().size(); });
    if (!status.ok()) Fail(status.ToString());
    return bytes;
  }

  uint64_t RunAll() {
    const absl::StatusOr<std::vector<client::Reply>> replies = client_.ExecAll(request_);
    if (!replies.ok()) Fail(replies.status().ToString());
    uint64_t bytes = 0;
    for (const client::Reply& reply : *replies) bytes += reply.text().size();
    return bytes;
  }

  const Replies replies_;
  client::BlockingClient client_;
  client::Request request_;
};

}  // namespace

void AddBlocking(uint16_t port, Contenders& contenders) {
  contenders.push_back(std::make_unique<Blocking>(port, Blocking::Replies::kEach));
  contenders.push_back(std::make_unique<Blocking>(port, Blocking::Replies::kAll));
}

}  // namespace nacre::bench
