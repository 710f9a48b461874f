// The table of the textbook, L(i, j) = the length for the first i bytes of a and the first j bytes
// of b, 64 cells at a time.
//
// In a row, L grows by 0 or 1 from column to column, so a row is a string of bits: bit j is clear
// where L(i, j + 1) = L(i, j) + 1. A row follows from the one above it, V, and the set M of the
// columns where b has the row's byte, by
//     V' = (V + (V & M)) | (V & ~M)
// over the whole width of b: H. Hyyro, "Bit-parallel LCS-length computation revisited" (2004).
// The addition carries to the right in the table; the columns are worked through in strips of 64,
// and the carry of each row goes on in the next strip.
//
// The bits are also all that the walk back needs. Where the bytes of cell (i, j) differ, L(i, j) is
// the larger of its neighbours above and to the left; if it has grown from the left one, the one
// above is larger, and otherwise it is not.

#include "server/commands/longest_common_subsequence.h"

#include <array>
#include <bit>

namespace nacre::server {

namespace {

constexpr size_t kStrip = 64;

size_t Strips(std::string_view b) { return (b.size() + kStrip - 1) / kStrip; }

// Works through one strip of columns, the bytes `b` (at most 64), and calls `row` with the bits of
// each row. `carries` holds one carry a row, from the strip before to the one after.
template <typename VisitRow>
void WorkStrip(std::string_view a, std::string_view b, std::vector<uint8_t>& carries,
               VisitRow row) {
  std::array<uint64_t, 256> columns_of = {};
  for (size_t j = 0; j < b.size(); ++j) {
    columns_of[static_cast<unsigned char>(b[j])] |= uint64_t{1} << j;
  }
  uint64_t bits = ~uint64_t{0};
  for (size_t i = 0; i < a.size(); ++i) {
    const uint64_t match = columns_of[static_cast<unsigned char>(a[i])];
    uint64_t sum = 0;
    const bool first = __builtin_add_overflow(bits, bits & match, &sum);
    const bool second = __builtin_add_overflow(sum, uint64_t{carries[i]}, &sum);
    carries[i] = first || second ? 1 : 0;
    bits = sum | (bits & ~match);
    row(i, bits);
  }
}

// Where the walk back stands, and the runs it has found.
class Walk {
 public:
  void Match(size_t i, size_t j) {
    if (!running_) {
      runs_.push_back({i, i, j, j});
      running_ = true;
    } else {
      runs_.back().a_first = i;
      runs_.back().b_first = j;
    }
  }
  void Step() { running_ = false; }
  std::vector<CommonRun> Take() { return std::move(runs_); }

 private:
  std::vector<CommonRun> runs_;
  bool running_ = false;
};

}  // namespace

size_t CommonSubsequenceLength(std::string_view a, std::string_view b) {
  if (a.empty()) return 0;
  std::vector<uint8_t> carries(a.size(), 0);
  size_t length = 0;
  for (size_t strip = 0; strip < Strips(b); ++strip) {
    const std::string_view columns = b.substr(strip * kStrip, kStrip);
    uint64_t last_row = 0;
    WorkStrip(a, columns, carries, [&](size_t, uint64_t bits) { last_row = bits; });
    const uint64_t width =
        columns.size() == kStrip ? ~uint64_t{0} : (uint64_t{1} << columns.size()) - 1;
    length += static_cast<size_t>(std::popcount(~last_row & width));
  }
  return length;
}

std::vector<CommonRun> CommonSubsequence(std::string_view a, std::string_view b) {
  std::vector<uint64_t> table(a.size() * Strips(b));
  std::vector<uint8_t> carries(a.size(), 0);
  for (size_t strip = 0; strip < Strips(b); ++strip) {
    uint64_t* const rows = table.data() + strip * a.size();
    WorkStrip(a, b.substr(strip * kStrip, kStrip), carries,
              [rows](size_t i, uint64_t bits) { rows[i] = bits; });
  }
  Walk walk;
  size_t i = a.size();
  size_t j = b.size();
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      walk.Match(--i, --j);
      continue;
    }
    walk.Step();
    const uint64_t bits = table[(j - 1) / kStrip * a.size() + (i - 1)];
    const bool grown = (bits >> ((j - 1) % kStrip) & 1) == 0;
    if (grown) {
      --i;
    } else {
      --j;
    }
  }
  return walk.Take();
}

}  // namespace nacre::server
