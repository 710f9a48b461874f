#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "server/allocator/allocator.h"

namespace nacre::allocator {

std::string_view Name() { return "that of the C library"; }

std::string Report() {
  char* text = nullptr;
  size_t bytes = 0;
  std::FILE* const stream = open_memstream(&text, &bytes);
  if (stream == nullptr) return "no memory for the report";
  malloc_info(0, stream);
  std::fclose(stream);
  std::string report(text, bytes);
  std::free(text);
  return report;
}

void ReturnFreePages() { malloc_trim(0); }

void ResumeAfterFork() {}

}  // namespace nacre::allocator
