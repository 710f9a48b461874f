// A scene and its layout as SVG. Colours are classes, so that one file does for light and for dark
// surroundings.

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "nacre/check/picture.h"
#include "tests/check/judge/picture/layout.h"
#include "tests/check/judge/picture/scene.h"
#include "tests/check/judge/printable.h"
#include "tests/check/judge/text.h"

namespace nacre::check {
namespace {

using judge::Arrow;
using judge::Cat;
using judge::Layout;
using judge::OpLine;
using judge::Rect;
using judge::Route;
using judge::Scene;
using judge::TxnBox;
using judge::XmlEscaped;

constexpr int kMargin = 24;
constexpr int kTitleHeight = 34;
constexpr int kWidthMin = 560;
constexpr int kTurn = 8;  // The radius of an arrow's corner.

struct KindStyle {
  std::string_view css;
  std::string_view light;
  std::string_view dark;
  std::string_view dashes;
  std::string_view meaning;
};

// By EdgeKind.
constexpr std::array<KindStyle, 7> kStyles = {{
    {"ww", "#b23b00", "#ff9b66", "none", "the other overwrote what this one wrote"},
    {"wr", "#0b62b8", "#79b8ff", "none", "the other read what this one wrote"},
    {"rw", "#9c1f8d", "#ee8fe0", "7 4", "this one read, without what the other wrote next"},
    {"rwp", "#9c1f8d", "#ee8fe0", "7 4", "the same, of a key in a range that was read"},
    {"wwf", "#b23b00", "#ff9b66", "2 3", "the other's write came later, or one of them was lost"},
    {"so", "#59636e", "#aab4be", "2 3", "this one came before the other in their session"},
    {"rt", "#0a7050", "#5fd6a4", "10 3 2 3", "this one had ended before the other was begun"},
}};

const KindStyle& StyleOf(EdgeKind kind) { return kStyles[static_cast<size_t>(kind)]; }

std::string StyleSheet() {
  std::string css =
      ".page{fill:#fff}.lane{fill:#f1f4f8}.box{fill:#fff;stroke:#57606a;stroke-width:1.2}"
      ".head{fill:#e3e8ee}.text{fill:#1f2328}.dim{fill:#66707a}.strong{fill:#1f2328;"
      "font-weight:700}\n"
      "text{font-family:'DejaVu Sans Mono',ui-monospace,Menlo,Consolas,monospace;font-size:13px;"
      "white-space:pre}.title{font-size:17px;font-weight:700}.arrow{fill:none;stroke-width:1.8}\n";
  std::string dark =
      ".page{fill:#0d1117}.lane{fill:#171d25}.box{fill:#0d1117;stroke:#8b949e}.head{fill:#262d37}"
      ".text,.strong{fill:#e6edf3}.dim{fill:#9aa4ae}";
  for (const KindStyle& style : kStyles) {
    css += Cat(".", style.css, "{stroke:", style.light, ";stroke-dasharray:", style.dashes, "}.",
               style.css, "f{fill:", style.light, "}");
    dark +=
        Cat(".", style.css, "{stroke:", style.dark, "}.", style.css, "f{fill:", style.dark, "}");
  }
  return Cat("<style>\n", css, "\n@media (prefers-color-scheme:dark){", dark, "}\n</style>\n");
}

std::string Text(int x, int y, std::string_view css, std::string_view text,
                 std::string_view anchor = "") {
  std::string element = Cat("<text x=\"", x, "\" y=\"", y, "\" class=\"", css, "\"");
  if (!anchor.empty()) element += Cat(" text-anchor=\"", anchor, "\"");
  return Cat(element, ">", XmlEscaped(text), "</text>\n");
}

std::string Rectangle(const Rect& rect, std::string_view css, int radius) {
  return Cat("<rect x=\"", rect.x, "\" y=\"", rect.y, "\" width=\"", rect.width, "\" height=\"",
             rect.height, "\" rx=\"", radius, "\" class=\"", css, "\"/>\n");
}

std::string ArrowHead(int x, int y, bool down, std::string_view css) {
  const int back = down ? y - 9 : y + 9;
  return Cat("<path class=\"", css, "f\" d=\"M", x, ",", y, "L", x - 5, ",", back, "L", x + 5, ",",
             back, "Z\"/>\n");
}

std::string DrawArrow(const Arrow& arrow, const Route& route) {
  const std::string_view css = StyleOf(arrow.kind).css;
  const int x_step = route.end_x > route.start_x ? kTurn : -kTurn;
  const bool down = route.end_y > route.start_y;
  const int y_step = down ? kTurn : -kTurn;
  // The line ends where the head begins.
  const int end = down ? route.end_y - 8 : route.end_y + 8;
  std::string svg = Cat("<g class=\"edge\"><title>", XmlEscaped(arrow.reason), "</title>\n");
  svg += Cat("<path class=\"arrow ", css, "\" d=\"M", route.start_x, ",", route.start_y, "H",
             route.end_x - x_step, "Q", route.end_x, ",", route.start_y, " ", route.end_x, ",",
             route.start_y + y_step, "V", end, "\"/>\n");
  svg += ArrowHead(route.end_x, route.end_y, down, css);
  svg += Text(route.label_x, route.start_y - 6, Cat(css, "f"), arrow.label, "middle");
  return svg + "</g>\n";
}

std::string DrawBox(const TxnBox& box, const Rect& rect) {
  std::string svg = "<g class=\"txn\">\n";
  svg += Rectangle(rect, "box", 5);
  svg += Rectangle({rect.x + 1, rect.y + 1, rect.width - 2, judge::kHeaderHeight - 5}, "head", 4);
  const int left = rect.x + judge::kBoxPadding;
  const int head = rect.y + 17;
  svg += Text(left, head, "strong", box.name);
  if (!box.about.empty()) {
    svg += Text(rect.right() - judge::kBoxPadding, head, "dim", box.about, "end");
  }
  int y = rect.y + judge::kHeaderHeight + 14;
  for (const OpLine& line : box.lines) {
    const std::string text = Text(left, y, line.strong ? "strong" : "dim", line.text);
    svg += line.full == line.text
               ? text
               : Cat("<g><title>", XmlEscaped(line.full), "</title>", text, "</g>\n");
    y += judge::kLineHeight;
  }
  return svg + "</g>\n";
}

std::string DrawScene(const Scene& scene, const Layout& layout) {
  std::string svg;
  for (uint32_t i = 0; i < layout.lanes.size(); ++i) {
    const Rect& lane = layout.lanes[i];
    svg += Rectangle(lane, "lane", 6);
    svg += Text(lane.x + judge::kLanePadding, lane.y + 19, "dim", scene.lanes[i]);
  }
  for (uint32_t i = 0; i < layout.boxes.size(); ++i) {
    svg += DrawBox(scene.boxes[i], layout.boxes[i]);
  }
  for (uint32_t i = 0; i < layout.routes.size(); ++i) {
    svg += DrawArrow(scene.arrows[i], layout.routes[i]);
  }
  return svg;
}

// Draws from top to bottom, and knows how far it has come.
class Page {
 public:
  Page(const History& history, absl::Span<const Violation> violations) {
    for (const Violation& violation : violations) {
      scenes_.push_back(judge::SceneOf(history, violation));
      layouts_.push_back(judge::LayoutOf(scenes_.back()));
      width_ = std::max(width_, layouts_.back().width);
      for (const Arrow& arrow : scenes_.back().arrows) {
        kind_cells_ = std::max(kind_cells_, static_cast<int>(ToString(arrow.kind).size()));
      }
    }
  }

  std::string Draw() {
    for (size_t i = 0; i < scenes_.size(); ++i) {
      const std::string number = scenes_.size() > 1 ? Cat(i + 1, ". ") : "";
      DrawSection(number, scenes_[i], layouts_[i]);
    }
    DrawLegend();
    const int width = width_ + 2 * kMargin;
    const int height = y_ + kMargin / 2;
    const std::string size = Cat("width=\"", width, "\" height=\"", height, "\"");
    return Cat("<svg xmlns=\"http://www.w3.org/2000/svg\" ", size, " viewBox=\"0 0 ", width, " ",
               height, "\" role=\"img\">\n<title>", XmlEscaped(title_), "</title>\n", StyleSheet(),
               "<rect ", size, " class=\"page\"/>\n", body_, "</svg>\n");
  }

 private:
  void Paragraph(std::string_view text, std::string_view css, std::string_view bullet = "",
                 std::string_view bullet_css = "") {
    const int indent = bullet.empty() ? 0 : (kind_cells_ + 2) * judge::kCellWidth;
    const auto cells = static_cast<uint32_t>((width_ - indent) / judge::kCellWidth);
    for (const std::string& line : judge::Wrapped(text, cells)) {
      y_ += judge::kLineHeight;
      if (!bullet.empty()) body_ += Text(kMargin, y_, bullet_css, bullet);
      bullet = "";
      body_ += Text(kMargin + indent, y_, css, line);
    }
  }

  void DrawSection(const std::string& number, const Scene& scene, const Layout& layout) {
    title_ += Cat(title_.empty() ? "" : "; ", number, scene.name);
    y_ += kTitleHeight;
    body_ += Text(kMargin, y_, "text title", Cat(number, scene.name));
    y_ += 4;
    Paragraph(scene.meaning, "text");
    y_ += judge::kLineHeight;
    body_ += Cat("<g transform=\"translate(", kMargin, ",", y_, ")\">\n", DrawScene(scene, layout),
                 "</g>\n");
    y_ += layout.height + 6;
    for (const Arrow& arrow : scene.arrows) {
      kinds_.insert(arrow.kind);
      Paragraph(arrow.reason, "text", ToString(arrow.kind), Cat(StyleOf(arrow.kind).css, "f"));
    }
    for (const std::string& words : scene.words) Paragraph(words, "text");
    y_ += kMargin;
  }

  void DrawLegend() {
    for (const EdgeKind kind : kinds_) {
      const KindStyle& style = StyleOf(kind);
      y_ += judge::kLineHeight;
      body_ += Cat("<path class=\"arrow ", style.css, "\" d=\"M", kMargin, ",", y_ - 4, "H",
                   kMargin + 40, "\"/>\n");
      body_ += Text(kMargin + 52, y_, Cat(style.css, "f"), ToString(kind));
      body_ += Text(kMargin + 52 + (kind_cells_ + 2) * judge::kCellWidth, y_, "dim", style.meaning);
    }
    y_ += kMargin / 2;
  }

  std::vector<Scene> scenes_;
  std::vector<Layout> layouts_;
  std::set<EdgeKind> kinds_;
  std::string title_;
  std::string body_;
  int width_ = kWidthMin;
  int kind_cells_ = 0;  // Of the longest name of a kind.
  int y_ = 0;
};

}  // namespace

std::string ToSvg(const History& history, absl::Span<const Violation> violations) {
  return Page(history, violations).Draw();
}

std::string ToSvg(const History& history, const Violation& violation) {
  return ToSvg(history, absl::MakeConstSpan(&violation, 1));
}

}  // namespace nacre::check
