#include "tests/check/judge/dependency_graph.h"

#include <algorithm>

namespace nacre::check::judge {

DependencyGraph::DependencyGraph(const History& history, const Observations& seen,
                                 const Options& options)
    : txns_(history.size()), options_(options), next_writer_(history.keys().size(), kNone) {
  for (TxnId t = 0; options.forced && t < txns_; ++t) {
    for (const ExternalRead& read : seen.reads[t]) {
      const absl::Span<const TxnId> unread = seen.unread[read.key];
      if (read.position == seen.versions[read.key].size() &&
          std::binary_search(unread.begin(), unread.end(), t)) {
        next_writer_[read.key] = t;
      }
    }
  }
  if (options.real_time) {
    for (TxnId t = 0; t < txns_; ++t) {
      if (!seen.happened[t]) continue;
      if (history.invoked(t) != kAlways) begins_.emplace_back(history.invoked(t), t);
      if (history.completed(t) != kNever) ends_.emplace_back(history.completed(t), t);
    }
    std::sort(begins_.begin(), begins_.end());
    std::sort(ends_.begin(), ends_.end());
  }
  // Counts first and fills then, so that the arcs are never in memory twice.
  std::vector<uint64_t> counts(txns_);
  const uint32_t nodes = ForEachArc(history, seen, [&](uint32_t from, uint32_t, EdgeKind, KeyId) {
    if (from >= counts.size()) counts.resize(from + size_t{1});
    ++counts[from];
  });
  counts.resize(nodes);
  first_.resize(nodes + size_t{1});
  for (uint32_t n = 0; n < nodes; ++n) first_[n + 1] = first_[n] + counts[n];
  arcs_.resize(first_.back());
  counts.assign(first_.begin(), first_.end() - 1);
  ForEachArc(history, seen, [&](uint32_t from, uint32_t to, EdgeKind kind, KeyId key) {
    arcs_[counts[from]++] = {to,
                             (static_cast<uint32_t>(kind) << 29) | (key == kNone ? kKeyMask : key)};
  });
  begins_ = {};
  ends_ = {};
}

template <typename Add>
uint32_t DependencyGraph::ForEachArc(const History& history, const Observations& seen,
                                     Add add) const {
  uint32_t next_helper = DataArcs(history, seen, add);
  if (options_.sessions) SessionArcs(history, seen, add);
  if (options_.real_time) next_helper = RealTimeArcs(history, seen, next_helper, add);
  return next_helper;
}

template <typename Add>
uint32_t DependencyGraph::DataArcs(const History& history, const Observations& seen,
                                   Add add) const {
  const auto known = [](TxnId t) { return t < kInitialTxn; };
  uint32_t next_helper = txns_;
  std::vector<uint32_t> fan_of(history.keys().size(), kNone);
  for (KeyId key = 0; key < seen.versions.size(); ++key) {
    TxnId last = kNone;
    for (const Version& version : seen.versions[key]) {
      if (!known(version.writer)) continue;
      if (known(last) && last != version.writer) add(last, version.writer, EdgeKind::kWw, key);
      last = version.writer;
    }
    UnreadArcs(seen, key, last, add);
    if (seen.unread[key].size() > 1) {
      fan_of[key] = next_helper++;
      for (const TxnId writer : seen.unread[key]) add(fan_of[key], writer, EdgeKind::kRw, key);
    }
  }
  for (TxnId t = 0; t < txns_; ++t) {
    for (const ExternalRead& read : seen.reads[t]) {
      if (known(read.from) && read.from != t) add(read.from, t, EdgeKind::kWr, read.key);
      if (read.position == kNoPosition) continue;
      const EdgeKind kind = read.predicate ? EdgeKind::kRwPredicate : EdgeKind::kRw;
      const absl::Span<const Version> versions = seen.versions[read.key];
      uint32_t next = read.position;
      while (next < versions.size() && !known(versions[next].writer)) ++next;
      if (next < versions.size()) {
        if (versions[next].writer != t) add(t, versions[next].writer, kind, read.key);
        continue;
      }
      const absl::Span<const TxnId> unread = seen.unread[read.key];
      if (unread.size() == 1) {
        if (unread[0] != t) add(t, unread[0], kind, read.key);
      } else if (!unread.empty()) {
        if (!std::binary_search(unread.begin(), unread.end(), t)) {
          add(t, fan_of[read.key], kind, read.key);
        } else if (next_writer_[read.key] != kNone && next_writer_[read.key] != t) {
          // Both read the last known version and wrote the next: one update is lost. (The next
          // writer itself precedes the others by kWwForced.)
          add(t, next_writer_[read.key], kind, read.key);
        }
      }
    }
  }
  return next_helper;
}

template <typename Add>
void DependencyGraph::UnreadArcs(const Observations& seen, KeyId key, TxnId last, Add add) const {
  const TxnId next = next_writer_[key];
  for (const TxnId writer : seen.unread[key]) {
    if (last < kInitialTxn && last != writer) add(last, writer, EdgeKind::kWw, key);
    if (next != kNone && next != writer) add(next, writer, EdgeKind::kWwForced, key);
  }
}

template <typename Add>
void DependencyGraph::SessionArcs(const History& history, const Observations& seen, Add add) const {
  std::vector<TxnId> last(history.sessions().size(), kNone);
  for (TxnId t = 0; t < txns_; ++t) {
    if (!seen.happened[t] || history.session(t) == kNone) continue;
    TxnId& before = last[history.session(t)];
    if (before != kNone) add(before, t, EdgeKind::kSession, kNone);
    if (history.committed(t)) before = t;  // UNKNOWN-END.
  }
}

template <typename Add>
uint32_t DependencyGraph::RealTimeArcs(const History&, const Observations&, uint32_t next_helper,
                                       Add add) const {
  uint32_t barrier = kNone;
  auto end = ends_.begin();
  for (const auto& [begun, t] : begins_) {
    // What returned at the very moment is concurrent.
    const auto from = end;
    while (end != ends_.end() && end->first < begun) ++end;
    if (from != end) {
      const uint32_t next = next_helper++;
      for (auto it = from; it != end; ++it) add(it->second, next, EdgeKind::kRealTime, kNone);
      if (barrier != kNone) add(barrier, next, EdgeKind::kRealTime, kNone);
      barrier = next;
    }
    if (barrier != kNone) add(barrier, t, EdgeKind::kRealTime, kNone);
  }
  return next_helper;
}

}  // namespace nacre::check::judge
