// nacre-check-bench: reads and judges a made-up history and prints transactions a second and the
// peak of memory.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "CLI/CLI.hpp"
#include "bench/check/history_maker.h"
#include "nacre/check/format.h"
#include "nacre/check/judge.h"

namespace {

using nacre::check::Format;
using nacre::check::History;
using nacre::check::Judge;
using nacre::check::Level;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void Report(const std::string& what, uint32_t transactions, double seconds, const char* ruling) {
  std::printf("%-44s %8.3f s %12.0f transactions/s   peak %7.0f MiB  %s\n", what.c_str(), seconds,
              transactions / seconds, PeakMib(), ruling);
}

const char* Name(nacre::check::Ruling ruling) {
  switch (ruling) {
    case nacre::check::Ruling::kHolds: return "holds";
    case nacre::check::Ruling::kViolated: return "violated";
    case nacre::check::Ruling::kUnknown: return "unknown";
  }
  return "";
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
  CLI11_PARSE(app, argc, argv);
  shape.lists = !registers;

  if (!output.empty()) {
    std::ofstream out(output);
    nacre::bench::MakeHistory(shape, out);
    return out.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  absl::StatusOr<History> history = History();
  double start = 0;
  if (file.empty()) {
    std::stringstream text;
    nacre::bench::MakeHistory(shape, text);
    std::printf("%.1f MB of text\n", static_cast<double>(text.tellp()) / 1e6);
    start = Now();
    history = ReadHistory(text, Format::kNative);
  } else {
    start = Now();
    history = nacre::check::ReadHistoryFile(file);
  }
  if (!history.ok()) {
    std::cerr << history.status() << "\n";
    return EXIT_FAILURE;
  }
  const uint32_t transactions = history->size();
  Report("read", transactions, Now() - start, "");
  std::printf("%u transactions, %.1f operations each, %.0f MiB\n", transactions,
              static_cast<double>(history->operations()) / transactions,
              static_cast<double>(history->memory_bytes()) / (1 << 20));
  for (const Level level : nacre::check::kLevels) {
    start = Now();
    const auto verdict = Judge(*history, level, {.ignore_timestamps = !timestamps});
    Report(std::string(ToString(level)), transactions, Now() - start, Name(verdict.ruling));
  }
  return EXIT_SUCCESS;
}
