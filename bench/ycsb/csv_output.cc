#include "bench/ycsb/csv_output.h"

#include <cstdlib>

namespace nacre::bench {
namespace {

void Write(std::FILE* file, std::string_view prefix, std::string_view line) {
  const bool is_written =
      std::fprintf(file, "%.*s%.*s\n", static_cast<int>(prefix.size()), prefix.data(),
                   static_cast<int>(line.size()), line.data()) >= 0 &&
      std::fflush(file) == 0;
  if (is_written) return;
  std::perror("the figures can not be written");
  std::exit(1);
}

}  // namespace

CsvOutput::CsvOutput(const std::string& path)
    : file_(path.empty() ? stdout : std::fopen(path.c_str(), "w")) {
  if (file_ == nullptr) {
    std::perror(path.c_str());
    std::exit(1);
  }
}

CsvOutput::~CsvOutput() {
  if (file_ != stdout) std::fclose(file_);
}

void CsvOutput::Line(std::string_view line) { Write(file_, "", line); }

void CsvOutput::Remark(std::string_view remark) {
  Write(file_, "# ", remark);
  if (file_ != stdout) Write(stdout, "", remark);
}

}  // namespace nacre::bench
