#include "tests/server/model/model.h"

#include <cerrno>
#include <cstdlib>

namespace nacre::server::model {

namespace {

bool IsAlive(const Entry& entry, int64_t at_ms) {
  return !entry.expires_at_ms || at_ms < *entry.expires_at_ms;
}

bool FitsArity(const Command& command, size_t words) {
  const int count = static_cast<int>(words);
  return command.arity >= 0 ? count == command.arity : count >= -command.arity;
}

// The error of a wrong number of words, nullopt if it is right.
std::optional<std::string> ArityError(const Words& words) {
  const Command* const command = FindCommand(words[0]);
  if (FitsArity(*command, words.size())) return std::nullopt;
  return "ERR wrong number of arguments for '" + std::string(command->name) + "' command";
}

}  // namespace

const Entry* Context::FindIn(int database, const std::string& key) const {
  const Keys& keys = databases[static_cast<size_t>(database)];
  const auto found = keys.find(key);
  if (found == keys.end() || !IsAlive(found->second, seen_ms)) return nullptr;
  return &found->second;
}

std::optional<std::string> Context::Value(const std::string& key) const {
  const Entry* const entry = Find(key);
  return entry == nullptr ? std::nullopt : std::optional(entry->value);
}

void Context::Replace(const std::string& key, std::string value) {
  const Entry* const entry = Find(key);
  Put(key, {std::move(value), entry == nullptr ? std::nullopt : entry->expires_at_ms});
}

bool Context::Erase(const std::string& key) {
  const bool found = Find(key) != nullptr;
  databases[static_cast<size_t>(selected)].erase(key);
  return found;
}

const std::vector<Command>& AllCommands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> commands;
    for (const auto& group : {KeyCommands(), StringCommands()}) {
      commands.insert(commands.end(), group.begin(), group.end());
    }
    return commands;
  }();
  return all;
}

const Command* FindCommand(std::string_view name) {
  for (const Command& command : AllCommands()) {
    if (command.name == Lower(std::string(name))) return &command;
  }
  return nullptr;
}

std::optional<int64_t> ToInteger(const std::string& text) {
  errno = 0;
  const long long value = std::strtoll(text.c_str(), nullptr, 10);
  if (errno != 0 || std::to_string(value) != text) return std::nullopt;
  return value;
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void Model::RunOne(const Words& words, int64_t now_ms, Reply& out) {
  Databases& databases = open_ ? open_->databases : committed_;
  Context context{databases, selected_, open_ ? open_->began_ms : now_ms, now_ms, words, out};
  FindCommand(words[0])->run(context);
}

std::string Model::Run(const Words& words, int64_t now_ms) {
  Reply out(protocol_);
  if (const auto error = ArityError(words)) {
    out.Error(*error);
  } else {
    RunOne(words, now_ms, out);
  }
  return out.bytes();
}

std::string Model::Queue(const Words& words) const {
  Reply out(protocol_);
  if (const auto error = ArityError(words)) {
    out.Error(*error);
  } else {
    out.Simple("QUEUED");
  }
  return out.bytes();
}

std::string Model::RunQueue(const std::vector<Words>& queue, int64_t now_ms) {
  Reply out(protocol_);
  for (const Words& words : queue) {
    if (!ArityError(words)) continue;
    out.Error("EXECABORT Transaction discarded because of previous errors.");
    return out.bytes();
  }
  out.Array(queue.size());
  for (const Words& words : queue) RunOne(words, now_ms, out);
  return out.bytes();
}

void Model::Begin(int64_t now_ms) { open_ = Open{committed_, now_ms}; }

void Model::Commit() {
  committed_ = std::move(open_->databases);
  open_.reset();
}

size_t Model::CountAlive(int64_t now_ms) const {
  size_t count = 0;
  for (const Keys& keys : Alive(now_ms)) count += keys.size();
  return count;
}

Databases Model::Alive(int64_t now_ms) const {
  Databases alive = committed_;
  for (Keys& keys : alive) {
    std::erase_if(keys, [&](const auto& item) { return !IsAlive(item.second, now_ms); });
  }
  return alive;
}

}  // namespace nacre::server::model
