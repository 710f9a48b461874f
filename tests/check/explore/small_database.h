#ifndef NACRE_TESTS_CHECK_EXPLORE_SMALL_DATABASE_H_
#define NACRE_TESTS_CHECK_EXPLORE_SMALL_DATABASE_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "nacre/database.h"
#include "tests/check/explore/history.h"

namespace nacre::check::explore {

// For a database that is opened for every run: small, with enough stripes for few keys to have
// their own, without a vacuum thread, and with a time that stands still.
Options SmallOptions();
// Prints why and aborts if it does not open.
std::unique_ptr<Database> OpenOrDie(const Options& options);

// Judges a database whose transactions have all ended, and vacuums it: the history, the committed
// state, what the vacuum leaves behind, and Database::Verify(). The message begins with the name of
// the rule that is broken: one of history.h, FINAL-STATE, VACUUM or VERIFY.
absl::Status CheckQuietDatabase(Database& database, const State& initial,
                                uint64_t initial_timestamp,
                                absl::Span<const TransactionRecord> history,
                                const HistoryRules& rules = {});

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SMALL_DATABASE_H_
