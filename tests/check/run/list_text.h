#ifndef NACRE_TESTS_CHECK_RUN_LIST_TEXT_H_
#define NACRE_TESTS_CHECK_RUN_LIST_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace nacre::check::run {

// Lists for stores that have strings only: each element ends with a comma, so that an append is an
// append of bytes. No element of a workload has a comma.
inline constexpr char kElementEnd = ',';

// What stands behind the last comma is an element too: it is what was there, and nobody wrote it.
inline void SplitList(std::string_view text, std::vector<std::string>& elements) {
  while (!text.empty()) {
    const size_t end = text.find(kElementEnd);
    elements.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      elements.back() += " (without its end)";
      return;
    }
    text.remove_prefix(end + 1);
  }
}

inline std::string ListElement(std::string_view element) {
  std::string text(element);
  text += kElementEnd;
  return text;
}

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_LIST_TEXT_H_
