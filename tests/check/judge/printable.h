#ifndef NACRE_TESTS_CHECK_JUDGE_PRINTABLE_H_
#define NACRE_TESTS_CHECK_JUDGE_PRINTABLE_H_

// Text for people. In pictures it is measured in cells, the width of a letter of a fixed-width
// font.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::check::judge {

// UTF-8 without control characters: other bytes become \xHH.
std::string Printable(std::string_view bytes);
// The others take what Printable() made.
uint32_t Cells(std::string_view text);
// Keeps both ends.
std::string Shortened(std::string_view text, uint32_t cells_max);
// Lines of at most `cells_max`, broken between words where that is possible.
std::vector<std::string> Wrapped(std::string_view text, uint32_t cells_max);
// Of a remark that goes through many cases.
std::vector<std::string_view> Sentences(std::string_view text);
std::string XmlEscaped(std::string_view text);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_PRINTABLE_H_
