// The commands on keys of any kind.

#include "tests/server/model/model.h"

namespace nacre::server::model {

namespace {

Words OneKey(RandomWords& random) { return {random.Key()}; }

Words SomeKeys(RandomWords& random) {
  Words keys(1 + random.Below(3));
  for (std::string& key : keys) key = random.Key();
  return keys;
}

void RunDel(Context& context) {
  int64_t deleted = 0;
  for (size_t i = 1; i < context.words.size(); ++i) deleted += context.Erase(context.words[i]);
  context.out.Integer(deleted);
}

void RunExists(Context& context) {
  int64_t found = 0;
  for (size_t i = 1; i < context.words.size(); ++i) {
    found += context.Find(context.words[i]) != nullptr;
  }
  context.out.Integer(found);
}

void RunPttl(Context& context) {
  const Entry* const entry = context.Find(context.words[1]);
  if (entry == nullptr || !entry->expires_at_ms) {
    context.out.Integer(entry == nullptr ? -2 : -1);
  } else {
    // An open transaction still sees a key whose time has come meanwhile.
    context.out.Integer(std::max<int64_t>(0, *entry->expires_at_ms - context.now_ms));
  }
}

void RunSelect(Context& context) {
  const auto index = ToInteger(context.words[1]);
  if (!index) {
    context.out.Error(kNotAnInteger);
  } else if (*index < INT32_MIN || *index > INT32_MAX) {
    context.out.Error("ERR value is out of range, value must between -2147483648 and 2147483647");
  } else if (*index < 0 || *index >= kDatabases) {
    context.out.Error("ERR DB index is out of range");
  } else {
    context.selected = static_cast<int>(*index);
    context.out.Ok();
  }
}

Words SelectArguments(RandomWords& random) { return {random.Integer(0, kDatabases)}; }

const Command kCommands[] = {
    {"del", -2, RunDel, SomeKeys},
    {"exists", -2, RunExists, SomeKeys},
    {"pttl", 2, RunPttl, OneKey},
    {"select", 2, RunSelect, SelectArguments},
};

}  // namespace

absl::Span<const Command> KeyCommands() { return kCommands; }

}  // namespace nacre::server::model
