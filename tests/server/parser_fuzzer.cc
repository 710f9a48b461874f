// For libFuzzer: the first byte chooses how the rest is split; every split must agree.

#include <cstdint>
#include <cstdlib>

#include "tests/server/parse_all.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using nacre::server::ParseInPieces;
  using nacre::server::ParseWhole;
  if (bytes < 2) return 0;
  const nacre::server::ParserLimits limits = {
      .bulk_bytes_max = 1024, .args_max = 64, .inline_bytes_max = 256, .request_bytes_max = 4096};
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, bytes - 1);
  const size_t step = data[0] % 16 + size_t{1};
  std::vector<size_t> cuts;
  for (size_t cut = step; cut < stream.size(); cut += step) cuts.push_back(cut);
  const nacre::server::Parsed whole = ParseWhole(stream, limits);
  if (!(ParseInPieces(stream, cuts, limits) == whole)) std::abort();
  if (!(nacre::server::ParseInBatches(stream, cuts, limits, step) == whole)) std::abort();
  return 0;
}
