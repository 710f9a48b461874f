// -u: an address as redis://user:pass@host:port/database.

#include <cctype>

#include "absl/strings/numbers.h"
#include "client/cli/options.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

bool IsHexDigit(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

bool Decode(std::string_view text, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    uint32_t byte = 0;
    if (i + 2 >= text.size() || !IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2]) ||
        !absl::SimpleHexAtoi(ToAbsl(text.substr(i + 1, 2)), &byte)) {
      return false;
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

bool ReadLogin(std::string_view login, client::ConnectionOptions& connection) {
  const size_t colon = login.find(':');
  // Without a colon it is the password.
  const std::string_view password =
      colon == std::string_view::npos ? login : login.substr(colon + 1);
  if (colon != std::string_view::npos && !Decode(login.substr(0, colon), connection.username)) {
    return false;
  }
  return Decode(password, connection.password);
}

bool ReadHost(std::string_view host, client::Endpoint& endpoint) {
  size_t colon = host.rfind(':');
  if (host.starts_with('[')) {
    const size_t bracket = host.find(']');
    if (bracket == std::string_view::npos) return false;
    colon = host.find(':', bracket);
    endpoint.host = host.substr(1, bracket - 1);
  } else if (!host.substr(0, colon).empty()) {
    if (!Decode(host.substr(0, colon), endpoint.host)) return false;
  }
  if (colon == std::string_view::npos) return true;
  int port = 0;
  if (!absl::SimpleAtoi(ToAbsl(host.substr(colon + 1)), &port) || port < 1 || port > 65535) {
    return false;
  }
  endpoint.port = static_cast<uint16_t>(port);
  return true;
}

}  // namespace

bool ReadUri(const std::string& uri, client::ConnectionOptions& connection) {
  std::string_view rest = uri;
  constexpr std::string_view kScheme = "redis://";
  if (!StartsWithIgnoringCase(rest, kScheme)) return false;
  rest.remove_prefix(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() &&
        (!absl::SimpleAtoi(ToAbsl(database), &connection.database) || connection.database < 0)) {
      return false;
    }
    rest = rest.substr(0, slash);
  }
  const size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    if (!ReadLogin(rest.substr(0, at), connection)) return false;
    rest.remove_prefix(at + 1);
  }
  return ReadHost(rest, connection.endpoint);
}

}  // namespace nacre::cli
