#include "tests/check/judge/sat/prune.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace nacre::check::judge {
namespace {

constexpr uint64_t kBytesMax = 160'000'000;

// A column for each block but the first ones, in the order of the commits, so that of the blocks
// before another the last column is likely to follow all others. They are worked through in ranges,
// from the last one, whose rows of bits fit in memory.
class Forced {
 public:
  Forced(const EventGraph& graph, const Answers& answers, const std::vector<uint32_t>& order)
      : graph_(graph), answers_(answers), order_(order), problem_(graph.problem()) {}

  std::vector<Question> Run() {
    MakeColumns();
    const uint64_t rows = uint64_t{graph_.nodes()} * (graph_.serial() ? 1 : 2) + columns_.size();
    const uint64_t words_all = (columns_.size() + 63) / 64;
    words_ = std::min(words_all, std::max<uint64_t>(1, kBytesMax / 8 / rows));
    before_.resize(columns_.size());
    for (uint64_t end = words_all; end > 0;) {
      const uint64_t first = end > words_ ? end - words_ : 0;
      Range(first * 64, std::min<uint64_t>(end * 64, columns_.size()));
      end = first;
    }
    std::vector<Question> forced;
    for (uint32_t c = 0; c < columns_.size(); ++c) {
      for (const uint32_t b : before_[c]) {
        forced.push_back(
            {.key = columns_[c].key, .first = columns_[b].block, .second = columns_[c].block});
      }
    }
    return forced;
  }

 private:
  struct Column {
    uint32_t key;
    uint32_t block;
    TxnId first;
    TxnId last;
    uint64_t place;  // In the order of the nodes.
  };

  void MakeColumns() {
    std::vector<uint64_t> place(graph_.nodes());
    for (uint64_t i = 0; i < order_.size(); ++i) place[order_[i]] = i;
    for (uint32_t k = 0; k < problem_.keys.size(); ++k) {
      const std::vector<Block>& blocks = problem_.keys[k].blocks;
      for (uint32_t b = 1; b < blocks.size(); ++b) {
        const TxnId first = blocks[b].writers.front();
        if (graph_.Presence(first) != 0) continue;
        columns_.push_back({k, b, first, blocks[b].writers.back(), place[graph_.CommitOf(first)]});
      }
    }
    std::sort(columns_.begin(), columns_.end(),
              [](const Column& a, const Column& b) { return a.place < b.place; });
    of_key_.resize(problem_.keys.size());
    for (uint32_t c = 0; c < columns_.size(); ++c) of_key_[columns_[c].key].push_back(c);
  }

  uint64_t* Starts(uint32_t node) { return starts_.data() + node * words_; }
  // Under serializability they are the same.
  uint64_t* Commits(uint32_t node) {
    return graph_.serial() ? Starts(node) : commits_.data() + node * words_;
  }
  uint64_t* Before(uint32_t column) { return decided_.data() + column * words_; }

  // Which starts and commits of columns in the range lead to each node.
  void Reach(uint64_t first, uint64_t end) {
    starts_.assign(graph_.nodes() * words_, 0);
    if (!graph_.serial()) commits_.assign(graph_.nodes() * words_, 0);
    for (uint64_t c = first; c < end; ++c) {
      const uint64_t at = c - first;
      Starts(graph_.StartOf(columns_[c].first))[at / 64] |= uint64_t{1} << (at % 64);
      Commits(graph_.CommitOf(columns_[c].first))[at / 64] |= uint64_t{1} << (at % 64);
    }
    for (const uint32_t node : order_) {
      graph_.ForEachArc(node, answers_, [&](const EventGraph::Arc& arc) {
        Merge(Starts(arc.to), Starts(node));
        if (!graph_.serial()) Merge(Commits(arc.to), Commits(node));
      });
    }
  }

  void Merge(uint64_t* into, const uint64_t* from) const {
    for (uint64_t w = 0; w < words_; ++w) into[w] |= from[w];
  }

  void Range(uint64_t first, uint64_t end) {
    Reach(first, end);
    decided_.assign(columns_.size() * words_, 0);
    std::vector<uint64_t> mask(words_);
    for (const std::vector<uint32_t>& columns : of_key_) {
      std::fill(mask.begin(), mask.end(), 0);
      for (const uint32_t c : columns) {
        if (c >= first && c < end) mask[(c - first) / 64] |= uint64_t{1} << ((c - first) % 64);
      }
      for (const uint32_t c : columns) {
        uint64_t* const row = Before(c);
        Merge(row, Starts(graph_.CommitOf(columns_[c].last)));
        Merge(row, Commits(graph_.ReadersOf(columns_[c].key, columns_[c].block)));
        for (uint64_t w = 0; w < words_; ++w) row[w] &= mask[w];
        if (c >= first && c < end) row[(c - first) / 64] &= ~(uint64_t{1} << ((c - first) % 64));
      }
    }
    std::vector<uint64_t> left(words_);
    for (uint32_t c = 0; c < columns_.size(); ++c) Reduce(c, first, left);
  }

  // The blocks before `c` that none of the others before it follows.
  void Reduce(uint32_t c, uint64_t first, std::vector<uint64_t>& left) {
    std::copy(Before(c), Before(c) + words_, left.begin());
    const auto take_off = [&](uint32_t b) {
      const uint64_t* const row = Before(b);
      for (uint64_t w = 0; w < words_; ++w) left[w] &= ~row[w];
    };
    for (const uint32_t b : before_[c]) take_off(b);
    for (uint64_t w = words_; w-- > 0;) {
      while (left[w] != 0) {
        const auto bit = static_cast<uint64_t>(63 - std::countl_zero(left[w]));
        const auto b = static_cast<uint32_t>(first + w * 64 + bit);
        before_[c].push_back(b);
        left[w] &= ~(uint64_t{1} << bit);
        take_off(b);
      }
    }
  }

  const EventGraph& graph_;
  const Answers& answers_;
  const std::vector<uint32_t>& order_;
  const OrderProblem& problem_;
  std::vector<Column> columns_;
  std::vector<std::vector<uint32_t>> of_key_;  // Columns, by key of the problem.
  std::vector<std::vector<uint32_t>> before_;  // By column: those right before it.
  uint64_t words_ = 0;
  std::vector<uint64_t> starts_;   // By node.
  std::vector<uint64_t> commits_;  // By node.
  std::vector<uint64_t> decided_;  // By column: those before it.
};

}  // namespace

std::vector<Question> ForcedOrders(const EventGraph& graph, const Answers& answers,
                                   const std::vector<uint32_t>& order) {
  return Forced(graph, answers, order).Run();
}

}  // namespace nacre::check::judge
