#ifndef NACRE_TESTS_CHECK_JUDGE_TEXT_H_
#define NACRE_TESTS_CHECK_JUDGE_TEXT_H_

#include <concepts>
#include <string>
#include <string_view>

#include "nacre/check/history.h"

namespace nacre::check::judge {

inline void AppendPart(std::string& text, std::string_view part) { text.append(part); }
inline void AppendPart(std::string& text, char part) { text.push_back(part); }
template <std::integral T>
void AppendPart(std::string& text, T part) {
  text += std::to_string(part);
}

// absl::StrCat does not take std::string_view where Abseil is built with a type of its own.
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string text;
  (AppendPart(text, parts), ...);
  return text;
}

// Keys, values and sessions as people can read them: quoted unless they hold for a word, bytes that
// are no text as \xHH, and cut in the middle if they are very long.
std::string KeyText(const History& history, KeyId key);
std::string ValueText(const History& history, ValueId value);
std::string SessionText(const History& history, SessionId session);
// "[1 2 3]"; of a long list only both ends.
std::string ListText(const History& history, ListRef list);
// "append x 1", "read x = [1 2]", "read y absent".
std::string OpText(const History& history, const Op& op);
// "appended 1 to x", "read x = [1 2]", "read y and found nothing".
std::string PastText(const History& history, const Op& op);
// "T3 (line 7)"
std::string TxnText(const History& history, TxnId t);

// Whether `words` tell of `op`: "T1 read x = 1, which ..."
bool Tells(std::string_view words, std::string_view op);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_TEXT_H_
