#include "tests/check/judge/online/advance.h"

#include <algorithm>

#include "tests/check/judge/check.h"

namespace nacre::check::judge {

std::vector<ValueId> Advance(const Window& window, KeyId key,
                             const std::vector<Cut::Version>& versions, bool by_time,
                             uint64_t transactions, Frontier& frontier) {
  std::vector<ValueId> list;
  KeyState& state = frontier.Make(window.keys.text(key), transactions);
  const KeptTxn& last = window.txns[versions.back().txn];
  NACRE_JUDGE_CHECK(
      !by_time || state.fed == 0 || last.info.commit_timestamp >= state.writer.commit_timestamp,
      "PRUNED-BELOW: what is dropped committed before what was dropped");
  if (state.fed != 0) {
    state.others_returned = std::max(state.others_returned, state.writer.completed);
  }
  for (const Cut::Version& version : versions) {
    const KeptTxn& txn = window.txns[version.txn];
    if (&txn != &last) {
      state.others_returned = std::max(state.others_returned, txn.info.completed);
    }
    const bool append = std::any_of(txn.ops.begin(), txn.ops.end(), [&](const KeptOp& kept) {
      return kept.op.key == key && kept.op.kind == OpKind::kAppend;
    });
    if (!append) continue;
    state.is_list = true;
    state.hash = ChainHash(state.hash, window.values.text(version.value));
    ++state.length;
    list.push_back(version.value);
    if (version.shown) {
      state.read_length = state.length;
      state.read_hash = state.hash;
    }
  }
  const auto same = [&](const Cut::Version& version) {
    return version.value == versions.back().value;
  };
  state.present = versions.back().value != kNone;
  state.several = state.present && (std::count_if(versions.begin(), versions.end(), same) > 1 ||
                                    frontier.WasDropped(window.keys.text(key),
                                                        window.values.text(versions.back().value)));
  for (const Cut::Version& version : versions) state.deleted |= version.value == kNone;
  state.value = state.present ? window.values.text(versions.back().value) : std::string_view();
  state.writer = last.info;
  state.fed = last.fed;
  state.session.reset();
  // UNKNOWN-END: nothing follows an indeterminate transaction in its session.
  if (last.info.session != kNone && last.info.outcome == Outcome::kCommitted) {
    state.session = window.sessions.text(last.info.session);
  }
  return list;
}

}  // namespace nacre::check::judge
