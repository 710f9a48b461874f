#ifndef NACRE_TESTS_CHECK_JUDGE_PICTURE_LAYOUT_H_
#define NACRE_TESTS_CHECK_JUDGE_PICTURE_LAYOUT_H_

// Where everything of a scene stands. All lengths are pixels.

#include <cstdint>
#include <vector>

#include "tests/check/judge/picture/scene.h"

namespace nacre::check::judge {

inline constexpr int kCellWidth = 8;  // Of the font of operations and labels, of 13 pixels.
inline constexpr int kLineHeight = 20;
inline constexpr int kBoxPadding = 12;
inline constexpr int kHeaderHeight = 28;
inline constexpr int kLanePadding = 12;
inline constexpr int kLaneTitleHeight = 30;

struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const { return x + width; }
  int bottom() const { return y + height; }
};

// Leaves its box by a side, and enters the other by its top or bottom.
struct Route {
  int start_x = 0;
  int start_y = 0;
  int end_x = 0;
  int end_y = 0;
  int label_x = 0;  // The middle of the label, which stands above the line.
};

struct Layout {
  std::vector<Rect> lanes;
  std::vector<Rect> boxes;
  std::vector<Route> routes;  // Of the arrows.
  int width = 0;
  int height = 0;
};

Layout LayoutOf(const Scene& scene);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_PICTURE_LAYOUT_H_
