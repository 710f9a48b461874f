#include "tests/check/judge/sat/prune.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace nacre::check::judge {
namespace {

constexpr uint64_t kBytesMax = 160'000'000;

// A column for each transaction that begins a block, in the order of the commits, so that of the
// blocks before another the last column is likely to follow all others. They are worked through in
// ranges, from the last one, whose rows of bits fit in memory.
class Forced {
 public:
  Forced(const EventGraph& graph, const Answers& answers, const std::vector<uint32_t>& order,
         const Stop& stop)
      : graph_(graph), answers_(answers), order_(order), problem_(graph.problem()), stop_(stop) {}

  std::vector<Question> Run() {
    MakeColumns();
    const uint64_t rows = uint64_t{graph_.nodes()} * (graph_.serial() ? 1 : 2) + rows_.size();
    const uint64_t words_all = (columns_.size() + 63) / 64;
    words_ = std::min(words_all, std::max<uint64_t>(1, kBytesMax / 8 / rows));
    for (uint64_t end = words_all; end > 0 && !stop_();) {
      const uint64_t first = end > words_ ? end - words_ : 0;
      Range(first * 64, std::min<uint64_t>(end * 64, columns_.size()));
      end = first;
    }
    std::vector<Question> forced;
    for (const Row& row : rows_) {
      for (const uint32_t b : row.before) {
        forced.push_back({.key = row.key, .first = rows_[b].block, .second = row.block});
      }
    }
    return forced;
  }

 private:
  // A block but the first of its key.
  struct Row {
    uint32_t key;
    uint32_t block;
    uint32_t column;  // Of its first writer.
    TxnId last;
    std::vector<uint32_t> before;  // Rows right before it.
  };

  void MakeColumns() {
    std::vector<uint64_t> place(graph_.nodes());
    for (uint64_t i = 0; i < order_.size(); ++i) place[order_[i]] = i;
    for (const OpenKey& open : problem_.keys) {
      for (uint32_t b = 1; b < open.blocks.size(); ++b) {
        const TxnId first = open.blocks[b].writers.front();
        if (graph_.Presence(first) == 0) columns_.push_back(first);
      }
    }
    std::sort(columns_.begin(), columns_.end(), [&](TxnId a, TxnId b) {
      return place[graph_.CommitOf(a)] < place[graph_.CommitOf(b)];
    });
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
    absl::flat_hash_map<TxnId, uint32_t> column_of;
    for (uint32_t c = 0; c < columns_.size(); ++c) column_of[columns_[c]] = c;
    of_key_ = {0};
    for (uint32_t k = 0; k < problem_.keys.size(); ++k) {
      const std::vector<Block>& blocks = problem_.keys[k].blocks;
      for (uint32_t b = 1; b < blocks.size(); ++b) {
        const auto column = column_of.find(blocks[b].writers.front());
        if (column == column_of.end()) continue;
        rows_.push_back({k, b, column->second, blocks[b].writers.back(), {}});
      }
      of_key_.push_back(rows_.size());
    }
  }

  uint64_t* Starts(uint32_t node) { return starts_.data() + node * words_; }
  // Under serializability they are the same.
  uint64_t* Commits(uint32_t node) {
    return graph_.serial() ? Starts(node) : commits_.data() + node * words_;
  }
  uint64_t* Before(uint64_t row) { return decided_.data() + row * words_; }

  // Which starts and commits of columns in the range lead to each node. False: stopped.
  bool Reach(uint64_t first, uint64_t end) {
    starts_.assign(graph_.nodes() * words_, 0);
    if (!graph_.serial()) commits_.assign(graph_.nodes() * words_, 0);
    starts_used_.assign(graph_.nodes(), 0);
    commits_used_.assign(graph_.nodes(), 0);
    for (uint64_t c = first; c < end; ++c) {
      const uint64_t at = c - first;
      const uint32_t start = graph_.StartOf(columns_[c]);
      const uint32_t commit = graph_.CommitOf(columns_[c]);
      starts_used_[start] = commits_used_[commit] = static_cast<uint32_t>(at / 64 + 1);
      Starts(start)[at / 64] |= uint64_t{1} << (at % 64);
      Commits(commit)[at / 64] |= uint64_t{1} << (at % 64);
    }
    uint32_t visited = 0;
    for (const uint32_t node : order_) {
      constexpr uint32_t kAskedEvery = 256;
      if (++visited % kAskedEvery == 0 && stop_()) return false;
      graph_.ForEachArc(node, answers_, [&](const EventGraph::Arc& arc) {
        MergeUpTo(starts_used_, Starts(arc.to), arc.to, Starts(node), node);
        if (!graph_.serial()) {
          MergeUpTo(commits_used_, Commits(arc.to), arc.to, Commits(node), node);
        }
      });
    }
    return true;
  }

  void Merge(uint64_t* into, const uint64_t* from) const {
    for (uint64_t w = 0; w < words_; ++w) into[w] |= from[w];
  }

  // Rows are empty behind the columns of their own time, which is half of all.
  static void MergeUpTo(std::vector<uint32_t>& used, uint64_t* into, uint32_t to,
                        const uint64_t* from, uint32_t node) {
    const uint32_t end = used[node];
    for (uint32_t w = 0; w < end; ++w) into[w] |= from[w];
    used[to] = std::max(used[to], end);
  }

  void Range(uint64_t first, uint64_t end) {
    if (!Reach(first, end)) return;
    decided_.assign(rows_.size() * words_, 0);
    std::vector<uint64_t> mask(words_);
    std::vector<uint32_t> row_of(end - first);  // By column of the range; of the key at hand.
    for (size_t k = 0; k + 1 < of_key_.size(); ++k) {
      if (stop_()) return;
      std::fill(mask.begin(), mask.end(), 0);
      const auto for_each = [&](auto visit) {
        for (uint64_t r = of_key_[k]; r < of_key_[k + 1]; ++r) visit(r);
      };
      const auto in_range = [&](uint64_t r) {
        return rows_[r].column >= first && rows_[r].column < end;
      };
      for_each([&](uint64_t r) {
        if (!in_range(r)) return;
        const uint64_t at = rows_[r].column - first;
        mask[at / 64] |= uint64_t{1} << (at % 64);
        row_of[at] = static_cast<uint32_t>(r);
      });
      for_each([&](uint64_t r) {
        uint64_t* const row = Before(r);
        Merge(row, Starts(graph_.CommitOf(rows_[r].last)));
        Merge(row, Commits(graph_.ReadersOf(rows_[r].key, rows_[r].block)));
        for (uint64_t w = 0; w < words_; ++w) row[w] &= mask[w];
        const uint64_t own = rows_[r].column - first;
        if (in_range(r)) row[own / 64] &= ~(uint64_t{1} << (own % 64));
      });
      for_each([&](uint64_t r) { Reduce(r, row_of); });
    }
  }

  // The blocks before that of the row that none of the others before it follows.
  void Reduce(uint64_t r, const std::vector<uint32_t>& row_of) {
    std::vector<uint64_t>& left = left_;
    left.assign(Before(r), Before(r) + words_);
    const auto take_off = [&](uint32_t b) {
      const uint64_t* const row = Before(b);
      for (uint64_t w = 0; w < words_; ++w) left[w] &= ~row[w];
    };
    for (const uint32_t b : rows_[r].before) take_off(b);
    for (uint64_t w = words_; w-- > 0;) {
      while (left[w] != 0) {
        const auto bit = static_cast<uint64_t>(63 - std::countl_zero(left[w]));
        const uint32_t b = row_of[w * 64 + bit];
        rows_[r].before.push_back(b);
        left[w] &= ~(uint64_t{1} << bit);
        take_off(b);
      }
    }
  }

  const EventGraph& graph_;
  const Answers& answers_;
  const std::vector<uint32_t>& order_;
  const OrderProblem& problem_;
  const Stop& stop_;
  std::vector<TxnId> columns_;
  std::vector<Row> rows_;         // By key of the problem.
  std::vector<uint64_t> of_key_;  // Where its rows begin.
  uint64_t words_ = 0;
  std::vector<uint64_t> starts_;       // By node.
  std::vector<uint64_t> commits_;      // By node.
  std::vector<uint32_t> starts_used_;  // By node: words up to the last that is not 0.
  std::vector<uint32_t> commits_used_;
  std::vector<uint64_t> decided_;  // By row: columns of the blocks before it.
  std::vector<uint64_t> left_;
};

}  // namespace

std::vector<Question> ForcedOrders(const EventGraph& graph, const Answers& answers,
                                   const std::vector<uint32_t>& order, const Stop& stop) {
  return Forced(graph, answers, order, stop).Run();
}

}  // namespace nacre::check::judge
