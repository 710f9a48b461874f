#include "bench/ycsb/results.h"

#include "absl/strings/str_format.h"

namespace nacre::bench {
namespace {

template <typename Function>
std::optional<Figure> FigureIfAny(const std::vector<Sample>* samples, Function function) {
  if (samples == nullptr) return std::nullopt;
  return FigureOf(*samples, function);
}

}  // namespace

Results::Results(Clock clock, CsvOutput* csv) : clock_(clock), csv_(csv) {
  if (csv_ == nullptr) return;
  csv_->Line(
      "store,workload,distribution,threads,repetition,transactions,wall_seconds,cpu_seconds,"
      "conflicts,resident_bytes");
}

void Results::Add(std::string_view store, const RunSpec& spec, const Sample& sample) {
  Samples& samples = samples_[{std::string(store), spec}];
  samples.push_back(sample);
  if (csv_ == nullptr) return;
  csv_->Line(absl::StrFormat(
      "%s,%s,%s,%d,%d,%d,%.6f,%.6f,%d,%d", std::string(store), std::string(Name(spec.workload)),
      std::string(Name(spec.distribution)), spec.threads, samples.size() - 1, sample.transactions,
      sample.wall_seconds, sample.cpu_seconds, sample.conflicts, sample.resident_bytes));
}

const Results::Samples* Results::Find(std::string_view store, const RunSpec& spec) const {
  const auto found = samples_.find({std::string(store), spec});
  return found == samples_.end() ? nullptr : &found->second;
}

double Results::Speed(const Sample& sample, const RunSpec& spec) const {
  const double seconds =
      clock_ == Clock::kWall ? sample.wall_seconds : sample.cpu_seconds / spec.threads;
  return static_cast<double>(sample.transactions) / seconds;
}

std::vector<double> Results::Speeds(const Samples& samples, const RunSpec& spec) const {
  std::vector<double> speeds;
  for (const Sample& sample : samples) speeds.push_back(Speed(sample, spec));
  return speeds;
}

std::optional<Figure> Results::PerSecond(std::string_view store, const RunSpec& spec) const {
  return FigureIfAny(Find(store, spec), [&](const Sample& s) { return Speed(s, spec); });
}

std::optional<Figure> Results::CpuNanos(std::string_view store, const RunSpec& spec) const {
  return FigureIfAny(Find(store, spec), [](const Sample& s) {
    return s.cpu_seconds * 1e9 / static_cast<double>(s.transactions);
  });
}

std::optional<Figure> Results::ConflictsPercent(std::string_view store, const RunSpec& spec) const {
  return FigureIfAny(Find(store, spec), [](const Sample& s) {
    return 100 * static_cast<double>(s.conflicts) / static_cast<double>(s.transactions);
  });
}

std::optional<Figure> Results::BytesPerKey(std::string_view store, const RunSpec& spec) const {
  if (!NeedsFreshProcess(spec.workload)) return std::nullopt;
  const uint64_t rounds = spec.workload == Workload::kUpdates ? kUpdateRounds : 1;
  return FigureIfAny(Find(store, spec), [rounds](const Sample& s) {
    return static_cast<double>(s.resident_bytes) / static_cast<double>(s.transactions / rounds);
  });
}

std::optional<Figure> Results::SpeedRatio(std::string_view store, const RunSpec& spec,
                                          std::string_view other, const RunSpec& other_spec) const {
  const Samples* const own = Find(store, spec);
  const Samples* const others = Find(other, other_spec);
  if (own == nullptr || others == nullptr) return std::nullopt;
  return FigureOfRatios(Speeds(*own, spec), Speeds(*others, other_spec));
}

}  // namespace nacre::bench
