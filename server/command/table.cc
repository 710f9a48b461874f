#include "server/command/table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "server/base/text.h"
#include "server/command/facts.h"
#include "server/command/groups.h"

namespace nacre::server {

namespace {

struct Table {
  std::vector<CommandSpec> commands;
  std::deque<std::vector<CommandSpec>> subcommands;  // The commands point into it.
  size_t indexes = 0;
};

void Complete(Table& table, CommandSpec& spec) {
  spec.index = static_cast<uint32_t>(table.indexes++);
  spec.facts = FindFacts(spec.name);
  if (spec.subcommands.empty()) return;
  std::vector<CommandSpec>& own =
      table.subcommands.emplace_back(spec.subcommands.begin(), spec.subcommands.end());
  for (CommandSpec& subcommand : own) {
    subcommand.group = spec.group;
    Complete(table, subcommand);
  }
  spec.subcommands = own;
}

Table AllGroups() {
  Table table;
  std::vector<CommandSpec>& all = table.commands;
  const auto add = [&all](absl::Span<const CommandSpec> group, std::string_view name) {
    for (const CommandSpec& spec : group) {
      all.push_back(spec);
      all.back().group = name;
    }
  };
  add(ConnectionCommands(), "connection");
  add(GenericCommands(), "generic");
  add(ServerCommands(), "server");
  add(StringCommands(), "string");
  add(TransactionCommands(), "transactions");
  std::sort(all.begin(), all.end(),
            [](const CommandSpec& a, const CommandSpec& b) { return a.name < b.name; });
  for (CommandSpec& spec : all) Complete(table, spec);
  return table;
}

const Table& TheTable() {
  static const Table table = AllGroups();
  return table;
}

// Open addressing over the lower-cased first eight bytes and the length. Sparse, so that
// most look-ups end at the first slot, with one comparison of eight bytes.
class Index {
 public:
  Index() {
    slots_.fill({0, nullptr});
    for (const CommandSpec& spec : AllCommands()) {
      const uint64_t word = FirstBytes(spec.name);
      size_t at = SlotOf(word, spec.name.size());
      while (slots_[at].spec != nullptr) at = (at + 1) % kSlots;
      slots_[at] = {word, &spec};
    }
  }

  const CommandSpec* Find(std::string_view name) const {
    const uint64_t word = FirstBytes(name);
    for (size_t at = SlotOf(word, name.size()); slots_[at].spec != nullptr;
         at = (at + 1) % kSlots) {
      const CommandSpec& spec = *slots_[at].spec;
      if (slots_[at].word == word && spec.name.size() == name.size() &&
          (name.size() <= 8 || EqualsIgnoringCase(name.substr(8), spec.name.substr(8)))) {
        return &spec;
      }
    }
    return nullptr;
  }

 private:
  static constexpr size_t kSlots = 1024;
  struct Slot {
    uint64_t word;
    const CommandSpec* spec;
  };

  // Lower-cased. Only letters change, so no two different names of letters become one by it.
  static uint64_t FirstBytes(std::string_view name) {
    char bytes[8] = {};
    const size_t count = std::min<size_t>(name.size(), 8);
    for (size_t i = 0; i < count; ++i) bytes[i] = ToLower(name[i]);
    uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    return word;
  }
  static size_t SlotOf(uint64_t word, size_t length) {
    return static_cast<size_t>(((word + length) * 0x9E3779B97F4A7C15u) >> 54) % kSlots;
  }

  std::array<Slot, kSlots> slots_;
};

}  // namespace

absl::Span<const CommandSpec> AllCommands() { return TheTable().commands; }

size_t CommandIndexes() { return TheTable().indexes; }

void ForEachCommand(absl::FunctionRef<void(const CommandSpec&)> visit) {
  for (const CommandSpec& spec : AllCommands()) {
    visit(spec);
    for (const CommandSpec& subcommand : spec.subcommands) visit(subcommand);
  }
}

const CommandSpec* FindFullName(std::string_view name) {
  const size_t bar = name.find('|');
  const CommandSpec* const command = FindCommand(name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return FindSubcommand(*command, name.substr(bar + 1));
}

const CommandSpec* FindCommand(std::string_view name) {
  static const Index index;
  return index.Find(name);
}

const CommandSpec* FindSubcommand(const CommandSpec& command, std::string_view word) {
  for (const CommandSpec& subcommand : command.subcommands) {
    if (EqualsIgnoringCase(word, subcommand.last_word())) return &subcommand;
  }
  return nullptr;
}

}  // namespace nacre::server
