#include "tests/check/run/progress_line.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nacre::check::run {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(250);
constexpr char kEraseLine[] = "\r\x1b[K";

std::string WithCommas(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

}  // namespace

std::string ProgressWords(const Progress& progress) {
  const Tally& tally = progress.tally;
  const double seconds = std::max(absl::ToDoubleSeconds(progress.elapsed), 1e-3);
  const uint64_t all = std::max<uint64_t>(tally.all(), 1);
  std::string words = absl::StrCat(
      WithCommas(tally.committed), " transactions committed (",
      WithCommas(static_cast<uint64_t>(static_cast<double>(tally.committed) / seconds)), "/s), ",
      absl::StrFormat("%.1f%%",
                      100.0 * static_cast<double>(tally.conflicts) / static_cast<double>(all)),
      " conflicts, ", WithCommas(tally.rolled_back), " rolled back, ",
      tally.refused > 0 ? WithCommas(tally.refused) + " refused, " : "", WithCommas(tally.unknown),
      " unknown");
  if (progress.lives > 1) absl::StrAppend(&words, ", life ", progress.lives);
  absl::StrAppend(&words, absl::StrFormat(", %.1f s", seconds));
  return words + (progress.is_stopping ? ", waiting for answers" : "");
}

ProgressLine::ProgressLine(std::FILE* out) : out_(out), is_terminal_(isatty(fileno(out)) == 1) {}

ProgressLine::~ProgressLine() { Hide(); }

void ProgressLine::Hide() {
  if (!is_terminal_) return;
  std::fputs(kEraseLine, out_);
  std::fflush(out_);
}

void ProgressLine::Show(absl::Duration elapsed, absl::FunctionRef<std::string()> words) {
  if (!is_terminal_ || elapsed - shown_ < kInterval) return;
  shown_ = elapsed;
  std::fprintf(out_, "%s%s", kEraseLine, words().c_str());
  std::fflush(out_);
}

}  // namespace nacre::check::run
