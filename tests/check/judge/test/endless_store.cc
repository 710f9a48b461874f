#include "tests/check/judge/test/endless_store.h"

#include <algorithm>

namespace nacre::check {

EndlessStore::EndlessStore(const EndlessShape& shape)
    : shape_(shape), random_(shape.seed), open_(shape.sessions) {
  while (keys_.size() < shape.keys) keys_.push_back({.name = "k" + std::to_string(next_key_++)});
}

bool EndlessStore::Feed(OnlineJudge& judge, uint64_t transactions) {
  const uint64_t end = judge.transactions() + transactions;
  while (judge.transactions() < end) {
    const uint32_t session = random_() % shape_.sessions;
    if (!open_[session].open) {
      Begin(open_[session]);
    } else if (!Commit(session, judge)) {
      return false;
    }
  }
  return true;
}

bool EndlessStore::Drain(OnlineJudge& judge) {
  for (uint32_t session = 0; session < open_.size(); ++session) {
    if (open_[session].open && !Commit(session, judge)) return false;
  }
  return true;
}

void EndlessStore::Begin(Open& txn) {
  txn = {.open = true, .invoked = ++clock_, .begin = commits_};
  const uint32_t operations = 1 + random_() % shape_.operations_max;
  for (uint32_t i = 0; i < operations; ++i) {
    const uint32_t k = random_() % shape_.keys;
    const Key& key = keys_[k];
    const bool write = random_() % 2 == 0;
    Access access = {.key = k, .name = key.name, .write = write, .value = key.value};
    if (write) access.value = ++values_;
    if (!write && shape_.lists) access.list = key.list;
    for (const Access& own : txn.accesses) {
      if (write || !own.write || own.key != k) continue;
      access.value = own.value;
      if (shape_.lists) access.list.push_back(own.value);
    }
    txn.accesses.push_back(std::move(access));
  }
  if (shape_.at_once) Apply(txn);
}

void EndlessStore::Apply(const Open& txn) {
  for (const Access& access : txn.accesses) {
    if (!access.write) continue;
    Key& written = keys_[access.key];
    written.before = written.value;
    written.value = access.value;
    if (shape_.lists) written.list.push_back(access.value);
    written.committed = commits_;
    ++written.writes;
  }
}

bool EndlessStore::Conflicts(const Open& txn) const {
  return std::any_of(txn.accesses.begin(), txn.accesses.end(), [&](const Access& access) {
    const Key& key = keys_[access.key];
    return key.committed > txn.begin || key.name != access.name;
  });
}

uint64_t EndlessStore::OldestOpen() const {
  uint64_t oldest = clock_ + 1;
  for (const Open& txn : open_) {
    if (txn.open) oldest = std::min(oldest, txn.invoked);
  }
  return oldest;
}

void EndlessStore::Hand(const Access& access, OnlineJudge& judge) const {
  if (access.write) {
    const std::string value = std::to_string(access.value);
    shape_.lists ? judge.Append(access.name, value) : judge.Write(access.name, value);
  } else if (shape_.lists) {
    judge.BeginList(access.name);
    for (const uint32_t element : access.list) judge.Element(std::to_string(element));
    judge.EndList();
  } else if (access.value == 0) {
    judge.ReadAbsent(access.name);
  } else {
    judge.Read(access.name, std::to_string(access.value));
  }
}

bool EndlessStore::Commit(uint32_t session, OnlineJudge& judge) {
  Open& txn = open_[session];
  const bool committed = shape_.at_once || !Conflicts(txn);
  const bool writes = std::any_of(txn.accesses.begin(), txn.accesses.end(),
                                  [](const Access& access) { return access.write; });
  if (committed && writes) ++commits_;
  for (Access& access : txn.accesses) {
    const Key& key = keys_[access.key];
    if (broken_ && committed && !access.write && access.value == key.value && key.before != 0) {
      broken_ = false;
      access.value = key.before;
      if (!access.list.empty()) access.list.pop_back();
    }
    Hand(access, judge);
  }
  if (committed && !shape_.at_once) Apply(txn);
  const std::string name = std::to_string(session);
  FinishedTxn info = {.session = name,
                      .outcome = committed ? Outcome::kCommitted : Outcome::kAborted,
                      .invoked = txn.invoked,
                      .completed = ++clock_,
                      .number = ++numbers_};
  if (shape_.timestamps) {
    info.begin_timestamp = txn.begin;
    if (committed && writes) info.commit_timestamp = commits_;
  }
  txn.open = false;
  for (Key& key : keys_) {
    if (key.writes >= shape_.writes_a_key) {
      key = {.name = "k" + std::to_string(next_key_++), .committed = commits_};
    }
  }
  return judge.Add(info, OldestOpen());
}

}  // namespace nacre::check
