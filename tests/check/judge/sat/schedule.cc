#include "tests/check/judge/sat/schedule.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <queue>
#include <utility>

#include "tests/check/judge/check.h"

namespace nacre::check::judge {
namespace {

constexpr uint32_t kWhole = kNone;  // Blocks no key.

class Scheduler {
 public:
  Scheduler(const EventGraph& graph, const Answers& answers, const std::vector<uint32_t>& order,
            const Hints& hints, bool plain, const Stop& stop)
      : graph_(graph),
        problem_(graph.problem()),
        answers_(answers),
        order_(order),
        hints_(hints),
        stop_(stop),
        plain_(plain),
        keys_(problem_.keys.size()),
        txns_(hints.starts.size()),
        versions_(problem_.reads.size()),
        arrivals_(graph.nodes(), 0),
        done_(graph.nodes(), false) {}

  Schedule Run() {
    schedule_.blocks.resize(keys_.size());
    schedule_.sources.assign(problem_.reads.size(), kNone);
    CollectWrites();
    CollectReads();
    SetTimes();
    for (uint32_t node = 0; node < graph_.nodes(); ++node) {
      graph_.ForEachArc(node, answers_, [&](const EventGraph::Arc& arc) { ++arrivals_[arc.to]; });
    }
    for (uint32_t node = 0; node < graph_.nodes(); ++node) {
      if (arrivals_[node] == 0) Ready(node);
    }
    constexpr uint64_t kStepsAtOnce = 64;
    for (uint64_t step = 0; left_ > 0; ++step) {
      if (!plain_ && step % kStepsAtOnce == 0) plain_ = stop_();
      Step();
    }
    return std::move(schedule_);
  }

 private:
  struct Write {
    uint32_t key;
    uint32_t block;
    uint32_t place;
  };
  struct Txn {
    std::vector<Write> writes;                         // Of open keys.
    std::vector<std::pair<uint32_t, uint32_t>> reads;  // Key and block whose last version it read.
    std::vector<uint32_t> open_reads;
  };
  struct Key {
    uint32_t block = 0;
    uint32_t written = 0;           // Versions of the block.
    uint32_t writing = 0;           // Transactions between start and commit.
    std::vector<uint32_t> pending;  // By block: readers of its last version that have not begun.
    std::vector<uint32_t> waiting;  // Events that may become possible when this changes.
    std::vector<TxnId> updates;     // Ready to start, have an open read of the key, and write it.
    std::optional<bool> updated_first;  // As found since any of the above changed.
  };
  // Of a key: the state of it in which a read has that source.
  struct Version {
    uint32_t block;
    uint32_t written;
    uint32_t source;
    friend auto operator<=>(const Version&, const Version&) = default;
  };
  // How well an event fits now.
  enum Fit { kFits, kOnlyStarts, kBlocked };
  using Entry = std::pair<double, uint32_t>;
  using Queue = std::priority_queue<Entry, std::vector<Entry>, std::greater<>>;

  bool Present(TxnId t) const {
    const Literal present = graph_.Presence(t);
    return present == 0 || answers_(present);
  }

  void CollectWrites() {
    for (uint32_t k = 0; k < keys_.size(); ++k) {
      const std::vector<Block>& blocks = problem_.keys[k].blocks;
      keys_[k].pending.resize(blocks.size());
      for (uint32_t b = 0; b < blocks.size(); ++b) {
        for (uint32_t i = 0; i < blocks[b].writers.size(); ++i) {
          if (Present(blocks[b].writers[i]))
            txns_[blocks[b].writers[i]].writes.push_back({k, b, i});
        }
      }
    }
  }

  void CollectReads() {
    for (uint32_t k = 0; k < keys_.size(); ++k) {
      const std::vector<Block>& blocks = problem_.keys[k].blocks;
      for (uint32_t b = 0; b < blocks.size(); ++b) {
        for (const Block::Reader& reader : blocks[b].readers) AddRead(reader.txn, k, b);
      }
    }
    for (uint32_t r = 0; r < problem_.reads.size(); ++r) {
      const OpenRead& read = problem_.reads[r];
      if (!graph_.Asked({Question::Kind::kSource, r, 0, 0})) {
        txns_[read.reader].open_reads.push_back(r);
        SortSources(r);
        continue;
      }
      for (uint32_t s = 0; s < read.sources.size(); ++s) {
        if (!answers_(graph_.LiteralOf({Question::Kind::kSource, r, s, 0}))) continue;
        const size_t behind =
            read.sources[s].writer == kInitialTxn ? 0 : read.sources[s].place + size_t{1};
        const uint32_t block = read.sources[s].block;
        if (behind == problem_.keys[read.key].blocks[block].writers.size()) {
          AddRead(read.reader, read.key, block);
        }
      }
    }
  }

  void SortSources(uint32_t r) {
    const std::vector<OpenRead::Source>& sources = problem_.reads[r].sources;
    for (uint32_t s = 0; s < sources.size(); ++s) {
      const uint32_t written = sources[s].writer == kInitialTxn ? 0 : sources[s].place + 1;
      versions_[r].push_back({sources[s].block, written, s});
    }
    std::sort(versions_[r].begin(), versions_[r].end());
  }

  void AddRead(TxnId t, uint32_t key, uint32_t block) {
    txns_[t].reads.emplace_back(key, block);
    ++keys_[key].pending[block];
  }

  void Ready(uint32_t node) {
    ++left_;
    if (graph_.IsHelper(node)) {
      helpers_.push_back(node);
    } else {
      queues_[kFits].push({times_[node], node});
      if (graph_.IsStart(node))
        ForEachUpdated(graph_.TxnOf(node), [](Key& key, TxnId t) {
          key.updates.push_back(t);
          key.updated_first.reset();
        });
    }
  }

  // The keys that the transaction writes and of which it has an open read.
  template <typename Visit>
  void ForEachUpdated(TxnId t, const Visit& visit) {
    for (const Write& write : txns_[t].writes) {
      if (ReadsOpen(txns_[t], write.key)) visit(keys_[write.key], t);
    }
  }

  bool ReadsOpen(const Txn& txn, uint32_t key) const {
    return std::any_of(txn.open_reads.begin(), txn.open_reads.end(),
                       [&](uint32_t r) { return problem_.reads[r].key == key; });
  }

  // About when each event happened: halfway between the earliest time that fits all that leads to
  // it and the latest that fits all it leads to, if each transaction was between its hints. By its
  // own hints alone the commit before which a snapshot was taken would wait for the start of the
  // reader, and so come behind commits that it was before.
  void SetTimes() {
    times_.assign(graph_.nodes(), 0);
    for (const uint32_t node : order_) {
      if (!graph_.IsHelper(node)) times_[node] = std::max(times_[node], EarliestOf(node));
      graph_.ForEachArc(node, answers_, [&](const EventGraph::Arc& arc) {
        times_[arc.to] = std::max(times_[arc.to], times_[node]);
      });
    }
    std::vector<double> latest(graph_.nodes(), std::numeric_limits<double>::max());
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      const uint32_t node = *it;
      double& time = latest[node];
      if (graph_.IsCommit(node) && !graph_.IsHelper(node)) {
        time = static_cast<double>(hints_.commits[graph_.TxnOf(node)]);
      }
      graph_.ForEachArc(node, answers_,
                        [&](const EventGraph::Arc& arc) { time = std::min(time, latest[arc.to]); });
    }
    for (uint32_t node = 0; node < graph_.nodes(); ++node) {
      times_[node] = times_[node] / 2 + latest[node] / 2;
    }
  }

  // Without a clock the hints tell of commits alone.
  double EarliestOf(uint32_t node) const {
    const TxnId t = graph_.TxnOf(node);
    if (hints_.timed) return graph_.IsStart(node) ? static_cast<double>(hints_.starts[t]) : 0;
    return graph_.IsCommit(node) ? static_cast<double>(hints_.commits[t]) : 0;
  }

  // With a clock, who seems to have started earlier did so, also if its commit has to wait. Without
  // one, it starts as late as possible.
  Fit NextQueue() const {
    const Queue& fits = queues_[kFits];
    const Queue& starts = queues_[kOnlyStarts];
    if (fits.empty() && starts.empty()) return kBlocked;
    if (fits.empty()) return kOnlyStarts;
    const bool earlier = !starts.empty() && starts.top() < fits.top();
    return hints_.timed && earlier ? kOnlyStarts : kFits;
  }

  void Step() {
    if (!helpers_.empty()) {
      const uint32_t node = helpers_.back();
      helpers_.pop_back();
      Do(node);
      return;
    }
    const Fit fit = NextQueue();
    Queue& queue = queues_[fit];
    NACRE_JUDGE_CHECK(!queue.empty(), "events are left, and none is ready");
    const Entry entry = queue.top();
    queue.pop();
    if (done_[entry.second]) return;
    uint32_t by = kWhole;
    const Fit now = FitOf(entry.second, by);
    if (now <= fit) {
      Do(entry.second);
      return;
    }
    queues_[now].push(entry);
    if (now == kBlocked) keys_[by].waiting.push_back(entry.second);
  }

  Fit FitOf(uint32_t node, uint32_t& by) {
    if (plain_) return kFits;
    const TxnId t = graph_.TxnOf(node);
    const Txn& txn = txns_[t];
    if (graph_.IsStart(node)) {
      for (const uint32_t r : txn.open_reads) {
        if (SourceNow(r) == kNone) return by = problem_.reads[r].key, kBlocked;
      }
      for (const Write& write : txn.writes) {
        const bool waits = keys_[write.key].writing > 0 ||
                           (!ReadsOpen(txn, write.key) && IsUpdatedFirst(write.key));
        if (waits) return by = write.key, kBlocked;
      }
    }
    for (const Write& write : txn.writes) {
      if (MayWrite(txn, write)) continue;
      by = write.key;
      return graph_.IsCommit(node) ? kBlocked : kOnlyStarts;
    }
    const bool later = !graph_.IsCommit(node) && arrivals_[graph_.CommitOf(t)] > 1;
    return later && !txn.writes.empty() ? kOnlyStarts : kFits;
  }

  bool MayWrite(const Txn& txn, const Write& write) const {
    const Key& key = keys_[write.key];
    if (write.place > 0) return true;
    if (key.written < problem_.keys[write.key].blocks[key.block].writers.size()) return false;
    uint32_t pending = key.pending[key.block];
    for (const auto& [k, block] : txn.reads) {
      if (k == write.key && block == key.block && pending > 0) --pending;
    }
    return pending == 0;
  }

  // Only one can read a version and write the next. Who could do so now goes before who writes
  // without having read: behind that there may be too few versions left for all who read one.
  bool IsUpdatedFirst(uint32_t key) {
    std::optional<bool>& found = keys_[key].updated_first;
    if (found.has_value()) return *found;
    const std::vector<TxnId>& updates = keys_[key].updates;
    found = std::any_of(updates.begin(), updates.end(), [&](TxnId t) {
      const std::vector<uint32_t>& reads = txns_[t].open_reads;
      return std::any_of(reads.begin(), reads.end(), [&](uint32_t r) {
        return problem_.reads[r].key == key && SourceNow(r) != kNone;
      });
    });
    return *found;
  }

  uint32_t SourceNow(uint32_t r) const {
    const Key& key = keys_[problem_.reads[r].key];
    const std::vector<Version>& versions = versions_[r];
    const auto it =
        std::lower_bound(versions.begin(), versions.end(), Version{key.block, key.written, 0});
    const bool there = it != versions.end() && it->block == key.block && it->written == key.written;
    return there ? it->source : kNone;
  }

  void Do(uint32_t node) {
    done_[node] = true;
    --left_;
    if (!graph_.IsHelper(node)) {
      const TxnId t = graph_.TxnOf(node);
      if (graph_.IsStart(node)) Start(t);
      if (graph_.IsCommit(node)) Commit(t);
    }
    graph_.ForEachArc(node, answers_, [&](const EventGraph::Arc& arc) {
      if (--arrivals_[arc.to] == 0) Ready(arc.to);
    });
  }

  void Start(TxnId t) {
    const Txn& txn = txns_[t];
    for (const uint32_t r : txn.open_reads) schedule_.sources[r] = SourceNow(r);
    ForEachUpdated(t, [](Key& key, TxnId done) {
      std::erase(key.updates, done);
      key.updated_first.reset();
    });
    for (const auto& [key, block] : txn.reads) {
      if (--keys_[key].pending[block] == 0) Wake(key);
    }
    for (const Write& write : txn.writes) ++keys_[write.key].writing;
  }

  void Commit(TxnId t) {
    for (const Write& write : txns_[t].writes) {
      Key& key = keys_[write.key];
      if (write.place == 0 && write.block != 0) schedule_.blocks[write.key].push_back(write.block);
      key.block = write.block;
      key.written = write.place + 1;
      key.updated_first.reset();
      --key.writing;
      Wake(write.key);
    }
  }

  void Wake(uint32_t key) {
    for (const uint32_t node : keys_[key].waiting) {
      if (!done_[node]) queues_[kFits].push({times_[node], node});
    }
    keys_[key].waiting.clear();
  }

  const EventGraph& graph_;
  const OrderProblem& problem_;
  const Answers& answers_;
  const std::vector<uint32_t>& order_;
  const Hints& hints_;
  const Stop& stop_;
  bool plain_;
  Schedule schedule_;
  std::vector<Key> keys_;
  std::vector<Txn> txns_;
  std::vector<std::vector<Version>> versions_;  // By open read that was not asked for.
  std::vector<double> times_;                   // By node: about when it happened.
  std::vector<uint32_t> arrivals_;              // By node: arcs that still have to come.
  std::vector<bool> done_;
  std::vector<uint32_t> helpers_;  // That are ready.
  Queue queues_[3];                // By Fit, as it was when they were put there.
  uint64_t left_ = 0;
};

}  // namespace

Schedule MakeSchedule(const EventGraph& graph, const Answers& answers,
                      const std::vector<uint32_t>& order, const Hints& hints, bool plain,
                      const Stop& stop) {
  return Scheduler(graph, answers, order, hints, plain, stop).Run();
}

Hints MakeHints(const History& history, const Observations& seen) {
  std::vector<uint64_t> hints(history.size());
  bool in_order = true;
  for (TxnId t = 0; t < history.size(); ++t) {
    hints[t] = t;
    for (const ExternalRead& read : seen.reads[t]) {
      in_order &= read.from >= kInitialTxn || read.from < t;
    }
  }
  if (history.has_real_time()) {
    std::vector<uint64_t> starts(history.size());
    for (TxnId t = 0; t < history.size(); ++t) {
      starts[t] = history.invoked(t);
      hints[t] = history.completed(t) != kNever ? history.completed(t) : history.invoked(t);
    }
    return {std::move(starts), std::move(hints), true, true};
  }
  if (in_order) return {hints, hints, false, true};
  // Levels, along reads and sessions; what lies on a cycle of them comes last.
  std::vector<std::vector<TxnId>> later(history.size());
  std::vector<uint32_t> arrivals(history.size(), 0);
  std::vector<TxnId> last(history.sessions().size(), kNone);
  const auto add = [&](TxnId from, TxnId to) {
    later[from].push_back(to);
    ++arrivals[to];
  };
  for (TxnId t = 0; t < history.size(); ++t) {
    for (const ExternalRead& read : seen.reads[t]) {
      if (read.from < kInitialTxn && read.from != t) add(read.from, t);
    }
    if (history.session(t) == kNone || !seen.happened[t]) continue;
    TxnId& before = last[history.session(t)];
    if (before != kNone) add(before, t);
    if (history.committed(t)) before = t;
  }
  std::vector<TxnId> queue;
  std::fill(hints.begin(), hints.end(), 0);
  for (TxnId t = 0; t < history.size(); ++t) {
    if (arrivals[t] == 0) queue.push_back(t);
  }
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const TxnId to : later[queue[i]]) {
      hints[to] = std::max(hints[to], hints[queue[i]] + 1);
      if (--arrivals[to] == 0) queue.push_back(to);
    }
  }
  for (TxnId t = 0; t < history.size(); ++t) {
    if (arrivals[t] > 0) hints[t] = history.size();
  }
  return {hints, hints};
}

}  // namespace nacre::check::judge
