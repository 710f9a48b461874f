#include <random>

#include "absl/time/clock.h"
#include "engine/base/epoch.h"
#include "engine/mvcc/visibility.h"
#include "engine/txn/transaction_state.h"

// One key of a keyspace at random.
//
// kSamples random descents of the index give as many entries, each with the weight that makes up
// for the unevenness of the descents (index/sample.cc); one of the live ones is chosen in
// proportion to these weights. The more samples, the nearer that is to an even choice. What is left
// of the bias: a key that a descent finds with a probability p far above the even one is chosen
// with at least about p^kSamples, one that stands alone below the top node of two links with
// 2^-16.

namespace nacre::txn {
namespace {

constexpr int kSamples = 16;
// Descents that may meet keys which are deleted, expired or not yet visible, for each of them.
constexpr int kTriesPerSample = 4;
// Own writes that are looked at, at random if there are more.
constexpr size_t kOwnWritesSampled = 256;

std::mt19937_64& Random() {
  // Different in each thread is all that is asked of it.
  thread_local std::mt19937_64 random(base::EpochDomain::ThreadIndex() +
                                      static_cast<uint64_t>(absl::GetCurrentTimeNanos()));
  return random;
}

// Keeps one of the candidates it is given, each with a probability in proportion to its weight.
template <typename Candidate>
class WeightedChoice {
 public:
  void Consider(const Candidate& candidate, double weight) {
    total_ += weight;
    if (std::uniform_real_distribution<double>(0, total_)(Random()) < weight) chosen_ = candidate;
  }
  const std::optional<Candidate>& chosen() const { return chosen_; }

 private:
  std::optional<Candidate> chosen_;
  double total_ = 0;
};

}  // namespace

absl::Status TransactionState::SampleKey(std::string& from) {
  base::EpochPin pin;
  if (view_.IsTooOld()) return doomed_ = TooOldError();
  WeightedChoice<std::string_view> choice;
  int found = 0;
  for (int i = 0; i < kSamples * kTriesPerSample && found < kSamples; ++i) {
    double weight = 0;
    const mvcc::Record* record = current_.tree->index.Random([] { return Random()(); }, &weight);
    if (record == nullptr) break;
    if (i == 0) from.assign(record->key());
    const mvcc::Version* version = mvcc::FindVisible(*record, view_.read_timestamp);
    if (version == nullptr || !mvcc::IsLive(*version, JudgeExpiryBy(store_, view_))) continue;
    ++found;
    choice.Consider(record->key(), weight);
  }
  if (choice.chosen()) from.assign(*choice.chosen());
  if (view_.IsTooOld()) return doomed_ = TooOldError();
  return absl::OkStatus();
}

// Own writes come up in proportion to their number among all keys, as far as that can be told from
// kOwnWritesSampled of them.
absl::StatusOr<bool> TransactionState::SampleOwnWrite(std::string& from) {
  base::EpochPin pin;
  if (view_.IsTooOld()) return doomed_ = TooOldError();
  const auto& entries = writes().entries();
  const bool all = entries.size() <= kOwnWritesSampled;
  const size_t looks = all ? entries.size() : kOwnWritesSampled;
  WeightedChoice<std::string_view> choice;
  double live = 0;
  for (size_t i = 0; i < looks; ++i) {
    const WriteEntry& entry = entries[all ? i : Random()() % entries.size()];
    if (entry.tree != current_.tree || entry.version == nullptr) continue;
    if (!mvcc::IsLive(*entry.version, view_.now)) continue;
    choice.Consider(entry.key, 1);
    ++live;
  }
  if (!choice.chosen()) return false;
  const double count = live * static_cast<double>(entries.size()) / static_cast<double>(looks);
  const auto others = static_cast<double>(
      std::max<int64_t>(0, current_.tree->live_keys.load(std::memory_order_relaxed)));
  if (std::uniform_real_distribution<double>(0, count + others)(Random()) >= count) return false;
  from.assign(*choice.chosen());
  return true;
}

// The choice depends on every key there is, so in the read set it is the whole keyspace.
absl::StatusOr<std::optional<std::string_view>> TransactionState::RandomKey() {
  absl::StatusOr<std::unique_ptr<Cursor>> cursor =
      NewCursor(Range::All(), Keeping::kForgets, Tracking::kUntracked);
  if (!cursor.ok()) return cursor.status();
  absl::StatusOr<std::optional<CursorItem>> item = RandomItem(**cursor);
  DropCursor(cursor->get());
  if (!item.ok()) return item.status();
  if (serializable()) {
    reads_->AddWholeTree(current_.tree);
    // As with any read, nobody else sees an own write, and its time may come.
    if (*item && !HasWritten((*item)->key)) reads_->NoteExpiry((*item)->expiry, (*item)->key);
  }
  if (!*item) return std::nullopt;
  return (*item)->key;
}

bool TransactionState::HasWritten(std::string_view key) {
  if (!has_writes()) return false;
  const WriteEntry* entry =
      writes().Find(current_.tree, LatchTable::HashOf(current_.tree_id, key), key);
  return entry != nullptr && entry->version != nullptr;
}

// What is sampled is looked at again through the cursor, which puts the own writes on top. If no
// sample is live it finds the next key that is.
absl::StatusOr<std::optional<CursorItem>> TransactionState::RandomItem(Cursor& cursor) {
  std::string from;
  bool own = false;
  if (has_writes()) {
    absl::StatusOr<bool> sampled = SampleOwnWrite(from);
    if (!sampled.ok()) return sampled.status();
    own = *sampled;
  }
  if (!own) {
    if (absl::Status status = SampleKey(from); !status.ok()) return status;
  }
  absl::Status status = cursor.SeekForward(from, true);
  if (status.ok() && !cursor.valid()) status = cursor.SeekToFirst();
  if (!status.ok()) return status;
  if (!cursor.valid()) return std::nullopt;
  CursorItem item = cursor.item();
  item.key = held().copied.Copy(item.key);
  return item;
}

}  // namespace nacre::txn
