#include "tests/check/judge/visibility_judge.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "tests/check/judge/causal_past.h"
#include "tests/check/judge/components.h"
#include "tests/check/judge/cycle_search.h"
#include "tests/check/judge/explain.h"
#include "tests/check/judge/short_cycle.h"
#include "tests/check/judge/shown.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr EdgeKinds kSeen = Bit(EdgeKind::kWr) | Bit(EdgeKind::kSession);

// `later` was read by `reader`, which saw `earlier` too, and both wrote `key`.
struct Inferred {
  TxnId earlier;
  TxnId later;  // kInitialTxn: the state before the history, which nothing is earlier than.
  TxnId reader;
  KeyId key;
};

struct WrittenKey {
  KeyId key;
  uint32_t position;  // Of the last version; kNoPosition: not known.
};

// Known edges, and the inferred ones behind them.
struct InferredView {
  const DependencyGraph& graph;
  const Rows<TxnId>& inferred;

  uint32_t nodes() const { return graph.nodes(); }
  uint32_t Next(uint32_t node, uint32_t& cursor) const {
    const auto arcs = graph.arcs(node);
    while (cursor < arcs.size()) {
      const DependencyGraph::Arc& arc = arcs[cursor++];
      if ((Bit(arc.kind()) & (kSeen | Bit(EdgeKind::kWw))) != 0) return arc.to;
    }
    if (graph.is_helper(node)) return kNone;
    const auto more = inferred[node];
    return cursor - arcs.size() < more.size() ? more[cursor++ - arcs.size()] : kNone;
  }
};

class VisibilityJudge {
 public:
  VisibilityJudge(const History& history, const Observations& seen, Visibility visibility,
                  const JudgeOptions& options, Verdict& verdict)
      : history_(history),
        seen_(seen),
        visibility_(visibility),
        options_(options),
        verdict_(verdict),
        graph_(history, seen, {.sessions = visibility.sessions}) {}

  // False: it was stopped before it had looked at all.
  bool Run() {
    CollectWrites();
    if (!visibility_.transitive) {
      InferFromReads();
    } else if (!InferFromPasts()) {
      return false;
    }
    JudgeInferred();
    return true;
  }

 private:
  void CollectWrites() {
    std::vector<KeyId> keys;
    for (TxnId t = 0; t < history_.size(); ++t) {
      keys.clear();
      if (seen_.happened[t]) {
        for (const Op& op : history_.ops(t)) {
          if (op.writes()) keys.push_back(op.key);
        }
      }
      std::sort(keys.begin(), keys.end());
      keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
      for (const KeyId key : keys) writes_.items.push_back({key, kNoPosition});
      writes_.EndRow();
    }
    for (KeyId key = 0; key < seen_.versions.size(); ++key) {
      uint32_t position = 0;
      for (const Version& version : seen_.versions[key]) {
        ++position;
        if (version.writer < kInitialTxn) Place(version.writer, key, position);
      }
      // What nobody read comes after everything that was read.
      for (const TxnId writer : seen_.unread[key]) Place(writer, key, position + 1);
    }
  }

  void Place(TxnId writer, KeyId key, uint32_t position) {
    const auto begin = writes_.items.begin() + static_cast<ptrdiff_t>(writes_.first[writer]);
    const auto end = writes_.items.begin() + static_cast<ptrdiff_t>(writes_.first[writer + 1]);
    std::lower_bound(begin, end, key, [](const WrittenKey& w, KeyId k) {
      return w.key < k;
    })->position = position;
  }

  const WrittenKey* WriteOf(TxnId t, KeyId key) const {
    const auto row = writes_[t];
    const auto it = std::lower_bound(row.begin(), row.end(), key,
                                     [](const WrittenKey& w, KeyId k) { return w.key < k; });
    return it != row.end() && it->key == key ? &*it : nullptr;
  }

  // `reader` saw `other`, which wrote the key as well.
  void Infer(TxnId reader, const ExternalRead& read, TxnId other, uint32_t other_position) {
    if (other == read.from || other == reader || read.from == kNone) return;
    const bool ordered = read.position != kNoPosition && other_position != kNoPosition;
    if (ordered && other_position <= read.position) return;
    if (ordered || read.from == kInitialTxn) {
      stale_.push_back({other, read.from, reader, read.key});
    } else {
      inferred_.push_back({other, read.from, reader, read.key});
    }
  }

  void InferFromReads() {
    std::vector<TxnId> froms;
    absl::flat_hash_map<KeyId, const ExternalRead*> by_key;
    for (TxnId t = 0; t < history_.size(); ++t) {
      const auto reads = seen_.reads[t];
      if (reads.size() < 2) continue;
      froms.clear();
      by_key.clear();
      for (const ExternalRead& read : reads) {
        if (read.from < kInitialTxn) froms.push_back(read.from);
      }
      std::sort(froms.begin(), froms.end());
      froms.erase(std::unique(froms.begin(), froms.end()), froms.end());
      for (const TxnId from : froms) {
        const auto writes = writes_[from];
        if (writes.size() > reads.size()) {
          for (const ExternalRead& read : reads) {
            const WrittenKey* write = WriteOf(from, read.key);
            if (write != nullptr) Infer(t, read, from, write->position);
          }
        } else if (reads.size() <= 16) {
          for (const WrittenKey& write : writes) {
            for (const ExternalRead& read : reads) {
              if (read.key == write.key) Infer(t, read, from, write.position);
            }
          }
        } else {
          if (by_key.empty()) {
            for (const ExternalRead& read : reads) by_key[read.key] = &read;
          }
          for (const WrittenKey& write : writes) {
            const auto it = by_key.find(write.key);
            if (it != by_key.end()) Infer(t, *it->second, from, write.position);
          }
        }
      }
    }
  }

  // --- causal ---

  template <typename Visit>
  void ForEachDirect(TxnId t, Visit visit) const {
    for (const ExternalRead& read : seen_.reads[t]) {
      if (read.from < kInitialTxn && read.from != t) visit(read.from);
    }
    if (before_in_session_[t] != kNone) visit(before_in_session_[t]);
  }

  Chains MakeChains(const std::vector<TxnId>& order) {
    const uint32_t txns = history_.size();
    before_in_session_.assign(txns, kNone);
    Chains chains = {.chain = std::vector<uint32_t>(txns, kNone),
                     .position = std::vector<uint32_t>(txns, 0)};
    // A session of one transaction is no chain: it goes on with that of something that it saw.
    std::vector<uint32_t> members(visibility_.sessions ? history_.sessions().size() : 0, 0);
    const auto in_session = [&](TxnId t) {
      return seen_.happened[t] && history_.committed(t) && history_.session(t) < members.size();
    };
    for (TxnId t = 0; t < txns; ++t) {
      if (in_session(t)) ++members[history_.session(t)];
    }
    std::vector<uint32_t> chain_of(members.size(), kNone);
    for (size_t session = 0; session < members.size(); ++session) {
      if (members[session] > 1) chain_of[session] = chains.count++;
    }
    const uint32_t session_chains = chains.count;
    std::vector<TxnId> last(members.size(), kNone);
    std::vector<uint32_t> lengths(chains.count, 0);
    for (TxnId t = 0; t < txns; ++t) {
      const SessionId session = history_.session(t);
      if (!seen_.happened[t] || session >= members.size()) continue;
      before_in_session_[t] = last[session];
      if (!history_.committed(t)) continue;  // UNKNOWN-END: it begins a chain of its own.
      last[session] = t;
      if (chain_of[session] == kNone) continue;
      chains.chain[t] = chain_of[session];
      chains.position[t] = lengths[chain_of[session]]++;
    }
    for (const TxnId t : order) {
      if (chains.chain[t] != kNone || !seen_.happened[t]) continue;
      ForEachDirect(t, [&](TxnId before) {
        const uint32_t chain = chains.chain[before];
        const bool open = chain >= session_chains && lengths[chain] == chains.position[before] + 1;
        if (open && chains.chain[t] == kNone) chains.chain[t] = chain;
      });
      if (chains.chain[t] == kNone) {
        chains.chain[t] = chains.count++;
        lengths.push_back(0);
      }
      chains.position[t] = lengths[chains.chain[t]]++;
    }
    return chains;
  }

  struct Placed {
    uint32_t chain;
    uint32_t position;
    TxnId txn;
    uint32_t version;
  };
  // The writers of one key in one chain.
  struct Group {
    uint32_t chain;
    uint64_t first;  // In writers_.
    uint64_t end;
    uint64_t
        cursor;  // Where the last look-up ended: the next one, of about the same time, is near.
  };

  // Who wrote each key, by chain and place in it.
  void GroupWriters(const std::vector<TxnId>& order, const Chains& chains) {
    std::vector<uint64_t> next(history_.keys().size() + size_t{1}, 0);
    for (const WrittenKey& write : writes_.items) ++next[write.key + size_t{1}];
    for (size_t k = 1; k < next.size(); ++k) next[k] += next[k - 1];
    const std::vector<uint64_t> ends(next.begin() + 1, next.end());
    writers_.resize(writes_.items.size());
    for (const TxnId t : order) {
      for (const WrittenKey& write : writes_[t]) {
        writers_[next[write.key]++] = {chains.chain[t], chains.position[t], t, write.position};
      }
    }
    uint64_t at = 0;
    for (const uint64_t end : ends) {
      std::stable_sort(writers_.begin() + static_cast<ptrdiff_t>(at),
                       writers_.begin() + static_cast<ptrdiff_t>(end),
                       [](const Placed& a, const Placed& b) { return a.chain < b.chain; });
      while (at < end) {
        const uint64_t first = at;
        while (at < end && writers_[at].chain == writers_[first].chain) ++at;
        groups_.items.push_back({writers_[first].chain, first, at, first});
      }
      groups_.EndRow();
    }
  }

  bool InferFromPasts() {
    const uint32_t txns = history_.size();
    std::vector<TxnId> order(txns);
    std::iota(order.begin(), order.end(), 0);
    const std::vector<uint32_t> ranks = CycleSearch(history_, graph_).Ranks(kSeen);
    std::sort(order.begin(), order.end(), [&](TxnId a, TxnId b) { return ranks[a] < ranks[b]; });
    const Chains chains = MakeChains(order);
    GroupWriters(order, chains);
    CausalPast past(order, txns);
    const uint32_t block = CausalPast::BlockFor(txns, chains.count, visibility_.past_entries_max);
    // One block is linear: only what comes after it is ever given up.
    for (uint32_t first = 0; first < chains.count; first += block) {
      if (first > 0 && Stopped()) return false;
      const uint32_t end = std::min(chains.count, first + block);
      past.Compute(chains, first, end, [this](TxnId t, auto visit) { ForEachDirect(t, visit); });
      for (TxnId t = 0; t < txns; ++t) {
        for (const ExternalRead& read : seen_.reads[t]) {
          if (read.from != kNone) InferFromPast(t, read, past, first, end);
        }
      }
    }
    return true;
  }

  // The last of each chain that `t` knows of and that wrote the key: all before it in the chain
  // come before it anyway.
  void InferFromPast(TxnId t, const ExternalRead& read, const CausalPast& past, uint32_t first,
                     uint32_t end) {
    auto group = groups_.items.begin() + static_cast<ptrdiff_t>(groups_.first[read.key]);
    const auto groups_end =
        groups_.items.begin() + static_cast<ptrdiff_t>(groups_.first[read.key + size_t{1}]);
    group = std::lower_bound(group, groups_end, first,
                             [](const Group& g, uint32_t chain) { return g.chain < chain; });
    for (; group != groups_end && group->chain < end; ++group) {
      const uint32_t known = past.Known(t, group->chain);
      uint64_t& at = group->cursor;
      while (at < group->end && writers_[at].position < known) ++at;
      while (at > group->first && writers_[at - 1].position >= known) --at;
      if (at == group->first) continue;
      const Placed& last = writers_[at - 1];
      const bool implied =
          read.from < kInitialTxn && past.Known(read.from, group->chain) > last.position;
      if (!implied) Infer(t, read, last.txn, last.version);
    }
  }

  // --- what follows ---

  bool Read(TxnId reader, TxnId from) const {
    const auto reads = seen_.reads[reader];
    return std::any_of(reads.begin(), reads.end(),
                       [from](const ExternalRead& read) { return read.from == from; });
  }

  void JudgeInferred() {
    // The worst, which are the shortest too, come first: half of a transaction was seen directly.
    std::stable_partition(stale_.begin(), stale_.end(), [this](const Inferred& stale) {
      return Read(stale.reader, stale.earlier);
    });
    for (const Inferred& stale : stale_) {
      if (Full()) return;
      TellStale(stale);
    }
    if (inferred_.empty() || Full()) return;
    Rows<TxnId> rows;
    rows.first.assign(history_.size() + size_t{1}, 0);
    for (const Inferred& edge : inferred_) ++rows.first[edge.earlier + size_t{1}];
    for (size_t i = 1; i < rows.first.size(); ++i) rows.first[i] += rows.first[i - 1];
    rows.items.resize(inferred_.size());
    std::vector<uint64_t> next(rows.first.begin(), rows.first.end() - 1);
    for (const Inferred& edge : inferred_) rows.items[next[edge.earlier]++] = edge.later;
    std::vector<std::vector<TxnId>> components;
    ForEachComponent(InferredView{graph_, rows}, [&](absl::Span<const uint32_t> nodes) {
      if (nodes.size() > 1) components.emplace_back(nodes.begin(), nodes.end());
    });
    for (const std::vector<TxnId>& component : components) {
      if (Full()) return;
      TellComponent(component);
    }
  }

  bool Stopped() const { return visibility_.stop && visibility_.stop(); }
  // The first is told always: it is what proves the verdict.
  bool Full() const {
    return !verdict_.violations.empty() &&
           (verdict_.violations.size() >= options_.violations_max || Stopped());
  }

  // The shortest path by which `to` saw `from`, of transactions that are `inside`; empty if it did
  // not.
  template <typename Inside>
  std::vector<Edge> SeenPath(TxnId from, TxnId to, EdgeKinds kinds, Inside inside) const {
    absl::flat_hash_map<TxnId, Edge> came_by;
    std::deque<TxnId> queue = {from};
    while (!queue.empty() && !came_by.contains(to)) {
      const TxnId t = queue.front();
      queue.pop_front();
      for (const DependencyGraph::Arc& arc : graph_.arcs(t)) {
        if ((Bit(arc.kind()) & kinds) == 0 || graph_.is_helper(arc.to) || arc.to == from) continue;
        if (!inside(arc.to)) continue;
        const Edge edge = {
            .from = t, .to = arc.to, .kind = arc.kind(), .key = arc.key(), .reason = {}};
        if (came_by.try_emplace(arc.to, edge).second) queue.push_back(arc.to);
      }
    }
    std::vector<Edge> path;
    if (!came_by.contains(to)) return path;
    for (TxnId t = to; t != from; t = path.back().from) path.push_back(came_by.at(t));
    std::reverse(path.begin(), path.end());
    return path;
  }

  // The reader missed a write that it saw the writer of.
  void TellStale(const Inferred& stale) {
    std::vector<Edge> cycle =
        SeenPath(stale.earlier, stale.reader, kSeen, [](TxnId) { return true; });
    cycle.insert(cycle.begin(), {.from = stale.reader,
                                 .to = stale.earlier,
                                 .kind = EdgeKind::kRw,
                                 .key = stale.key,
                                 .reason = {}});
    JoinSessions(cycle);
    const bool fractured = cycle.size() == 2 && cycle[1].kind == EdgeKind::kWr;
    Add(ViolationOf(history_, seen_, std::move(cycle),
                    fractured ? Anomaly::kFracturedRead : Anomaly::kCausalViolation));
  }

  void TellComponent(const std::vector<TxnId>& component) {
    std::vector<TxnId> sorted = component;
    std::sort(sorted.begin(), sorted.end());
    const auto inside = [&](TxnId t) {
      return std::binary_search(sorted.begin(), sorted.end(), t);
    };
    std::vector<const Inferred*> edges;
    for (const Inferred& edge : inferred_) {
      if (inside(edge.earlier) && inside(edge.later)) edges.push_back(&edge);
    }
    // The simple case: the missed writer had itself seen what the reader read.
    constexpr size_t kTried = 200;
    for (size_t i = 0; i < std::min(edges.size(), kTried) && (i == 0 || !Stopped()); ++i) {
      const EdgeKinds known = kSeen | Bit(EdgeKind::kWw);
      if (SeenPath(edges[i]->later, edges[i]->earlier, known, inside).empty()) continue;
      TellStale(*edges[i]);
      return;
    }
    TellCyclicVersions(sorted, edges);
  }

  // A cycle of known and inferred edges.
  void TellCyclicVersions(const std::vector<TxnId>& component,
                          const std::vector<const Inferred*>& inferred) {
    absl::flat_hash_map<TxnId, std::vector<Edge>> steps;
    for (const TxnId t : component) {
      if (graph_.is_helper(t)) continue;
      for (const DependencyGraph::Arc& arc : graph_.arcs(t)) {
        if ((Bit(arc.kind()) & (kSeen | Bit(EdgeKind::kWw))) == 0) continue;
        if (!std::binary_search(component.begin(), component.end(), arc.to)) continue;
        steps[t].push_back(
            {.from = t, .to = arc.to, .kind = arc.kind(), .key = arc.key(), .reason = {}});
      }
    }
    std::vector<Edge> through;
    for (const Inferred* edge : inferred) {
      through.push_back({.from = edge->earlier,
                         .to = edge->later,
                         .kind = EdgeKind::kWw,
                         .key = edge->key,
                         .reason = ReasonOfInferred(*edge)});
      steps[edge->earlier].push_back(through.back());
    }
    std::vector<Edge> best = ShortCycle(steps, through, visibility_.stop);
    if (best.empty()) return;
    JoinSessions(best);
    Violation violation = ViolationOf(history_, seen_, std::move(best), Anomaly::kCyclicVersions);
    ForEachShown(violation.edges.size(), [&](size_t i) {
      const Edge& edge = violation.edges[i];
      for (const Inferred* known : inferred) {
        const bool shows = known->earlier == edge.from && known->later == edge.to &&
                           known->key == edge.key && edge.kind == EdgeKind::kWw;
        if (shows) AddWitnesses({known->reader}, violation);
      }
    });
    Add(std::move(violation));
  }

  std::string ReasonOfInferred(const Inferred& edge) const {
    const std::string earlier = history_.name(edge.earlier);
    std::string did = TxnText(history_, edge.reader);
    for (const ExternalRead& read : seen_.reads[edge.reader]) {
      if (read.key != edge.key || read.from != edge.later) continue;
      did += Cat(" ", PastText(history_, history_.ops(edge.reader)[read.op]));
      break;
    }
    return Cat(did, ", which ", history_.name(edge.later), " wrote, and had seen ", earlier,
               ", which wrote ", KeyText(history_, edge.key), " too: so ", earlier, " did first");
  }

  void Add(Violation violation) { verdict_.violations.push_back(std::move(violation)); }

  const History& history_;
  const Observations& seen_;
  const Visibility visibility_;
  const JudgeOptions& options_;
  Verdict& verdict_;
  const DependencyGraph graph_;
  Rows<WrittenKey> writes_;  // By transaction; each key once, sorted.
  std::vector<Inferred> inferred_;
  std::vector<Inferred> stale_;  // Those that contradict a known order of versions.
  std::vector<TxnId> before_in_session_;
  std::vector<Placed> writers_;
  Rows<Group> groups_;  // By key.
};

}  // namespace

bool JudgeByVisibility(const History& history, const Observations& seen, Visibility visibility,
                       const JudgeOptions& options, Verdict& verdict) {
  return VisibilityJudge(history, seen, visibility, options, verdict).Run();
}

}  // namespace nacre::check::judge
