#include "tests/check/judge/picture/layout.h"

#include <algorithm>
#include <numeric>

#include "tests/check/judge/printable.h"

namespace nacre::check::judge {
namespace {

constexpr int kRowGap = 34;
constexpr int kColumnGapMin = 36;
constexpr int kLabelMargin = 14;  // On both sides of a label, for the arrow to be seen.
constexpr int kTrack = 24;        // Between arrows at one side of a box.

// ONE-BOX-A-ROW-AND-COLUMN. No two boxes share a row or a column. An arrow leaves its box sideways,
// along its row, turns in the column of the other and goes along that to its top or bottom. So no
// arrow meets a third box, wherever it leads, and since labels stand in the gaps between columns,
// where nothing runs up or down, nothing crosses a label.
class Placer {
 public:
  explicit Placer(const Scene& scene)
      : scene_(scene), column_(scene.boxes.size()), exit_y_(scene.arrows.size()) {
    out_.boxes.resize(scene.boxes.size());
    out_.routes.resize(scene.arrows.size());
    out_.lanes.resize(scene.lanes.size());
  }

  Layout Place() {
    AssignColumns();
    PlaceRows();
    PlaceColumns();
    PlaceRoutes();
    return std::move(out_);
  }

 private:
  bool GoesRight(const Arrow& arrow) const { return column_[arrow.from] < column_[arrow.to]; }

  // Lane by lane; within a lane from first to last.
  void AssignColumns() {
    order_.resize(scene_.boxes.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
      return scene_.boxes[a].lane < scene_.boxes[b].lane;
    });
    for (uint32_t c = 0; c < order_.size(); ++c) column_[order_[c]] = c;
  }

  void PlaceRows() {
    int y = kLaneTitleHeight;
    for (uint32_t b = 0; b < out_.boxes.size(); ++b) {
      Rect& box = out_.boxes[b];
      box.y = y;
      const int lines = static_cast<int>(scene_.boxes[b].lines.size());
      box.height = kHeaderHeight + lines * kLineHeight + kBoxPadding / 2;
      box.height = std::max(box.height, PlaceExits(b, true) - y);
      box.height = std::max(box.height, PlaceExits(b, false) - y);
      y = box.bottom() + kRowGap;
    }
    out_.height = y - kRowGap + kLanePadding;
  }

  // At the operation that an arrow is about, or a little below if another leaves there. Returns how
  // far down the box has to reach.
  int PlaceExits(uint32_t b, bool right) {
    std::vector<uint32_t> leaving;
    for (uint32_t a = 0; a < scene_.arrows.size(); ++a) {
      if (scene_.arrows[a].from == b && GoesRight(scene_.arrows[a]) == right) leaving.push_back(a);
    }
    const auto wanted = [&](uint32_t a) {
      const uint32_t line = scene_.arrows[a].from_line;
      if (line == kNone) return out_.boxes[b].y + kHeaderHeight / 2;
      return out_.boxes[b].y + kHeaderHeight + static_cast<int>(line) * kLineHeight +
             kLineHeight / 2;
    };
    std::stable_sort(leaving.begin(), leaving.end(),
                     [&](uint32_t x, uint32_t y) { return wanted(x) < wanted(y); });
    int least = 0;
    for (const uint32_t a : leaving) {
      exit_y_[a] = std::max(wanted(a), least);
      least = exit_y_[a] + kTrack;
    }
    return leaving.empty() ? 0 : exit_y_[leaving.back()] + kBoxPadding;
  }

  int BoxWidth(uint32_t b) const {
    const TxnBox& box = scene_.boxes[b];
    const uint32_t about = box.about.empty() ? 0 : Cells(box.about) + 2;
    uint32_t cells = Cells(box.name) + about;
    for (const OpLine& line : box.lines) cells = std::max(cells, Cells(line.text));
    const auto entering = std::count_if(scene_.arrows.begin(), scene_.arrows.end(),
                                        [&](const Arrow& arrow) { return arrow.to == b; });
    return std::max({static_cast<int>(cells) * kCellWidth + 2 * kBoxPadding, 120,
                     static_cast<int>(entering + 1) * kTrack});
  }

  // Between column `c` and the next.
  int GapBehind(uint32_t c) const {
    int gap = kColumnGapMin;
    for (const Arrow& arrow : scene_.arrows) {
      const bool here = GoesRight(arrow) ? column_[arrow.from] == c : column_[arrow.from] == c + 1;
      if (!here) continue;
      gap = std::max(gap, static_cast<int>(Cells(arrow.label)) * kCellWidth + 2 * kLabelMargin);
    }
    return gap;
  }

  void PlaceColumns() {
    int x = kLanePadding;
    for (uint32_t c = 0; c < order_.size(); ++c) {
      const uint32_t lane = scene_.boxes[order_[c]].lane;
      const bool first = c == 0 || scene_.boxes[order_[c - 1]].lane != lane;
      const bool last = c + 1 == order_.size() || scene_.boxes[order_[c + 1]].lane != lane;
      Rect& box = out_.boxes[order_[c]];
      box.x = x;
      box.width = BoxWidth(order_[c]);
      if (first) {
        out_.lanes[lane] = {x - kLanePadding, 0, 0, out_.height};
        const auto title = static_cast<int>(Cells(scene_.lanes[lane])) * kCellWidth;
        box.width = std::max(box.width, title);
      }
      if (last) out_.lanes[lane].width = box.right() + kLanePadding - out_.lanes[lane].x;
      x = box.right() + GapBehind(c) + (last ? 2 * kLanePadding : 0);
      if (c + 1 == order_.size()) out_.width = box.right() + kLanePadding;
    }
  }

  void PlaceRoutes() {
    for (uint32_t a = 0; a < scene_.arrows.size(); ++a) {
      const Arrow& arrow = scene_.arrows[a];
      const Rect& from = out_.boxes[arrow.from];
      const Rect& to = out_.boxes[arrow.to];
      const bool right = GoesRight(arrow);
      const bool down = arrow.from < arrow.to;
      Route& route = out_.routes[a];
      route.start_x = right ? from.right() : from.x;
      route.start_y = exit_y_[a];
      route.end_x = EntryX(a);
      route.end_y = down ? to.y : to.bottom();
      const uint32_t next = column_[arrow.from] + (right ? 1 : -1);
      const Rect& neighbour = out_.boxes[order_[next]];
      route.label_x = right ? (from.right() + neighbour.x) / 2 : (neighbour.right() + from.x) / 2;
    }
  }

  // Those from the left enter at the left.
  int EntryX(uint32_t a) const {
    const Arrow& arrow = scene_.arrows[a];
    const Rect& to = out_.boxes[arrow.to];
    int others = 0;
    for (uint32_t other = 0; other < a; ++other) {
      others += scene_.arrows[other].to == arrow.to &&
                GoesRight(scene_.arrows[other]) == GoesRight(arrow);
    }
    const int inward = kTrack + others * kTrack;
    return GoesRight(arrow) ? to.x + inward : to.right() - inward;
  }

  const Scene& scene_;
  Layout out_;
  std::vector<uint32_t> column_;  // By box.
  std::vector<uint32_t> order_;   // Boxes by column.
  std::vector<int> exit_y_;       // By arrow.
};

}  // namespace

Layout LayoutOf(const Scene& scene) { return Placer(scene).Place(); }

}  // namespace nacre::check::judge
