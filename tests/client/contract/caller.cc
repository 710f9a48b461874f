#include "tests/client/contract/caller.h"

namespace nacre::client::contract {

std::string_view NameOf(Face face) { return face == Face::kClient ? "Client" : "Blocking"; }

std::unique_ptr<Caller> MakeCaller(Face face, ClientOptions options) {
  return face == Face::kClient ? MakeClientCaller(std::move(options))
                               : MakeBlockingCaller(std::move(options));
}

}  // namespace nacre::client::contract
