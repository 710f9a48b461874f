#ifndef NACRE_CLIENT_CLI_WORDS_H_
#define NACRE_CLIENT_CLI_WORDS_H_

// A line of input as words, and bytes as a word that reads back as the same bytes. The rules are
// those of redis-cli, so that what worked there works here.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::cli {

// Words are separated by white space. "..." may hold \n \r \t \b \a \xHH and \ before any other
// character for itself; '...' may hold \'. A quote may begin inside of a word, but has to end at
// its end. nullopt: a quote does not end, or something follows its end at once.
std::optional<std::vector<std::string>> SplitWords(std::string_view line);

// In double quotes, with everything but printable ASCII escaped; SplitWords() reads it back.
std::string Quote(std::string_view bytes);
// The same without the quotes around it.
void AppendQuotedInside(std::string_view bytes, std::string& out);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_WORDS_H_
