#ifndef NACRE_TESTS_ISOLATION_CASES_H_
#define NACRE_TESTS_ISOLATION_CASES_H_

#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/check/explore/schedule.h"

namespace nacre::check::explore {

// A schedule of tests/check/schedules, and the verdict that Nacre must get, not merely one that the
// level admits: under kSnapshot anomalies that are allowed do happen, and nobody is aborted without
// need.
struct ScheduleCase {
  const char* name;  // Of the test.
  const char* file;
  ScheduleVerdict snapshot = ScheduleVerdict::kPrevented;
  ScheduleVerdict serializable = ScheduleVerdict::kPrevented;
  bool two_transactions = false;
};

inline const std::vector<ScheduleCase>& AllCases() {
  constexpr ScheduleVerdict kAllowed = ScheduleVerdict::kAllowed;
  constexpr ScheduleVerdict kPrevented = ScheduleVerdict::kPrevented;
  constexpr ScheduleVerdict kRequired = ScheduleVerdict::kRequired;
  // The serial order of Nacre is its commit order: who read what a commit before his own has
  // overwritten is aborted, though another order may have had room for him.
  constexpr ScheduleVerdict kFalseAbort = ScheduleVerdict::kFalseAbort;
  static const std::vector<ScheduleCase> cases = {
      {"G0_DirtyWrite", "g0_dirty_write", kPrevented, kPrevented, true},
      {"G1a_AbortedRead", "g1a_aborted_read", kPrevented, kPrevented, true},
      {"G1a_AbortedReadByScan", "g1a_aborted_read_scan", kPrevented, kPrevented, true},
      {"G1b_IntermediateRead", "g1b_intermediate_read"},
      {"G1c_CircularInformationFlow", "g1c_circular_information_flow", kPrevented, kPrevented,
       true},
      {"OTV_ObservedTransactionVanishes", "otv_observed_transaction_vanishes"},
      {"OTV_ObserverBeginsAfterCommit", "otv_observer_begins_after_commit"},
      {"PMP_PhantomInsert", "pmp_phantom_read", kPrevented, kPrevented, true},
      {"PMP_PhantomDelete", "pmp_phantom_delete", kPrevented, kPrevented, true},
      {"PMP_PhantomUpdate", "pmp_phantom_update", kPrevented, kPrevented, true},
      {"PMP_PhantomInReverseScan", "pmp_phantom_reverse_scan", kPrevented, kPrevented, true},
      {"PMP_PhantomInLimitedScan", "pmp_phantom_limited_scan", kPrevented, kPrevented, true},
      {"PMP_PhantomInCount", "pmp_phantom_count", kPrevented, kPrevented, true},
      {"PMP_WritePredicate", "pmp_write_predicate", kPrevented, kPrevented, true},
      {"P4_LostUpdate", "p4_lost_update", kPrevented, kPrevented, true},
      {"P4_InsertInsert", "p4_insert_insert", kPrevented, kPrevented, true},
      {"P2_NonRepeatableRead", "p2_non_repeatable_read", kPrevented, kPrevented, true},
      {"GSingle_ReadSkew", "g_single_read_skew", kPrevented, kPrevented, true},
      {"GSingle_PredicateReadSkew", "g_single_predicate", kPrevented, kPrevented, true},
      {"GSingle_WritePredicate", "g_single_write_predicate", kPrevented, kPrevented, true},
      {"G2Item_WriteSkew", "g2_item_write_skew", kAllowed, kPrevented, true},
      {"G2_PhantomWriteSkew", "g2_phantom_write_skew", kAllowed, kPrevented, true},
      {"G2Item_ReadOnlyAnomaly", "g2_item_read_only_anomaly", kAllowed, kPrevented},
      {"G2Item_ReadOnlyAnomalyControl", "read_only_anomaly_control", kRequired, kFalseAbort, true},
      {"G2Item_ReadOnlyAnomalySafeSnapshot", "read_only_anomaly_safe_snapshot", kRequired,
       kFalseAbort},
      {"LongFork_ReadersBetween", "long_fork_readers_between"},
      {"LongFork_ReadersAround", "long_fork_readers_around"},
      {"LongFork_ReadersBefore", "long_fork_readers_before"},
      {"INT_InternalConsistency", "int_internal_consistency", kRequired, kRequired, true},
      {"StrongSession_MonotonicSnapshot", "session_monotonic_snapshot", kRequired, kRequired},
      {"Strict_RealTimeSnapshot", "real_time_snapshot", kRequired, kRequired, true},
      {"FCW_BlindWrites", "blind_writes", kPrevented, kPrevented, true},
      {"FalseAbort_DisjointKeys", "no_conflict_disjoint_keys", kRequired, kRequired, true},
      {"FalseAbort_OneEdgeReaderFirst", "no_conflict_one_edge_reader_first", kRequired, kRequired,
       true},
      {"FalseAbort_OneEdgeWriterFirst", "no_conflict_one_edge_writer_first", kRequired, kFalseAbort,
       true},
      {"Abort_ReleasesBeginBefore", "abort_releases_begin_before"},
      {"Abort_ReleasesBeginDuring", "abort_releases_begin_during"},
      {"Abort_ReleasesBeginAfter", "abort_releases_begin_after"},
  };
  return cases;
}

// A schedule at one level: the parameter of most tests here.
struct LeveledCase {
  ScheduleCase schedule;
  Isolation level;
  ScheduleVerdict expected() const {
    return level == Isolation::kSnapshot ? schedule.snapshot : schedule.serializable;
  }
  friend void PrintTo(const LeveledCase& value, std::ostream* out) {
    *out << value.schedule.file << " at " << Name(value.level);
  }
};

inline std::vector<LeveledCase> CasesAtBothLevels(bool only_two_transactions = false) {
  std::vector<LeveledCase> cases;
  for (const ScheduleCase& schedule : AllCases()) {
    if (only_two_transactions && !schedule.two_transactions) continue;
    cases.push_back({schedule, Isolation::kSnapshot});
    cases.push_back({schedule, Isolation::kSerializable});
  }
  return cases;
}

inline std::string TestName(const ::testing::TestParamInfo<LeveledCase>& info) {
  return std::string(info.param.schedule.name) +
         (info.param.level == Isolation::kSnapshot ? "_AtSnapshot" : "_AtSerializable");
}

inline Schedule Load(const std::string& file) {
  absl::StatusOr<Schedule> schedule = LoadSchedule(NACRE_SCHEDULES_DIR "/" + file + ".txt");
  if (!schedule.ok()) ADD_FAILURE() << schedule.status();
  return schedule.ok() ? *std::move(schedule) : Schedule();
}

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_ISOLATION_CASES_H_
