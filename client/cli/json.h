#ifndef NACRE_CLIENT_CLI_JSON_H_
#define NACRE_CLIENT_CLI_JSON_H_

// Replies as JSON, valid whatever the reply holds:
//
//   a string           its text; a byte that belongs to no UTF-8 character becomes \u00HH. With
//                      `quoted` the string holds the escapes of Quote() instead, which tell all
//                      bytes apart.
//   a number           a number; nan, inf and -inf, and integers past 64 bits, are strings
//   null, true, false  themselves
//   an error           {"error":"ERR ..."}
//   array, set, push   an array
//   map                an object; a key that is no string is the JSON of it, as a string

#include <string>
#include <string_view>

#include "nacre/client/reply.h"

namespace nacre::cli {

void AppendJson(client::ReplyView reply, bool quoted, std::string& out);
void AppendJsonString(std::string_view bytes, std::string& out);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_JSON_H_
