#ifndef NACRE_TESTS_CLIENT_CLI_JSON_CHECKER_H_
#define NACRE_TESTS_CLIENT_CLI_JSON_CHECKER_H_

#include <string_view>

namespace nacre::cli {

// Whether `text` is one JSON value by RFC 8259, in valid UTF-8. Written for this test alone and
// shares nothing with the writer under test.
bool IsJson(std::string_view text);

}  // namespace nacre::cli

#endif  // NACRE_TESTS_CLIENT_CLI_JSON_CHECKER_H_
