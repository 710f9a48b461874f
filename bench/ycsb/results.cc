#include "bench/ycsb/results.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace nacre::bench {
namespace {

Figure FigureOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return {
      .median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2,
      .low = values.front(),
      .high = values.back()};
}

template <typename Function>
std::optional<Figure> FigureOf(const std::vector<Sample>* samples, Function function) {
  if (samples == nullptr) return std::nullopt;
  std::vector<double> values;
  for (const Sample& sample : *samples) values.push_back(function(sample));
  return FigureOf(std::move(values));
}

double Ratio(uint64_t a, uint64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

}  // namespace

void Results::Add(std::string_view store, const RunSpec& spec, const Sample& sample) {
  samples_[{std::string(store), spec}].push_back(sample);
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

std::optional<Figure> Results::PerSecond(std::string_view store, const RunSpec& spec) const {
  return FigureOf(Find(store, spec), [&](const Sample& s) { return Speed(s, spec); });
}

std::optional<Figure> Results::CpuNanos(std::string_view store, const RunSpec& spec) const {
  return FigureOf(Find(store, spec), [](const Sample& s) {
    return s.cpu_seconds * 1e9 / static_cast<double>(s.transactions);
  });
}

std::optional<Figure> Results::ConflictsPercent(std::string_view store, const RunSpec& spec) const {
  return FigureOf(Find(store, spec),
                  [](const Sample& s) { return 100 * Ratio(s.conflicts, s.transactions); });
}

std::optional<Figure> Results::BytesPerKey(std::string_view store, const RunSpec& spec) const {
  if (!NeedsFreshProcess(spec.workload)) return std::nullopt;
  const uint64_t rounds = spec.workload == Workload::kUpdates ? kUpdateRounds : 1;
  return FigureOf(Find(store, spec), [rounds](const Sample& s) {
    return Ratio(s.resident_bytes, s.transactions / rounds);
  });
}

std::optional<Figure> Results::SpeedRatio(std::string_view store, const RunSpec& spec,
                                          std::string_view other, const RunSpec& other_spec) const {
  const Samples* const own = Find(store, spec);
  const Samples* const others = Find(other, other_spec);
  if (own == nullptr || others == nullptr) return std::nullopt;
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(own->size(), others->size()); ++i) {
    ratios.push_back(Speed((*own)[i], spec) / Speed((*others)[i], other_spec));
  }
  return FigureOf(std::move(ratios));
}

void Results::WriteTo(CsvOutput& csv) const {
  csv.Line(
      "store,workload,distribution,threads,repetition,transactions,wall_seconds,cpu_seconds,"
      "conflicts,resident_bytes");
  for (const auto& [series, samples] : samples_) {
    const RunSpec& spec = series.second;
    for (size_t i = 0; i < samples.size(); ++i) {
      const Sample& sample = samples[i];
      csv.Line(absl::StrFormat(
          "%s,%s,%s,%d,%d,%d,%.6f,%.6f,%d,%d", series.first, std::string(Name(spec.workload)),
          std::string(Name(spec.distribution)), spec.threads, i, sample.transactions,
          sample.wall_seconds, sample.cpu_seconds, sample.conflicts, sample.resident_bytes));
    }
  }
}

}  // namespace nacre::bench
