#include <string>

#include "nacre/check/picture.h"
#include "tests/check/judge/picture/scene.h"
#include "tests/check/judge/text.h"

namespace nacre::check {
namespace {

using judge::Cat;
using judge::Scene;

// Graphviz reads backslashes in labels.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// "\l" ends a line that stands to the left.
std::string LabelOf(const judge::TxnBox& box) {
  std::string text = box.name;
  if (!box.about.empty()) text += Cat(" (", box.about, ")");
  std::string label = Quoted(text);
  label.insert(label.size() - 1, "\\l");
  for (const judge::OpLine& line : box.lines) {
    const std::string quoted = Quoted(line.text);
    label.insert(label.size() - 1, quoted.substr(1, quoted.size() - 2) + "\\l");
  }
  return label;
}

std::string_view ColourOf(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kWw:
    case EdgeKind::kWwForced: return "#b23b00";
    case EdgeKind::kWr: return "#0b62b8";
    case EdgeKind::kRw:
    case EdgeKind::kRwPredicate: return "#9c1f8d";
    case EdgeKind::kSession: return "#59636e";
    case EdgeKind::kRealTime: return "#0a7050";
  }
  return "#000000";
}

std::string Cluster(const std::string& id, const Scene& scene) {
  // By number: what is drawn may have one name twice.
  const auto node = [&](uint32_t box) { return Quoted(Cat(id, ".", box)); };
  std::string dot = Cat("  subgraph ", Quoted(Cat("cluster ", id)),
                        " {\n    label=", Quoted(Cat(scene.name, ": ", scene.meaning)), ";\n");
  for (uint32_t lane = 0; lane < scene.lanes.size(); ++lane) {
    dot += Cat("    subgraph ", Quoted(Cat("cluster ", id, ".", lane)),
               " {\n      label=", Quoted(scene.lanes[lane]), ";\n");
    for (uint32_t box = 0; box < scene.boxes.size(); ++box) {
      if (scene.boxes[box].lane != lane) continue;
      dot += Cat("      ", node(box), " [label=", LabelOf(scene.boxes[box]), "];\n");
    }
    dot += "    }\n";
  }
  for (const judge::Arrow& arrow : scene.arrows) {
    dot += Cat("    ", node(arrow.from), " -> ", node(arrow.to), " [label=", Quoted(arrow.label),
               ", tooltip=", Quoted(arrow.reason), ", color=", Quoted(ColourOf(arrow.kind)),
               ", fontcolor=", Quoted(ColourOf(arrow.kind)), "];\n");
  }
  return dot + "  }\n";
}

}  // namespace

std::string ToDot(const History& history, absl::Span<const Violation> violations) {
  std::string dot =
      "digraph history {\n"
      "  node [shape=box, fontname=\"monospace\"];\n"
      "  edge [fontname=\"monospace\"];\n";
  for (size_t i = 0; i < violations.size(); ++i) {
    dot += Cluster(std::to_string(i + 1), judge::SceneOf(history, violations[i]));
  }
  return dot + "}\n";
}

std::string ToDot(const History& history, const Violation& violation) {
  return ToDot(history, absl::MakeConstSpan(&violation, 1));
}

}  // namespace nacre::check
