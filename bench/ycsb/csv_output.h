#ifndef NACRE_BENCH_YCSB_CSV_OUTPUT_H_
#define NACRE_BENCH_YCSB_CSV_OUTPUT_H_

#include <cstdio>
#include <string>
#include <string_view>

namespace nacre::bench {

// Lines of comma-separated values, into a file or to the standard output, and remarks for people.
// Every line is written through at once, so that a forked process can go on where this one was.
// Thread-compatible.
class CsvOutput {
 public:
  // Standard output if `path` is empty. Exits if the file can not be made, or a line not be
  // written.
  explicit CsvOutput(const std::string& path);
  ~CsvOutput();
  CsvOutput(const CsvOutput&) = delete;
  CsvOutput& operator=(const CsvOutput&) = delete;

  void Line(std::string_view line);
  // "# ...", among the lines, and on the standard output if those go elsewhere.
  void Remark(std::string_view remark);

 private:
  std::FILE* const file_;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_CSV_OUTPUT_H_
