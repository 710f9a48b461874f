// The histories of tests/check/histories, whose verdicts others have found.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "nacre/check/format.h"
#include "nacre/check/judge.h"

namespace nacre::check {
namespace {

struct Row {
  std::string file;
  std::string label;  // "RC=valid RR=INVALID"
  std::string si;
  std::string ser;
};

std::string Trimmed(const std::string& cell) {
  const size_t first = cell.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : cell.substr(first, cell.find_last_not_of(' ') - first + 1);
}

// The table of README.md.
std::vector<Row> Rows() {
  std::vector<Row> rows;
  std::ifstream in(std::string(NACRE_HISTORIES_DIR) + "/README.md");
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    std::istringstream cells_in(line);
    for (std::string cell; std::getline(cells_in, cell, '|');) cells.push_back(Trimmed(cell));
    if (cells.size() < 6 || cells[1].find(".txt") == std::string::npos) continue;
    rows.push_back({cells[1], cells[3], cells[4], cells[5]});
  }
  return rows;
}

// What the table says of a level, or "" if nothing follows from it.
std::string Expected(const Row& row, Level level) {
  if (level == Level::kSnapshotIsolation || level == Level::kStrongSessionSnapshotIsolation ||
      level == Level::kStrongSnapshotIsolation) {
    return row.si;
  }
  if (level == Level::kSerializable || level == Level::kStrictSerializable) return row.ser;
  const std::map<Level, std::string> names = {
      {Level::kReadCommitted, "RC"}, {Level::kReadAtomic, "RA"}, {Level::kCausal, "CC"}};
  const size_t at = row.label.find(names.at(level) + "=");
  if (at != std::string::npos) {
    return row.label.compare(at + 3, 5, "valid") == 0 ? "valid" : "INVALID";
  }
  return row.si == "valid" ? "valid" : "";  // Snapshot isolation allows no more than they do.
}

TEST(SharedHistories, HaveTheirKnownVerdicts) {
  const std::vector<Row> rows = Rows();
  ASSERT_EQ(rows.size(), 20u);
  for (const Row& row : rows) {
    const absl::StatusOr<History> history =
        ReadHistoryFile(std::string(NACRE_HISTORIES_DIR) + "/" + row.file);
    ASSERT_TRUE(history.ok()) << history.status();
    for (const Level level : kLevels) {
      const std::string expected = Expected(row, level);
      const Verdict verdict = Judge(*history, level);
      const std::string got = verdict.ruling == Ruling::kHolds      ? "valid"
                              : verdict.ruling == Ruling::kViolated ? "INVALID"
                                                                    : "unknown";
      if (expected.empty()) continue;
      EXPECT_EQ(got, expected) << row.file << " " << ToString(level) << "\n" << verdict.ToString();
    }
  }
}

}  // namespace
}  // namespace nacre::check
