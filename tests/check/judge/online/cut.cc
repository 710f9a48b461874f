#include "tests/check/judge/online/cut.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "tests/check/judge/own_view.h"

namespace nacre::check::judge {
namespace {

// If it cannot be told which of several versions was seen, all that it may have been count.
struct Read {
  uint32_t newest;  // The position of what it saw, at most.
  uint32_t txn;
  uint32_t oldest;
};

struct KeyOrder {
  std::vector<Cut::Version> versions;  // Position i + 1; position 0 is the frontier's state.
  std::vector<Read> reads;
  ListRef longest = {kNone, 0};
  uint32_t kept_from = 0;  // Versions from this position on are kept.
  size_t reads_done = 0;   // Reads from this one on belong to marked transactions.
};

// Puts the versions of every key in an order, as far as reads show it by that and else by guess.
class Orders {
 public:
  Orders(const Window& window, const Readings& readings, const WriteOrder& known)
      : window_(window),
        readings_(readings),
        known_(known),
        keys_(window.keys.size()),
        seen_(window.txns.size(), false),
        known_done_(window.txns.size()),
        unshown_(window.txns.size(), false) {
    for (uint32_t t = 0; t < window.txns.size(); ++t) known_done_[t] = window.txns[t].returned;
    if (readings.has_scans()) SortKeys();
    for (uint32_t t = 0; t < window.txns.size(); ++t) CollectReads(t);
    OrderLists();
    CollectRegisters();
    PlaceAbsences();
    for (KeyOrder& key : keys_) {
      std::sort(key.reads.begin(), key.reads.end(),
                [](const Read& a, const Read& b) { return a.newest < b.newest; });
      key.kept_from = static_cast<uint32_t>(key.versions.size()) + 1;
      key.reads_done = key.reads.size();
    }
  }

  std::vector<KeyOrder>& keys() { return keys_; }
  // Committed, or somebody saw what it alone wrote.
  bool Happened(uint32_t t) const {
    const Outcome outcome = window_.txns[t].info.outcome;
    return outcome == Outcome::kCommitted || (outcome == Outcome::kIndeterminate && seen_[t]);
  }
  // It appended what no read shows.
  bool Unshown(uint32_t t) const { return unshown_[t]; }

 private:
  struct RegisterRead {
    KeyId key;
    ValueId value;
    uint32_t txn;
  };

  void CollectReads(uint32_t t) {
    const KeptTxn& txn = window_.txns[t];
    if (txn.info.outcome != Outcome::kCommitted) return;
    for (size_t i = 0; i < txn.ops.size(); ++i) {
      const Op& op = txn.ops[i].op;
      const Use use = readings_.use(t, i);
      if (op.writes() || use == Use::kLeftOut || use == Use::kBefore) continue;
      if (op.kind == OpKind::kScan) {
        CollectMissed(t, i);
        continue;
      }
      KeyOrder& key = keys_[op.key];
      if (op.kind == OpKind::kReadList) {
        const uint32_t own = std::min(txn.ops[i].appended, op.list().length);
        const ListRef base = window_.lists.Prefix(op.list(), op.list().length - own);
        key.reads.push_back({base.length, t, base.length});
        if (key.longest.branch == kNone || base.length > key.longest.length) key.longest = base;
      } else if (op.value == kNone) {
        absences_.push_back({op.key, kNone, t});
      } else if (use == Use::kFrontier) {
        key.reads.push_back({0, t, 0});
      } else {
        const uint32_t writer = readings_.WriterOf(op.key, op.value);
        if (writer == kNone || writer == t) continue;
        const bool ambiguous = readings_.Ambiguous(op.key, op.value);
        if (!ambiguous) {
          seen_[writer] = true;
          known_done_[writer] = std::min(known_done_[writer], txn.returned);
        }
        register_reads_.push_back({op.key, op.value, t});
      }
    }
  }

  void SortKeys() {
    std::vector<bool> is_data(keys_.size(), false);
    for (const KeptTxn& txn : window_.txns) {
      for (const KeptOp& kept : txn.ops) {
        if (kept.op.kind != OpKind::kScan) is_data[kept.op.key] = true;
      }
    }
    for (KeyId key = 0; key < is_data.size(); ++key) {
      if (is_data[key]) sorted_.push_back(key);
    }
    std::sort(sorted_.begin(), sorted_.end(),
              [this](KeyId a, KeyId b) { return window_.keys.text(a) < window_.keys.text(b); });
  }

  // The keys that a scan did not return it has read as absent.
  void CollectMissed(uint32_t t, size_t i) {
    const std::vector<KeptOp>& ops = window_.txns[t].ops;
    const Op& scan = ops[i].op;
    if (scan.limited && scan.results() == 0) return;
    const std::string_view start = window_.keys.text(scan.key);
    const std::string_view last =
        scan.limited ? window_.keys.text(ops[i + scan.results()].op.key) : std::string_view();
    for (const KeyId key : sorted_) {
      const std::string_view text = window_.keys.text(key);
      if (text < start || (scan.limited && scan.reverse && text < last)) continue;
      if (scan.scan_end() != kNone && text >= window_.keys.text(scan.scan_end())) break;
      if (scan.limited && !scan.reverse && text > last) break;
      const auto results = absl::MakeConstSpan(ops).subspan(i + 1, scan.results());
      if (std::none_of(results.begin(), results.end(),
                       [key](const KeptOp& kept) { return kept.op.key == key; })) {
        absences_.push_back({key, kNone, t});
      }
    }
  }

  // Whose absence was it: of the time before the window, or of some deletion.
  void PlaceAbsences() {
    for (const RegisterRead& read : absences_) {
      KeyOrder& key = keys_[read.key];
      if (key.longest.branch != kNone) {
        key.reads.push_back({0, read.txn, 0});
        continue;
      }
      uint32_t newest = 0;
      for (uint32_t i = 0; i < key.versions.size(); ++i) {
        const Cut::Version& version = key.versions[i];
        if (version.txn == kNone || version.value != kNone) continue;
        newest = i + 1;
      }
      key.reads.push_back({newest, read.txn, 0});
    }
  }

  void OrderLists() {
    std::vector<std::vector<ValueId>> shown(keys_.size());
    for (KeyId k = 0; k < keys_.size(); ++k) {
      KeyOrder& key = keys_[k];
      if (key.longest.branch == kNone) continue;
      shown[k] = window_.lists.Elements(key.longest);
      for (const ValueId value : shown[k]) {
        const uint32_t writer = readings_.WriterOf(k, value);
        if (writer != kNone && !readings_.Ambiguous(k, value)) seen_[writer] = true;
        key.versions.push_back({writer, value, true});
      }
      std::sort(shown[k].begin(), shown[k].end());
    }
    std::vector<uint32_t> order(window_.txns.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return known_done_[a] < known_done_[b]; });
    for (const uint32_t t : order) {
      if (!Happened(t)) continue;
      for (const KeptOp& kept : window_.txns[t].ops) {
        const Op& op = kept.op;
        if (op.kind != OpKind::kAppend) continue;
        if (std::binary_search(shown[op.key].begin(), shown[op.key].end(), op.value)) continue;
        keys_[op.key].versions.push_back({t, op.value, false});
        unshown_[t] = true;
      }
    }
  }

  // Registers in the order that is known, or else that in which their writes are first known to
  // have been done.
  void CollectRegisters() {
    std::vector<uint32_t> order(window_.txns.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return known_done_[a] < known_done_[b]; });
    OwnView last;
    for (const uint32_t t : order) {
      if (!Happened(t)) continue;
      const std::vector<KeptOp>& ops = window_.txns[t].ops;
      last.Clear();
      for (uint32_t i = 0; i < ops.size(); ++i) {
        if (ops[i].op.kind == OpKind::kWrite || ops[i].op.kind == OpKind::kDelete) {
          last[ops[i].op.key].last_write = i;
        }
      }
      for (const OwnKey& own : last.keys()) {
        const Op& op = ops[own.last_write].op;
        keys_[own.key].versions.push_back(
            {t, op.kind == OpKind::kDelete ? kNone : op.value, false});
      }
    }
    SortAsKnown();
    absl::flat_hash_map<std::pair<KeyId, uint32_t>, uint32_t> positions;
    for (KeyId k = 0; k < keys_.size(); ++k) {
      const std::vector<Cut::Version>& versions = keys_[k].versions;
      for (uint32_t i = 0; i < versions.size(); ++i) positions[{k, versions[i].txn}] = i + 1;
    }
    for (const RegisterRead& read : register_reads_) {
      const auto it = positions.find({read.key, readings_.WriterOf(read.key, read.value)});
      if (it != positions.end())
        keys_[read.key].reads.push_back({it->second, read.txn, it->second});
    }
  }

  void SortAsKnown() {
    std::vector<uint32_t> place(window_.txns.size(), 0);
    for (KeyId k = 0; k < known_.size(); ++k) {
      for (uint32_t i = 0; i < known_[k].size(); ++i) place[known_[k][i]] = i;
      if (known_[k].empty()) continue;
      std::stable_sort(keys_[k].versions.begin(), keys_[k].versions.end(),
                       [&place](const Cut::Version& a, const Cut::Version& b) {
                         return place[a.txn] < place[b.txn];
                       });
    }
  }

  const Window& window_;
  const Readings& readings_;
  const WriteOrder& known_;
  std::vector<KeyOrder> keys_;
  std::vector<bool> seen_;
  std::vector<uint64_t> known_done_;  // Not later than this its commit was done.
  std::vector<bool> unshown_;
  std::vector<RegisterRead> register_reads_;
  std::vector<RegisterRead> absences_;
  std::vector<KeyId> sorted_;  // By text; only with scans.
};

// Marks what is kept, and everything that an edge leads to from there.
class Keeper {
 public:
  Keeper(const Window& window, const Readings& readings, const CutOptions& options,
         const WriteOrder& known)
      : window_(window),
        readings_(readings),
        options_(options),
        orders_(window, readings, known),
        kept_(window.txns.size(), false),
        versions_of_(window.txns.size()),
        reads_of_(window.txns.size()),
        sessions_(window.sessions.size()) {
    const std::vector<KeyOrder>& keys = orders_.keys();
    for (KeyId k = 0; k < keys.size(); ++k) {
      for (uint32_t i = 0; i < keys[k].versions.size(); ++i) {
        const uint32_t writer = keys[k].versions[i].txn;
        if (writer != kNone) versions_of_[writer].push_back({k, i + 1});
      }
      for (const Read& read : keys[k].reads) reads_of_[read.txn].push_back({k, read.oldest});
    }
    for (uint32_t t = 0; t < window.txns.size(); ++t) {
      if (!orders_.Happened(t)) continue;
      const TxnInfo& info = window.txns[t].info;
      if (info.session != kNone) sessions_[info.session].txns.push_back(t);
      if (info.invoked != kAlways) invoked_.emplace_back(info.invoked, t);
    }
    for (Session& session : sessions_) session.kept_from = session.txns.size();
    std::sort(invoked_.begin(), invoked_.end());
  }

  // By force only the orders of versions are followed: what is dropped begins every list.
  Cut Run(bool force) {
    force_ = force;
    const size_t size = window_.txns.size();
    for (uint32_t t = 0; t < size; ++t) {
      if (window_.txns[t].info.outcome == Outcome::kAborted || Candidate(t)) continue;
      Keep(t);
      while (!work_.empty()) {
        const uint32_t next = work_.back();
        work_.pop_back();
        Follow(next);
      }
    }
    Cut cut;
    cut.drop.resize(size);
    for (uint32_t t = 0; t < size; ++t) {
      const bool old = t + options_.horizon < size && readings_.settled(window_.txns[t]);
      const bool aborted = window_.txns[t].info.outcome == Outcome::kAborted;
      cut.drop[t] = orders_.Happened(t) ? !kept_[t] : aborted && old;
      cut.count += cut.drop[t] ? 1 : 0;
      cut.guessed |= cut.drop[t] && orders_.Unshown(t);
    }
    TakeVersions(cut);
    return cut;
  }

 private:
  struct Place {
    KeyId key;
    uint32_t position;
  };
  struct Session {
    std::vector<uint32_t> txns;
    size_t kept_from = 0;
  };

  bool Candidate(uint32_t t) const {
    // EVERY-MAYBE-KEPT.
    if (!orders_.Happened(t)) return false;
    const uint64_t age = window_.txns.size() - t;
    if (age <= options_.horizon || !readings_.settled(window_.txns[t])) return false;
    // What nobody has read may still be read, and its place be seen: it waits longer.
    return force_ || !orders_.Unshown(t) || age > uint64_t{2} * options_.horizon;
  }

  void Keep(uint32_t t) {
    if (t == kNone || kept_[t]) return;
    kept_[t] = true;
    work_.push_back(t);
  }

  void Follow(uint32_t t) {
    for (const Place& place : versions_of_[t]) KeepFrom(place.key, place.position);
    if (force_) return;
    for (const Place& place : reads_of_[t]) KeepFrom(place.key, place.position + 1);
    const TxnInfo& info = window_.txns[t].info;
    // UNKNOWN-END: nothing follows an indeterminate transaction in its session.
    if (options_.sessions && info.session != kNone && info.outcome == Outcome::kCommitted) {
      Session& session = sessions_[info.session];
      while (session.kept_from > 0 && session.txns[session.kept_from - 1] > t) {
        Keep(session.txns[--session.kept_from]);
      }
    }
    if (options_.real_time && info.completed != kNever) {
      while (!invoked_.empty() && invoked_.back().first > info.completed) {
        Keep(invoked_.back().second);
        invoked_.pop_back();
      }
    }
  }

  void KeepFrom(KeyId k, uint32_t position) {
    KeyOrder& key = orders_.keys()[k];
    while (key.kept_from > position) Keep(key.versions[--key.kept_from - 1].txn);
    while (!force_ && key.reads_done > 0 && key.reads[key.reads_done - 1].newest >= position) {
      Keep(key.reads[--key.reads_done].txn);
    }
  }

  void TakeVersions(Cut& cut) {
    cut.dropped.resize(window_.keys.size());
    for (KeyId k = 0; k < cut.dropped.size(); ++k) {
      for (const Cut::Version& version : orders_.keys()[k].versions) {
        if (version.txn != kNone && cut.drop[version.txn]) cut.dropped[k].push_back(version);
      }
    }
  }

  const Window& window_;
  const Readings& readings_;
  const CutOptions& options_;
  Orders orders_;
  bool force_ = false;
  std::vector<bool> kept_;
  std::vector<std::vector<Place>> versions_of_;
  std::vector<std::vector<Place>> reads_of_;
  std::vector<Session> sessions_;
  std::vector<std::pair<uint64_t, uint32_t>> invoked_;  // Those not yet marked.
  std::vector<uint32_t> work_;
};

bool Drops(const Window& window, const Readings& readings, uint32_t horizon, uint32_t t) {
  return t + uint64_t{horizon} < window.txns.size() && readings.settled(window.txns[t]);
}

}  // namespace

Cut ChooseCut(const Window& window, const Readings& readings, const CutOptions& options,
              const WriteOrder& known) {
  return Keeper(window, readings, options, known).Run(false);
}

Cut ForceCut(const Window& window, const Readings& readings, const CutOptions& options) {
  return Keeper(window, readings, options, {}).Run(true);
}

Cut ChooseCutByTime(const Window& window, const Readings& readings, const CutOptions& options,
                    bool serial) {
  const std::vector<KeptTxn>& txns = window.txns;
  const auto place = [&](const KeptTxn& txn) {
    return txn.writes ? *txn.info.commit_timestamp
                      : std::max(*txn.info.begin_timestamp,
                                 serial ? txn.info.commit_timestamp.value_or(0) : 0);
  };
  Cut cut;
  cut.drop.assign(txns.size(), false);
  cut.dropped.resize(window.keys.size());
  uint64_t newest = 0;
  uint64_t needed = kNever;
  for (uint32_t t = 0; t < txns.size(); ++t) {
    if (txns[t].info.outcome != Outcome::kCommitted) continue;
    if (Drops(window, readings, options.horizon, t)) {
      newest = std::max(newest, place(txns[t]));
    } else if (!serial) {
      needed = std::min(needed, *txns[t].info.begin_timestamp);
    } else {
      needed = std::min(needed, place(txns[t]) - (txns[t].writes && place(txns[t]) > 0 ? 1 : 0));
    }
  }
  cut.time = std::min(newest, needed);
  std::vector<std::pair<uint64_t, uint32_t>> order;
  for (uint32_t t = 0; t < txns.size(); ++t) {
    const bool old = Drops(window, readings, options.horizon, t);
    if (txns[t].info.outcome == Outcome::kCommitted) {
      cut.drop[t] = old && place(txns[t]) <= cut.time;
      if (cut.drop[t] && txns[t].writes) order.emplace_back(place(txns[t]), t);
    } else {
      cut.drop[t] = old && txns[t].info.outcome == Outcome::kAborted;
    }
    cut.count += cut.drop[t] ? 1 : 0;
  }
  std::sort(order.begin(), order.end());
  for (const auto& [time, t] : order) {
    for (const KeptOp& kept : txns[t].ops) {
      const Op& op = kept.op;
      if (!op.writes()) continue;
      std::vector<Cut::Version>& versions = cut.dropped[op.key];
      versions.push_back(
          {t, op.kind == OpKind::kDelete ? kNone : op.value, op.kind != OpKind::kAppend});
    }
  }
  return cut;
}

}  // namespace nacre::check::judge
