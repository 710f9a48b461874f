// Readers and writers apart: what does a writer cost the readers of the same database, beyond the
// memory and the core that any busy neighbour costs?
//
// The reader is pinned to one core and the writer to another. Each round runs them on one database
// and on two; the ratio of the two speeds is what sharing the database costs. The threads of the
// store itself run on the writer's core: their work is part of what the writer costs, in both.

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/ycsb/contender.h"
#include "bench/ycsb/experiments/cores.h"
#include "bench/ycsb/experiments/experiments.h"
#include "bench/ycsb/fresh_process.h"
#include "bench/ycsb/resources.h"
#include "bench/ycsb/statistics.h"

namespace nacre::bench {
namespace {

struct Reader {
  Workload workload;
  double at_least;  // The share of its own speed that it is to keep.
};
constexpr Reader kReaders[] = {
    {Workload::kRead, .85}, {Workload::kReadTen, .95}, {Workload::kFullScan, 0}};
constexpr double kWriterAtLeast = .95;

// Speeds of each repetition.
struct Series {
  std::vector<double> reader;
  std::vector<double> writer;
};

class Apart {
 public:
  Apart(const Conditions& conditions, const StoreEntry& store, CsvOutput& csv)
      : conditions_(conditions), store_(store), csv_(csv) {
    const std::set<int> cores = UsableCores(2);
    reader_core_ = *cores.begin();
    writer_core_ = *cores.rbegin();
    PinTo(writer_core_);  // The threads that the stores start inherit it.
    read_ = MakeLoaded();
    other_ = MakeLoaded();
  }

  void Run() {
    for (int i = 0; i < conditions_.repetitions; ++i) {
      for (const Reader& reader : kReaders) {
        RunBeside(reader, *read_, "together", i, together_[reader.workload]);
        RunBeside(reader, *other_, "separate", i, separate_[reader.workload]);
      }
    }
    for (const Reader& reader : kReaders) Judge(reader);
  }

 private:
  std::unique_ptr<Contender> MakeLoaded() const {
    std::unique_ptr<Contender> contender = store_.make(conditions_.keys);
    contender->Load();
    // Number 0 reads, number 1 writes: their keys are drawn independently.
    contender->PrepareWorkers({.threads = 2});
    return contender;
  }

  void RunBeside(const Reader& reader, Contender& written, std::string_view where, int repetition,
                 Series& series) {
    std::atomic<bool> stop_reading{false};
    std::atomic<bool> stop_writing{false};
    Sample read;
    Sample write;
    std::thread reading(
        [&] { RunPinned(*read_, reader.workload, 0, reader_core_, stop_reading, read); });
    std::thread writing(
        [&] { RunPinned(written, Workload::kPut, 1, writer_core_, stop_writing, write); });
    std::this_thread::sleep_for(std::chrono::duration<double>(conditions_.seconds));
    // A full scan goes on for a while after the stop, and is to have its writer until its end.
    stop_reading = true;
    reading.join();
    stop_writing = true;
    writing.join();
    series.reader.push_back(PerSecond(read));
    series.writer.push_back(PerSecond(write));
    csv_.Line(absl::StrFormat("%s,%s,%s,%d,%.0f,%.0f", std::string(store_.name),
                              std::string(Name(reader.workload)), std::string(where), repetition,
                              PerSecond(read), PerSecond(write)));
  }

  // Each has a clock of its own, since they do not end together.
  static void RunPinned(Contender& contender, Workload workload, int worker, int core,
                        const std::atomic<bool>& stop, Sample& sample) {
    PinTo(core);
    const double start = WallSeconds();
    sample.transactions = contender.RunWorker({.workload = workload}, worker, stop);
    sample.wall_seconds = WallSeconds() - start;
  }

  void Judge(const Reader& reader) const {
    const std::string title =
        absl::StrFormat("%s, %s", std::string(store_.name), std::string(Name(reader.workload)));
    const Series& together = together_.at(reader.workload);
    const Series& separate = separate_.at(reader.workload);
    JudgeOne(title + ": the reader", FigureOfRatios(together.reader, separate.reader),
             reader.at_least);
    JudgeOne(title + ": the writer beside it", FigureOfRatios(together.writer, separate.writer),
             kWriterAtLeast);
  }

  void JudgeOne(const std::string& title, const Figure& kept, double at_least) const {
    csv_.Remark(absl::StrFormat("%s keeps %.3f (%.3f-%.3f)%s", title, kept.median, kept.low,
                                kept.high, Verdict(kept.median, at_least)));
  }

  static std::string Verdict(double kept, double at_least) {
    if (at_least == 0) return "";
    return absl::StrFormat(" of %.2f: %s", at_least, kept >= at_least ? "reached" : "MISSED");
  }

  const Conditions& conditions_;
  const StoreEntry& store_;
  CsvOutput& csv_;
  int reader_core_ = 0;
  int writer_core_ = 0;
  std::unique_ptr<Contender> read_;
  std::unique_ptr<Contender> other_;
  std::map<Workload, Series> together_;
  std::map<Workload, Series> separate_;
};

}  // namespace

void RunApart(const Conditions& conditions, CsvOutput& csv) {
  csv.Line("store,reader,databases,repetition,reads_per_second,writes_per_second");
  for (const StoreEntry* store : conditions.stores) {
    InFreshProcess([&] { Apart(conditions, *store, csv).Run(); });
  }
}

}  // namespace nacre::bench
