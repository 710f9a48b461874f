// nacre-check-bench: reads and judges a made-up history and prints transactions a second and the
// peak of memory.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/time.h"
#include "bench/check/history_maker.h"
#include "bench/check/measure.h"
#include "bench/check/online.h"
#include "nacre/check/format.h"
#include "nacre/check/judge.h"
#include "nacre/check/online.h"

namespace {

using nacre::bench::Report;
using nacre::bench::Stopwatch;
using nacre::bench::ToString;
using nacre::check::Format;
using nacre::check::History;
using nacre::check::Judge;
using nacre::check::Level;

// 10,000 transactions on contended registers at snapshot isolation, in several shapes: the values
// alone have to tell the order.
int JudgeRegisterShapes(std::string_view only, double limit_seconds) {
  struct Named {
    const char* name;
    nacre::bench::HistoryShape shape;
  };
  nacre::bench::HistoryShape base;
  base.transactions = 10'000;
  base.writes_a_key = 1'000'000;
  base.lists = false;
  base.concurrency = 20;
  std::vector<Named> shapes(10, {"", base});
  shapes[0] = {"50 keys", base};
  shapes[1].name = "10 keys";
  shapes[1].shape.keys = 10;
  shapes[2].name = "1,000 keys";
  shapes[2].shape.keys = 1'000;
  shapes[3].name = "1,000 keys by Zipf's law";
  shapes[3].shape.keys = 1'000;
  shapes[3].shape.skew = 1;
  shapes[4].name = "50 keys, 90% blind writes";
  shapes[4].shape.reads_percent = 10;
  shapes[5].name = "50 keys, without real times";
  shapes[5].shape.real_time = false;
  shapes[6].name = "200 keys, 80% writes, without real times";
  shapes[6].shape.keys = 200;
  shapes[6].shape.reads_percent = 20;
  shapes[6].shape.real_time = false;
  shapes[7] = shapes[6];
  shapes[7].name = "200 keys, 80% writes";
  shapes[7].shape.real_time = true;
  shapes[8] = shapes[5];
  shapes[8].name = "50 keys, no real times, by session";
  shapes[8].shape.by_session = true;
  shapes[9] = shapes[6];
  shapes[9].name = "200 keys, 80% writes, no times, by session";
  shapes[9].shape.by_session = true;
  for (const Named& named : shapes) {
    if (!std::string_view(named.name).starts_with(only)) continue;
    std::stringstream text;
    nacre::bench::MakeHistory(named.shape, text);
    const auto history = ReadHistory(text, Format::kNative);
    if (!history.ok()) {
      std::cerr << history.status() << "\n";
      return EXIT_FAILURE;
    }
    const Stopwatch watch;
    const auto verdict =
        Judge(*history, Level::kSnapshotIsolation,
              {.ignore_timestamps = true, .time_limit = absl::Seconds(limit_seconds)});
    std::printf("%-44s %8.3f s %8.3f s of CPU   peak %5.0f MiB  %s\n", named.name, watch.Seconds(),
                watch.CpuSeconds(), nacre::bench::PeakMib(), ToString(verdict.ruling));
    std::fflush(stdout);
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  nacre::bench::HistoryShape shape;
  std::string file;
  bool registers = false;
  bool timestamps = false;
  CLI::App app("Speed of reading and judging recorded histories");
  app.add_option("--transactions", shape.transactions, "how many")->capture_default_str();
  app.add_option("--operations", shape.operations_max, "at most, of a transaction")
      ->capture_default_str();
  app.add_option("--sessions", shape.sessions)->capture_default_str();
  app.add_option("--keys", shape.keys, "in use at one time")->capture_default_str();
  app.add_option("--writes", shape.writes_a_key, "of a key, until another takes its place")
      ->capture_default_str();
  app.add_option("--concurrency", shape.concurrency, "how many commits a snapshot may be behind")
      ->capture_default_str();
  app.add_option("--seed", shape.seed)->capture_default_str();
  app.add_flag("--registers", registers, "instead of lists");
  app.add_flag("--timestamps", timestamps, "judge by timestamps where they help");
  app.add_option("--file", file, "judge this history instead of a made-up one");
  std::string output;
  app.add_option("--output", output, "write the made-up history to this file and stop");
  app.add_option("--reads", shape.reads_percent, "percent of the operations")
      ->capture_default_str();
  app.add_option("--skew", shape.skew, "exponent of Zipf's law of the keys")->capture_default_str();
  bool shapes = false;
  app.add_flag("--register-shapes", shapes, "judge contended registers of several shapes instead");
  std::string only;
  app.add_option("--only", only, "with --register-shapes: those whose names begin so");
  double limit_seconds = 60;
  app.add_option("--time-limit", limit_seconds, "seconds for each verdict")->capture_default_str();
  bool online = false;
  app.add_flag("--online", online, "judge while the transactions come, and drop them");
  uint32_t horizon = nacre::check::OnlineOptions().horizon;
  app.add_option("--horizon", horizon, "with --online: how many are always kept")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  shape.lists = !registers;
  if (shapes) return JudgeRegisterShapes(only, limit_seconds);

  if (!output.empty()) {
    std::ofstream out(output);
    nacre::bench::MakeHistory(shape, out);
    return out.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  absl::StatusOr<History> history = History();
  Stopwatch watch;
  if (file.empty()) {
    std::stringstream text;
    nacre::bench::MakeHistory(shape, text);
    std::printf("%.1f MB of text\n", static_cast<double>(text.tellp()) / 1e6);
    watch = Stopwatch();
    history = ReadHistory(text, Format::kNative);
  } else {
    watch = Stopwatch();
    history = nacre::check::ReadHistoryFile(file);
  }
  if (!history.ok()) {
    std::cerr << history.status() << "\n";
    return EXIT_FAILURE;
  }
  const uint32_t transactions = history->size();
  Report("read", transactions, watch, "");
  std::printf("%u transactions, %.1f operations each, %.0f MiB\n", transactions,
              static_cast<double>(history->operations()) / transactions,
              static_cast<double>(history->memory_bytes()) / (1 << 20));
  if (online) {
    nacre::bench::JudgeOnline(*history, timestamps, horizon, limit_seconds);
    return EXIT_SUCCESS;
  }
  for (const Level level : nacre::check::kLevels) {
    watch = Stopwatch();
    const auto verdict =
        Judge(*history, level,
              {.ignore_timestamps = !timestamps, .time_limit = absl::Seconds(limit_seconds)});
    Report(std::string(ToString(level)), transactions, watch, ToString(verdict.ruling));
  }
  return EXIT_SUCCESS;
}
