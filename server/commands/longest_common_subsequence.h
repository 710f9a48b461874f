#ifndef NACRE_SERVER_COMMANDS_LONGEST_COMMON_SUBSEQUENCE_H_
#define NACRE_SERVER_COMMANDS_LONGEST_COMMON_SUBSEQUENCE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nacre::server {

// Both ends included.
struct CommonRun {
  size_t a_first;
  size_t a_last;
  size_t b_first;
  size_t b_last;
  size_t bytes() const { return a_last - a_first + 1; }
};

// How long the longest common subsequence of two strings is.
// O(a * b / 64) time, O(a) memory.
size_t CommonSubsequenceLength(std::string_view a, std::string_view b);

// One of them, as the runs of bytes that stand side by side in both strings, last run first. Where
// there are several, the one that a walk from the ends of both strings meets if it leaves the last
// byte of `b` unless leaving that of `a` is better.
// O(a * b / 64) time, O(a * b) bits of memory.
std::vector<CommonRun> CommonSubsequence(std::string_view a, std::string_view b);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMANDS_LONGEST_COMMON_SUBSEQUENCE_H_
