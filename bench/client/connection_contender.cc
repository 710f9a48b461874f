// One Connection and its consumer, on an event loop of its own: what the library costs below
// Client.

#include <boost/asio/io_context.hpp>

#include "bench/client/contender.h"
#include "nacre/client/connection.h"

namespace nacre::bench {
namespace {

class OneConnection final : public Contender, private client::ReplyConsumer {
 public:
  explicit OneConnection(uint16_t port) : connection_(context_, OptionsFor(port).connection) {
    connection_.Open([this](const absl::Status& status) {
      if (!status.ok()) Fail(status.ToString());
      context_.stop();
    });
    context_.run();
  }

  std::string_view name() const override { return "connection, consumer"; }

  uint64_t Run(Operation operation, Load& load, int pipeline, int batches) override {
    operation_ = operation;
    load_ = &load;
    pipeline_ = pipeline;
    batches_left_ = batches;
    bytes_ = 0;
    SendBatch();
    context_.restart();
    context_.run();
    return bytes_;
  }

 private:
  void SendBatch() {
    --batches_left_;
    request_.Clear();
    for (int i = 0; i < pipeline_; ++i) AddCommand(operation_, *load_, request_);
    connection_.Send(request_, *this, client::Deadline::max());
  }

  void OnReply(client::ReplyView reply) override { bytes_ += reply.text().size(); }
  void OnEnd(const absl::Status& status) override {
    if (!status.ok()) Fail(status.ToString());
    if (batches_left_ > 0) {
      SendBatch();
    } else {
      context_.stop();
    }
  }

  boost::asio::io_context context_{1};
  client::Connection connection_;
  client::Request request_;
  Operation operation_ = Operation::kGet;
  Load* load_ = nullptr;
  int pipeline_ = 0;
  int batches_left_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

void AddConnection(uint16_t port, Contenders& contenders) {
  contenders.push_back(std::make_unique<OneConnection>(port));
}

}  // namespace nacre::bench
