#include "nacre/check/verdict.h"

namespace nacre::check {

std::string_view ToString(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kWw: return "ww";
    case EdgeKind::kWr: return "wr";
    case EdgeKind::kRw: return "rw";
    case EdgeKind::kRwPredicate: return "rw (range)";
    case EdgeKind::kWwForced: return "ww (forced)";
    case EdgeKind::kSession: return "session";
    case EdgeKind::kRealTime: return "real time";
  }
  return "";
}

bool Verdict::Has(Anomaly anomaly, Order order) const {
  for (const Violation& violation : violations) {
    if (violation.anomaly == anomaly && violation.order == order) return true;
  }
  return false;
}

std::string Verdict::ToString() const {
  std::string text;
  switch (ruling) {
    case Ruling::kHolds: text = "holds\n"; break;
    case Ruling::kViolated: text = "violated\n"; break;
    case Ruling::kUnknown: text = "unknown: " + reason + "\n"; break;
  }
  for (const Violation& violation : violations) {
    text += violation.name() + ": " + violation.words + "\n";
  }
  for (const std::string& note : notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace nacre::check
