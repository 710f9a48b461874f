// A hundred readers ask for the same page at the same moment, and it takes long to make. The cache
// has it made once, and keeps it on the server for the next ones.
//
//   client_cache [host [port]]        default 127.0.0.1 6379; Nacre or Redis

#include "nacre/client/cache.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "nacre/client/client.h"

using nacre::client::Awaitable;
using nacre::client::Cache;
using nacre::client::Client;

// What the cache stands before: slow, and it counts how often it is asked.
class PageMaker {
 public:
  explicit PageMaker(boost::asio::io_context& context) : context_(context) {}

  Awaitable<absl::StatusOr<std::string>> Make(std::string name) {
    ++made_;
    boost::asio::steady_timer work(context_, std::chrono::milliseconds(100));
    co_await work.async_wait(boost::asio::use_awaitable);
    co_return "<h1>" + name + "</h1>";
  }
  int made() const { return made_; }

 private:
  boost::asio::io_context& context_;
  int made_ = 0;
};

// One reader. The loader may outlive this call, so it takes `name` by value, and `maker`, which
// outlives the cache, by reference.
Awaitable<absl::StatusOr<std::string>> Page(Cache& cache, PageMaker& maker, std::string name) {
  const auto load = [name, &maker] { return maker.Make(name); };
  co_return co_await cache.Cached(name, absl::Minutes(10), load);
}

int main(int argc, char** argv) {
  nacre::client::ClientOptions options;
  if (argc > 1) options.connection.endpoint.host = argv[1];
  if (argc > 2) options.connection.endpoint.port = static_cast<uint16_t>(std::stoi(argv[2]));

  boost::asio::io_context context;
  Client client(context, options);
  PageMaker maker(context);
  Cache cache(client, {.prefix = "example:page:"});

  constexpr int kReaders = 100;
  int answers = 0, mistakes = 0;
  const auto run = [&]() -> Awaitable<void> {
    (void)co_await cache.Invalidate("welcome");  // Of an earlier run.
    for (int i = 0; i < kReaders; ++i) {
      boost::asio::co_spawn(context, Page(cache, maker, "welcome"),
                            [&](std::exception_ptr thrown, absl::StatusOr<std::string> page) {
                              if (thrown != nullptr || !page.ok() || *page != "<h1>welcome</h1>")
                                ++mistakes;
                              if (++answers == kReaders) client.Close();
                            });
    }
  };
  boost::asio::co_spawn(context, run(), boost::asio::detached);
  context.run();

  std::cout << answers << " readers were answered, the page was made " << maker.made()
            << (maker.made() == 1 ? " time\n" : " times\n");
  return mistakes == 0 && maker.made() == 1 ? 0 : 1;
}
