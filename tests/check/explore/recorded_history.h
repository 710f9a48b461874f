#ifndef NACRE_TESTS_CHECK_EXPLORE_RECORDED_HISTORY_H_
#define NACRE_TESTS_CHECK_EXPLORE_RECORDED_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "nacre/check/history.h"
#include "tests/check/explore/history.h"
#include "tests/check/explore/schedule.h"

namespace nacre::check::explore {

// A run of a schedule in the form that the judges of recorded histories read. T0 wrote the initial
// state. Transactions keep their numbers where their names have the form T7; a note tells of the
// others.
//
// Left out are what such a history cannot say: a count or an existence check whose answer is not
// that of its snapshot (the rule SNAPSHOT-READ finds those), and what stands between a savepoint
// and the return to it. Where something expires, the end of its life is a deletion, and there are
// no timestamps, which know nothing of time.
History RecordedHistory(const Schedule& schedule, uint64_t initial_timestamp, int64_t final_second,
                        absl::Span<const TransactionRecord> records);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_RECORDED_HISTORY_H_
