#include <string>

#include "absl/strings/str_cat.h"
#include "nacre/client/options.h"

namespace nacre::client {

std::string Endpoint::ToString() const {
  if (!unix_path.empty()) return unix_path;
  const bool is_v6 = host.find(':') != std::string::npos;
  return is_v6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

}  // namespace nacre::client
