// LOLWUT: the layers of a shell, whose lining is nacre.

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"
#include "server/version.h"

namespace nacre::server {

namespace {

constexpr int64_t kColumnsMax = 200;
constexpr int64_t kRowsMax = 100;

// Growth lines along a logarithmic spiral, seen from the side: each turn is wider than the one
// before by the same factor.
std::string DrawShell(int64_t columns, int64_t rows) {
  constexpr std::string_view kShades = " .:-=+*%@";
  constexpr double kTurn = 6.283185307179586;
  constexpr double kLinesPerTurn = 2.5;
  constexpr double kAspect = 2.0;  // A character is twice as high as wide.
  std::string drawing;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const double x = (static_cast<double>(column) + 0.5 - static_cast<double>(columns) / 2);
      const double y = (static_cast<double>(row) + 0.5 - static_cast<double>(rows) / 2) * kAspect;
      const double radius = std::hypot(x, y);
      const double rim =
          std::min(static_cast<double>(columns), static_cast<double>(rows) * kAspect) / 2;
      if (radius > rim) {
        drawing.push_back(' ');
        continue;
      }
      const double phase = std::log(radius + 1) * kLinesPerTurn + std::atan2(y, x) / kTurn;
      const double depth = phase - std::floor(phase);
      drawing.push_back(kShades[static_cast<size_t>(depth * static_cast<double>(kShades.size()))]);
    }
    while (!drawing.empty() && drawing.back() == ' ') drawing.pop_back();
    drawing.push_back('\n');
  }
  return drawing;
}

}  // namespace

void RunLolwut(Session& session, Args args) {
  Args sizes = args.subspan(1);
  if (sizes.size() >= 2 && EqualsIgnoringCase(sizes[0], "version")) {
    if (!ParseInteger(sizes[1])) {
      session.out().Error(kNotAnInteger);
      return;
    }
    sizes = sizes.subspan(2);  // Every version has the same drawing.
  }
  int64_t size[2] = {60, 24};
  for (size_t i = 0; i < std::min<size_t>(sizes.size(), 2); ++i) {
    const auto given = ParseInteger(sizes[i]);
    if (!given) {
      session.out().Error(kNotAnInteger);
      return;
    }
    size[i] = std::clamp<int64_t>(*given, 1, i == 0 ? kColumnsMax : kRowsMax);
  }
  session.out().Verbatim(absl::StrCat(DrawShell(size[0], size[1]), "\nNacre ver. ",
                                      ToAbsl(kNacreVersion), ", after Redis ver. ",
                                      ToAbsl(kRedisVersion), "\n"));
}

}  // namespace nacre::server
