// For libFuzzer: the first byte chooses how the rest is split; every split must agree. What is a
// reply is also converted, to whatever it may be.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/client/scan_all.h"

namespace nacre::client {
namespace {

template <typename T>
void Convert(const Reply& reply) {
  const absl::StatusOr<T> value = reply.To<T>();
  if (reply.is_error() && value.ok()) std::abort();
}

void ConvertFrames(std::string_view stream) {
  ReplyScanner scanner({.bytes_max = 4096, .depth_max = 8});
  while (scanner.Scan(stream) == ReplyScanner::Verdict::kReply) {
    const Reply reply(scanner.frame());
    if (reply.view().raw() != scanner.frame().raw()) std::abort();
    const absl::StatusOr<Reply> again = Reply::Parse(reply.view().raw());
    if (!again.ok() || DumpOf(again->view()) != DumpOf(scanner.frame())) std::abort();
    Convert<std::string>(reply);
    Convert<int64_t>(reply);
    Convert<uint8_t>(reply);
    Convert<double>(reply);
    Convert<bool>(reply);
    Convert<std::vector<std::optional<std::string>>>(reply);
    Convert<std::vector<std::pair<std::string, double>>>(reply);
    Convert<std::vector<std::pair<std::vector<int>, Reply>>>(reply);
    Convert<std::map<std::string, std::vector<Reply>>>(reply);
    stream.remove_prefix(scanner.frame_bytes());
  }
}

}  // namespace
}  // namespace nacre::client

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using nacre::client::ScanInPieces;
  using nacre::client::ScanWhole;
  if (bytes < 2) return 0;
  const nacre::client::ReplyScanner::Limits limits = {.bytes_max = size_t{4096} >> (data[0] % 8),
                                                      .depth_max = 8};
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, bytes - 1);
  const size_t step = data[0] / 8 + size_t{1};
  std::vector<size_t> cuts;
  for (size_t cut = step; cut < stream.size(); cut += step) cuts.push_back(cut);
  if (!(ScanInPieces(stream, cuts, limits) == ScanWhole(stream, limits))) std::abort();
  nacre::client::ConvertFrames(stream);
  return 0;
}
