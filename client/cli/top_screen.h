#ifndef NACRE_CLIENT_CLI_TOP_SCREEN_H_
#define NACRE_CLIENT_CLI_TOP_SCREEN_H_

// A report of `nacre-cli top` as the lines of a screen.

#include <string>
#include <vector>

#include "client/cli/top_model.h"

namespace nacre::cli {

struct TopView {
  std::string address = {};
  absl::Duration interval = absl::ZeroDuration();
  bool paused = false;
  TopOrder order = TopOrder::kTime;
  std::string trouble = {};  // Why there is nothing new; empty: nothing is wrong.
  size_t rows = 24;
  size_t columns = 80;
};

// At most `rows` lines of at most `columns` columns; what matters most stands first.
std::vector<std::string> RenderTop(const TopReport& report, const TopView& view);

// The lines drawn over what is on the screen, without flicker: nothing is cleared before it is
// written over.
std::string DrawInPlace(const std::vector<std::string>& lines);

// "999", "12.3k", "4.56M"; below ten with one decimal, unless whole.
std::string ShortNumber(double number);
// "45ms", "12.3s", "5m 10s", "3h 20m", "12d 4h"
std::string ShortDuration(absl::Duration duration);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_TOP_SCREEN_H_
