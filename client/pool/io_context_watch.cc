#include "client/pool/io_context_watch.h"

#include <utility>

namespace nacre::client {

boost::asio::execution_context::id IoContextWatch::id;

void IoContextWatch::Add(std::weak_ptr<Watcher> watcher) {
  // Those that are gone make place for new ones, so that the list is as long as there are clients.
  std::erase_if(watchers_, [](const auto& other) { return other.expired(); });
  watchers_.push_back(std::move(watcher));
}

void IoContextWatch::shutdown() {
  for (const std::weak_ptr<Watcher>& watcher : std::exchange(watchers_, {})) {
    if (const std::shared_ptr<Watcher> alive = watcher.lock()) alive->OnContextGone();
  }
}

}  // namespace nacre::client
