#include "tests/check/judge/register_order.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "tests/check/judge/explain.h"

namespace nacre::check::judge {
namespace {

struct Writer {
  TxnId txn;
  TxnId read;  // Whose version it read before; kNone: none, or it cannot be told.
  ValueId value;
};

class RegisterOrder {
 public:
  RegisterOrder(const History& history, Observations& seen) : history_(history), seen_(seen) {}

  void RunByCommit() {
    CollectWriters();
    const auto earlier = [this](TxnId a, TxnId b) {
      return *history_.commit_timestamp(a) < *history_.commit_timestamp(b);
    };
    Rows<Version> versions;
    for (KeyId key = 0; key < history_.keys().size(); ++key) {
      const auto known = seen_.versions[key];
      versions.items.insert(versions.items.end(), known.begin(), known.end());
      std::vector<TxnId> unread(seen_.unread[key].begin(), seen_.unread[key].end());
      std::stable_sort(unread.begin(), unread.end(), earlier);
      for (const TxnId t : unread) versions.items.push_back({.writer = t});
      std::vector<Writer>& writers = writers_[key];
      std::stable_sort(writers.begin(), writers.end(),
                       [&](const Writer& a, const Writer& b) { return earlier(a.txn, b.txn); });
      for (const Writer& w : writers) versions.items.push_back({.writer = w.txn, .value = w.value});
      versions.EndRow();
    }
    seen_.versions = std::move(versions);
    seen_.unread.items.clear();
    seen_.unread.first.assign(history_.keys().size() + size_t{1}, 0);
    PlaceReads();
    ResolveBySnapshot();
  }

  KeyId Run() {
    CollectWriters();
    LinkChains();
    PlaceVersions();
    for (KeyId key = 0; key < chains_.size(); ++key) {
      if (!IsOrdered(key)) return key;
    }
    return kNone;
  }

  void RunInOrder(const std::vector<bool>& open, const std::vector<std::vector<TxnId>>& order) {
    CollectWriters();
    Rows<Version> versions;
    Rows<TxnId> unread;
    for (KeyId key = 0; key < history_.keys().size(); ++key) {
      const auto known = seen_.versions[key];
      const auto last = seen_.unread[key];
      if (!open[key] || seen_.is_list[key]) {
        versions.items.insert(versions.items.end(), known.begin(), known.end());
      }
      if (!open[key]) unread.items.insert(unread.items.end(), last.begin(), last.end());
      for (const TxnId t : open[key] ? order[key] : std::vector<TxnId>()) {
        if (seen_.is_list[key] && !std::binary_search(last.begin(), last.end(), t)) continue;
        versions.items.push_back({.writer = t, .value = ValueBy(t, key)});
      }
      versions.EndRow();
      unread.EndRow();
    }
    seen_.versions = std::move(versions);
    seen_.unread = std::move(unread);
    PlaceReads();
  }

  void VisitChains(absl::FunctionRef<void(KeyId, absl::Span<const VersionChain>)> visit) {
    CollectWriters();
    LinkChains();
    for (KeyId key = 0; key < chains_.size(); ++key) {
      if (!chains_[key].empty()) visit(key, chains_[key]);
    }
  }

 private:
  void CollectWriters() {
    writers_.resize(history_.keys().size());
    absl::flat_hash_map<KeyId, ValueId> last;
    absl::flat_hash_map<KeyId, TxnId> read_from;
    for (TxnId t = 0; t < history_.size(); ++t) {
      if (!seen_.happened[t]) continue;
      last.clear();
      for (const Op& op : history_.ops(t)) {
        if (op.writes() && !seen_.is_list[op.key]) last[op.key] = op.value;
      }
      read_from.clear();
      if (!last.empty()) {
        for (const ExternalRead& read : seen_.reads[t]) read_from.try_emplace(read.key, read.from);
      }
      for (const auto& [key, value] : last) {
        const auto read = read_from.find(key);
        writers_[key].push_back({t, read == read_from.end() ? kNone : read->second, value});
      }
    }
  }

  ValueId ValueBy(TxnId t, KeyId key) const {
    for (const Writer& writer : writers_[key]) {
      if (writer.txn == t) return writer.value;
    }
    return kNone;
  }

  void LinkChains() {
    chains_.resize(writers_.size());
    for (KeyId key = 0; key < writers_.size(); ++key) {
      if (!writers_[key].empty()) LinkKey(key);
    }
  }

  // NEXT-VERSION: the first chain begins with the initial state, each other one with a blind write.
  // No chains at all: they contradict themselves.
  void LinkKey(KeyId key) {
    const std::vector<Writer>& writers = writers_[key];
    absl::flat_hash_map<TxnId, const Writer*> next;  // By whose version they read.
    bool lost = false;
    for (const Writer& writer : writers) {
      if (writer.read == kNone) continue;
      const auto [it, first] = next.try_emplace(writer.read, &writer);
      if (first) continue;
      TellLostUpdate(key, it->second->txn, writer.txn);
      lost = true;
    }
    if (lost) return;
    size_t linked = 0;
    std::vector<VersionChain> chains;
    const auto follow = [&](TxnId from) {
      VersionChain& chain = chains.back();
      for (auto it = next.find(from); it != next.end(); it = next.find(from)) {
        from = it->second->txn;
        chain.push_back({.writer = from, .value = it->second->value});
      }
      linked += chain.size();
    };
    chains.emplace_back();
    follow(kInitialTxn);
    for (const Writer& writer : writers) {
      if (writer.read != kNone) continue;
      chains.push_back({{.writer = writer.txn, .value = writer.value}});
      follow(writer.txn);
    }
    // Else there is a circle of versions, which other edges tell of as G1c.
    if (linked == writers.size()) chains_[key] = std::move(chains);
  }

  bool IsOrdered(KeyId key) const {
    return writers_[key].empty() || (!chains_[key].empty() && chains_[key].size() <= 2);
  }

  void PlaceVersions() {
    Rows<Version> versions;
    for (KeyId key = 0; key < writers_.size(); ++key) {
      const auto known = seen_.versions[key];
      versions.items.insert(versions.items.end(), known.begin(), known.end());
      if (IsOrdered(key)) {
        for (const VersionChain& chain : chains_[key]) {
          versions.items.insert(versions.items.end(), chain.begin(), chain.end());
        }
      }
      versions.EndRow();
    }
    seen_.versions = std::move(versions);
    PlaceReads();
  }

  void TellLostUpdate(KeyId key, TxnId a, TxnId b) {
    const auto edge = [&](TxnId from, TxnId to) {
      return Edge{.from = from, .to = to, .kind = EdgeKind::kRw, .key = key, .reason = {}};
    };
    seen_.direct.push_back(
        ViolationOf(history_, seen_, {edge(a, b), edge(b, a)}, Anomaly::kLostUpdate));
  }

  // Whose value a read saw may be open, where there are deletions or a value was written twice: the
  // last version in its snapshot is the one, if it has that value.
  void ResolveBySnapshot() {
    for (TxnId t = 0; t < history_.size(); ++t) {
      for (uint64_t r = seen_.reads.first[t]; r < seen_.reads.first[t + 1]; ++r) {
        ExternalRead& read = seen_.reads.items[r];
        if (read.from != kNone || seen_.is_list[read.key]) continue;
        const auto versions = seen_.versions[read.key];
        const auto behind =
            std::upper_bound(versions.begin(), versions.end(), *history_.begin_timestamp(t),
                             [this](uint64_t begin, const Version& version) {
                               return begin < *history_.commit_timestamp(version.writer);
                             });
        const auto position = static_cast<uint32_t>(behind - versions.begin());
        const ValueId there = position == 0 ? kNone : versions[position - 1].value;
        const ValueId saw = read.predicate ? kNone : history_.ops(t)[read.op].value;
        if (there != saw) continue;
        read.position = position;
        read.from = position == 0 ? kInitialTxn : versions[position - 1].writer;
        if (seen_.ambiguous > 0) --seen_.ambiguous;
      }
    }
  }

  void PlaceReads() {
    absl::flat_hash_map<std::pair<KeyId, TxnId>, uint32_t> position;
    for (KeyId key = 0; key < history_.keys().size(); ++key) {
      if (seen_.is_list[key]) continue;
      uint32_t at = 0;
      for (const Version& version : seen_.versions[key]) position[{key, version.writer}] = ++at;
    }
    for (ExternalRead& read : seen_.reads.items) {
      if (seen_.is_list[read.key]) continue;
      const bool ordered = seen_.versions[read.key].size() == writers_[read.key].size();
      if (!ordered || read.from == kNone) continue;
      if (read.from == kInitialTxn) {
        read.position = 0;
        continue;
      }
      const auto it = position.find({read.key, read.from});
      if (it != position.end()) read.position = it->second;
    }
  }

  const History& history_;
  Observations& seen_;
  std::vector<std::vector<Writer>> writers_;       // By key; of registers.
  std::vector<std::vector<VersionChain>> chains_;  // By key.
};

}  // namespace

KeyId OrderRegisters(const History& history, Observations& seen) {
  return RegisterOrder(history, seen).Run();
}

void ForEachChains(const History& history, const Observations& seen,
                   absl::FunctionRef<void(KeyId, absl::Span<const VersionChain>)> visit) {
  Observations copy = seen;
  RegisterOrder(history, copy).VisitChains(visit);
}

void SetOrder(const History& history, const std::vector<bool>& open,
              const std::vector<std::vector<TxnId>>& order, Observations& seen) {
  RegisterOrder(history, seen).RunInOrder(open, order);
}

void OrderByCommit(const History& history, Observations& seen) {
  RegisterOrder(history, seen).RunByCommit();
}

}  // namespace nacre::check::judge
