#include "tests/check/judge/sat/problem.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/register_order.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

// Versions by what a read of them returns: key and value, kNone of a deletion.
using Versions = absl::flat_hash_map<std::pair<KeyId, ValueId>, std::vector<TxnId>>;

bool IsOpen(const ExternalRead& read) { return read.open && read.from == kNone; }

ValueId SeenValue(const History& history, TxnId t, const ExternalRead& read) {
  return read.predicate ? kNone : history.ops(t)[read.op].value;
}

// Who left behind what the open reads saw. Only the last write of a transaction to a key counts.
Versions CollectVersions(const History& history, const Observations& seen) {
  Versions versions;
  for (TxnId t = 0; t < history.size(); ++t) {
    for (const ExternalRead& read : seen.reads[t]) {
      if (IsOpen(read)) versions[{read.key, SeenValue(history, t, read)}];
    }
  }
  if (versions.empty()) return versions;
  absl::flat_hash_set<KeyId> written;
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.outcome(t) == Outcome::kAborted) continue;
    written.clear();
    const absl::Span<const Op> ops = history.ops(t);
    for (size_t i = ops.size(); i-- > 0;) {
      if (!ops[i].writes() || !written.insert(ops[i].key).second) continue;
      const ValueId value = ops[i].kind == OpKind::kDelete ? kNone : ops[i].value;
      const auto it = versions.find({ops[i].key, value});
      if (it != versions.end()) it->second.push_back(t);
    }
  }
  return versions;
}

bool Writes(const History& history, TxnId t, KeyId key) {
  const absl::Span<const Op> ops = history.ops(t);
  return std::any_of(ops.begin(), ops.end(),
                     [key](const Op& op) { return op.writes() && op.key == key; });
}

// ONE-UPDATE-EACH. Of those that saw a version and wrote the key only one can have written the next
// version. So if more have seen a value than left it, an update is lost, whoever saw whose. A
// search would go through all their pairs to find that.
void CountUpdates(const History& history, const std::vector<OpenSources>& open,
                  Observations& seen) {
  struct Updates {
    std::vector<TxnId> txns = {};
    absl::flat_hash_set<TxnId> sources = {};
  };
  std::map<std::pair<KeyId, ValueId>, Updates> updates;
  for (const OpenSources& sources : open) {
    const ExternalRead& read = seen.reads.items[sources.read];
    if (!Writes(history, sources.reader, read.key)) continue;
    Updates& same = updates[{read.key, SeenValue(history, sources.reader, read)}];
    same.txns.push_back(sources.reader);
    same.sources.insert(sources.writers.begin(), sources.writers.end());
  }
  for (auto& [version, same] : updates) {
    if (same.txns.size() <= same.sources.size()) continue;
    const auto& [key, value] = version;
    Violation violation;
    violation.anomaly = Anomaly::kLostUpdate;
    violation.words = Cat(
        same.txns.size(), " transactions, the first of them ", TxnText(history, same.txns[0]),
        value == kNone ? Cat(", found nothing at ", KeyText(history, key))
                       : Cat(", read ", ValueText(history, value), " from ", KeyText(history, key)),
        " and wrote it, which was so only ", same.sources.size(), " times");
    // One more than there were versions proves it.
    same.txns.resize(same.sources.size() + 1);
    violation.txns = std::move(same.txns);
    for (const TxnId source : same.sources) {
      if (source != kInitialTxn) violation.witnesses.push_back(source);
    }
    std::sort(violation.witnesses.begin(), violation.witnesses.end());
    seen.direct.push_back(std::move(violation));
  }
}

}  // namespace

std::vector<OpenSources> NarrowReads(const History& history, Observations& seen) {
  std::vector<OpenSources> open;
  const Versions versions = CollectVersions(history, seen);
  if (versions.empty()) return open;
  std::vector<bool> found(history.size(), false);
  for (TxnId t = 0; t < history.size(); ++t) {
    for (uint64_t r = seen.reads.first[t]; r < seen.reads.first[t + 1]; ++r) {
      ExternalRead& read = seen.reads.items[r];
      if (!IsOpen(read)) continue;
      const ValueId value = SeenValue(history, t, read);
      OpenSources sources = {.read = r, .reader = t, .writers = versions.at({read.key, value})};
      sources.writers.erase(std::remove(sources.writers.begin(), sources.writers.end(), t),
                            sources.writers.end());
      if (value == kNone) sources.writers.insert(sources.writers.begin(), kInitialTxn);
      if (sources.writers.empty()) {
        Violation violation;
        violation.anomaly = Anomaly::kIntermediateRead;
        violation.txns = {t};
        violation.words =
            Cat(TxnText(history, t), " did ", OpText(history, history.ops(t)[read.op]),
                ", which all others who wrote it overwrote before they committed");
        seen.direct.push_back(std::move(violation));
      } else if (sources.writers.size() > 1) {
        open.push_back(std::move(sources));
        continue;
      } else {
        read.from = sources.writers[0];
        if (read.from != kInitialTxn) found[read.from] = true;
      }
      --seen.ambiguous;
    }
  }
  AddHappened(history, found, seen);
  CountUpdates(history, open, seen);
  return open;
}

namespace {

class ProblemMaker {
 public:
  ProblemMaker(const History& history, const Observations& seen) : history_(history), seen_(seen) {}

  OrderProblem Make(const std::vector<OpenSources>& reads) {
    problem_.optional.assign(history_.size(), false);
    absl::flat_hash_set<KeyId> wanted;
    for (const OpenSources& read : reads) {
      wanted.insert(seen_.reads.items[read.read].key);
      for (const TxnId writer : read.writers) {
        if (writer != kInitialTxn && !seen_.happened[writer]) AddOptional(writer, wanted);
      }
    }
    Observations all = seen_;
    AddHappened(history_, problem_.optional, all);
    ForEachChains(history_, all, [&](KeyId key, absl::Span<const VersionChain> chains) {
      if (chains.size() > 2 || wanted.contains(key)) AddRegister(key, chains);
    });
    for (KeyId key = 0; key < all.unread.size(); ++key) {
      const auto unread = all.unread[key];
      if (unread.size() > seen_.unread[key].size() || unread.size() > 1) AddList(key, unread);
    }
    AddReaders();
    for (const OpenSources& read : reads) AddRead(read);
    return std::move(problem_);
  }

 private:
  struct Place {
    uint32_t key;
    uint32_t block;
    uint32_t place;
  };

  void AddOptional(TxnId t, absl::flat_hash_set<KeyId>& wanted) {
    problem_.optional[t] = true;
    for (const Op& op : history_.ops(t)) {
      if (op.writes()) wanted.insert(op.key);
    }
  }

  void Add(KeyId key, std::vector<Block> blocks) {
    const auto number = static_cast<uint32_t>(problem_.keys.size());
    number_of_[key] = number;
    for (uint32_t b = 0; b < blocks.size(); ++b) {
      for (uint32_t i = 0; i < blocks[b].writers.size(); ++i) {
        places_[{key, blocks[b].writers[i]}] = {number, b, i};
      }
    }
    problem_.keys.push_back({.key = key, .blocks = std::move(blocks)});
  }

  void AddRegister(KeyId key, absl::Span<const VersionChain> chains) {
    std::vector<Block> blocks;
    for (const VersionChain& chain : chains) {
      Block& block = blocks.emplace_back();
      for (const Version& version : chain) block.writers.push_back(version.writer);
    }
    Add(key, std::move(blocks));
  }

  // What reads show the order of is the first block. Who read all of it and appended what nobody
  // read wrote the next version.
  void AddList(KeyId key, absl::Span<const TxnId> unread) {
    std::vector<Block> blocks(1);
    for (const Version& version : seen_.versions[key]) {
      const bool again = !blocks[0].writers.empty() && blocks[0].writers.back() == version.writer;
      if (version.writer < kInitialTxn && !again) blocks[0].writers.push_back(version.writer);
    }
    TxnId next = kNone;
    for (const TxnId t : unread) {
      for (const ExternalRead& read : seen_.reads[t]) {
        if (read.key == key && read.position == seen_.versions[key].size()) next = t;
      }
    }
    if (next != kNone) blocks[0].writers.push_back(next);
    for (const TxnId t : unread) {
      if (t != next) blocks.push_back({.writers = {t}, .readers = {}});
    }
    Add(key, std::move(blocks));
  }

  void AddReaders() {
    for (const OpenKey& open : problem_.keys) {
      for (const Block& block : open.blocks) {
        for (size_t i = 1; i < block.writers.size(); ++i) {
          problem_.known.push_back(
              {block.writers[i - 1], block.writers[i], EdgeKind::kWw, open.key});
        }
      }
    }
    for (TxnId t = 0; t < history_.size(); ++t) {
      for (const ExternalRead& read : seen_.reads[t]) {
        const auto number = number_of_.find(read.key);
        if (number == number_of_.end() || read.from == kNone || read.from == t) continue;
        std::vector<Block>& blocks = problem_.keys[number->second].blocks;
        Block* block = &blocks[0];
        uint32_t next = 0;
        if (read.from != kInitialTxn) {
          const auto place = places_.find({read.key, read.from});
          if (place == places_.end()) continue;
          block = &blocks[place->second.block];
          next = place->second.place + 1;
        }
        if (next == block->writers.size()) {
          block->readers.push_back({t, read.predicate});
        } else if (block->writers[next] != t) {
          const EdgeKind kind = read.predicate ? EdgeKind::kRwPredicate : EdgeKind::kRw;
          problem_.known.push_back({t, block->writers[next], kind, read.key});
        }
      }
    }
  }

  void AddRead(const OpenSources& open) {
    const KeyId key = seen_.reads.items[open.read].key;
    OpenRead read = {
        .read = open.read, .reader = open.reader, .key = number_of_.at(key), .sources = {}};
    for (const TxnId writer : open.writers) {
      if (writer == kInitialTxn) {
        read.sources.push_back({});
        continue;
      }
      const Place place = places_.at({key, writer});
      read.sources.push_back({.writer = writer, .block = place.block, .place = place.place});
    }
    problem_.reads.push_back(std::move(read));
  }

  const History& history_;
  const Observations& seen_;
  OrderProblem problem_;
  absl::flat_hash_map<KeyId, uint32_t> number_of_;
  absl::flat_hash_map<std::pair<KeyId, TxnId>, Place> places_;
};

}  // namespace

OrderProblem MakeProblem(const History& history, const Observations& seen,
                         const std::vector<OpenSources>& reads) {
  return ProblemMaker(history, seen).Make(reads);
}

}  // namespace nacre::check::judge
