#include "client/net/transport.h"

#include "client/net/socket_transport.h"

namespace nacre::client {

std::unique_ptr<Transport> MakeTransport(IoContext& context, const ConnectionOptions& options) {
  return options.endpoint.unix_path.empty() ? MakeTcpTransport(context, options)
                                            : MakeUnixTransport(context, options);
}

}  // namespace nacre::client
