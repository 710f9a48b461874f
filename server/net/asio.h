#ifndef NACRE_SERVER_NET_ASIO_H_
#define NACRE_SERVER_NET_ASIO_H_

// The types of Asio that the server uses, with the concrete executor in them: the type-erased one
// costs a virtual call and an allocation for each operation. Included by net/ only.

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>

namespace nacre::server {

using IoContext = boost::asio::io_context;
using Tcp = boost::asio::ip::tcp;
using Socket = boost::asio::basic_stream_socket<Tcp, IoContext::executor_type>;
using Acceptor = boost::asio::basic_socket_acceptor<Tcp, IoContext::executor_type>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                IoContext::executor_type>;
using ErrorCode = boost::system::error_code;

}  // namespace nacre::server

#endif  // NACRE_SERVER_NET_ASIO_H_
