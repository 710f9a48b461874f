#include "tests/check/judge/scan_check.h"

#include <string>
#include <string_view>

#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

bool IsAbsent(const Op& result) {
  return result.kind == OpKind::kReadList ? result.list().length == 0 : result.value == kNone;
}

// What is wrong with the results of the scan ops[i]; empty: nothing.
std::string FlawOf(const History& history, absl::Span<const Op> ops, uint32_t i) {
  const Op& scan = ops[i];
  const absl::Span<const Op> results = ops.subspan(i + 1, scan.results());
  for (size_t r = 0; r < results.size(); ++r) {
    const Op& result = results[r];
    const std::string_view key = history.key(result.key);
    if (key < history.key(scan.key) ||
        (scan.scan_end() != kNone && key >= history.key(scan.scan_end()))) {
      return Cat("found ", KeyText(history, result.key), ", which lies outside of it");
    }
    if (IsAbsent(result)) return Cat("found ", KeyText(history, result.key), " without a value");
    if (r == 0) continue;
    const Op& before = results[r - 1];
    if (before.key == result.key) return Cat("found ", KeyText(history, result.key), " twice");
    if ((history.key(before.key) < key) == scan.reverse) {
      return Cat("found ", KeyText(history, before.key), " before ", KeyText(history, result.key));
    }
  }
  return {};
}

}  // namespace

void CheckScanAnswers(const History& history, const JudgeOptions& options, Verdict& verdict) {
  for (TxnId t = 0; t < history.size(); ++t) {
    if (!history.committed(t)) continue;
    const absl::Span<const Op> ops = history.ops(t);
    for (uint32_t i = 0; i < ops.size(); ++i) {
      if (ops[i].kind != OpKind::kScan) continue;
      const std::string flaw = FlawOf(history, ops, i);
      if (flaw.empty()) continue;
      if (verdict.violations.size() >= options.violations_max) return;
      Violation violation;
      violation.anomaly = Anomaly::kInternal;
      violation.txns = {t};
      violation.words = Cat(TxnText(history, t), " ", PastText(history, ops[i]),
                            ops[i].reverse ? " from its end, and " : ", and ", flaw);
      verdict.violations.push_back(std::move(violation));
    }
  }
}

}  // namespace nacre::check::judge
