#include "client/pool/suspension.h"

#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"

namespace nacre::client {

void Suspension::ResumeLater(boost::asio::io_context& context) {
  boost::asio::post(context, [resume = std::exchange(resume_, nullptr)]() mutable { resume(); });
}

}  // namespace nacre::client
