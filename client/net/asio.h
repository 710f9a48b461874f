#ifndef NACRE_CLIENT_NET_ASIO_H_
#define NACRE_CLIENT_NET_ASIO_H_

// The types of Asio that connections use, with the concrete executor in them: the type-erased one
// costs a virtual call and an allocation for each operation. Included by net/ only.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>

namespace nacre::client {

using IoContext = boost::asio::io_context;
using Executor = IoContext::executor_type;
using Tcp = boost::asio::ip::tcp;
using UnixStream = boost::asio::local::stream_protocol;
using Resolver = boost::asio::ip::basic_resolver<Tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
using SystemError = boost::system::error_code;

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_ASIO_H_
