#include "server/session/command_queue.h"

namespace nacre::server {

namespace {
// What an emptied queue keeps for the next MULTI.
constexpr size_t kBytesKept = 16 << 10;
}  // namespace

bool CommandQueue::Add(const CommandSpec& spec, Args args, size_t bytes_max) {
  size_t added = sizeof(Command);
  for (const std::string_view word : args) added += word.size() + sizeof(Word);
  if (bytes() + added > bytes_max) return false;
  commands_.push_back({&spec, words_.size(), args.size()});
  for (const std::string_view word : args) {
    words_.push_back({bytes_.size(), word.size()});
    bytes_.append(word);
  }
  return true;
}

size_t CommandQueue::bytes() const {
  return bytes_.size() + words_.size() * sizeof(Word) + commands_.size() * sizeof(Command);
}

void CommandQueue::Clear() {
  bytes_.clear();
  words_.clear();
  commands_.clear();
  if (bytes_.capacity() + words_.capacity() * sizeof(Word) > kBytesKept) {
    std::string().swap(bytes_);
    std::vector<Word>().swap(words_);
    std::vector<Command>().swap(commands_);
  }
}

Args CommandQueue::args(size_t i, std::vector<std::string_view>& scratch) const {
  const Command& command = commands_[i];
  scratch.clear();
  for (size_t w = 0; w < command.words; ++w) {
    const Word& word = words_[command.first_word + w];
    scratch.push_back(std::string_view(bytes_).substr(word.offset, word.bytes));
  }
  return scratch;
}

}  // namespace nacre::server
