#ifndef NACRE_SERVER_SESSION_COMMAND_QUEUE_H_
#define NACRE_SERVER_SESSION_COMMAND_QUEUE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "server/command/spec.h"

namespace nacre::server {

// The commands that MULTI collects for EXEC: copies, since the input that they came from is reused.
// Thread-compatible.
class CommandQueue {
 public:
  // False, and nothing is added, if the queue would hold more than bytes_max.
  bool Add(const CommandSpec& spec, Args args, size_t bytes_max);
  void Clear();

  size_t size() const { return commands_.size(); }
  bool empty() const { return commands_.empty(); }
  size_t words() const { return words_.size(); }
  size_t bytes() const;  // As bounded by Add().

  const CommandSpec& spec(size_t i) const { return *commands_[i].spec; }
  // The words of the i-th command, copied into `scratch`. Valid until the next call or change.
  Args args(size_t i, std::vector<std::string_view>& scratch) const;

 private:
  struct Word {
    size_t offset;
    size_t bytes;
  };
  struct Command {
    const CommandSpec* spec;
    size_t first_word;
    size_t words;
  };

  // One block for the bytes of all words: queueing a command allocates nothing once it has grown.
  std::string bytes_;
  std::vector<Word> words_;
  std::vector<Command> commands_;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_SESSION_COMMAND_QUEUE_H_
