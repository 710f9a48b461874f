#ifndef NACRE_BENCH_YCSB_STATISTICS_H_
#define NACRE_BENCH_YCSB_STATISTICS_H_

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace nacre::bench {

// What several repetitions come to. Whatever is said to be reached is decided by these.
struct Figure {
  double median = 0;
  double low = 0;
  double high = 0;
};

// Of at least one value. Between two middles the median is their mean.
inline Figure FigureOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return {
      .median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2,
      .low = values.front(),
      .high = values.back()};
}

template <typename Element, typename Function>
Figure FigureOf(const std::vector<Element>& elements, Function function) {
  std::vector<double> values;
  values.reserve(elements.size());
  for (const Element& element : elements) values.push_back(function(element));
  return FigureOf(std::move(values));
}

// Of the ratios within each repetition, in which the machine was the same for both: the ratio of
// two medians may compare a quiet minute with a busy one. Repetitions that one of the two lacks do
// not count.
inline Figure FigureOfRatios(const std::vector<double>& own, const std::vector<double>& others) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(own.size(), others.size()); ++i) {
    ratios.push_back(own[i] / others[i]);
  }
  return FigureOf(std::move(ratios));
}

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_STATISTICS_H_
