#ifndef NACRE_TESTS_SERVER_MODEL_MODEL_H_
#define NACRE_TESTS_SERVER_MODEL_MODEL_H_

// What the commands mean, in the fewest words: a map for each database, and a clock. Nothing of the
// server is used here but its limits. A group of commands has a file of its own.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "tests/server/model/random_words.h"
#include "tests/server/model/reply.h"

namespace nacre::server::model {

inline constexpr int kDatabases = 3;
inline constexpr size_t kStringBytesMax = 8192;

struct Entry {
  std::string value;
  std::optional<int64_t> expires_at_ms;
};
using Keys = std::map<std::string, Entry>;
using Databases = std::vector<Keys>;

// What one command works on.
struct Context {
  Databases& databases;
  int& selected;
  int64_t seen_ms;  // Expiry is judged by this: the time when the transaction began.
  int64_t now_ms;   // Times to live count from this.
  const Words& words;
  Reply& out;

  // nullptr if there is none, or it has expired.
  const Entry* Find(const std::string& key) const { return FindIn(selected, key); }
  const Entry* FindIn(int database, const std::string& key) const;
  std::optional<std::string> Value(const std::string& key) const;
  // Takes the entry by value: it may be one that Find() has found.
  void Put(const std::string& key, Entry entry) {
    databases[static_cast<size_t>(selected)][key] = std::move(entry);
  }
  // A new value with the old expiry, if there was one.
  void Replace(const std::string& key, std::string value);
  // Whether there was one.
  bool Erase(const std::string& key);
};

struct Command {
  std::string_view name;  // In lower case.
  int arity;              // As Redis counts: the name included, negative for "at least".
  void (*run)(Context&);
  // Arguments of any kind: correct ones, ones at a boundary, wrong ones.
  Words (*arguments)(RandomWords&);
};

// One function a group.
absl::Span<const Command> KeyCommands();
absl::Span<const Command> StringCommands();

// All of them.
const std::vector<Command>& AllCommands();
const Command* FindCommand(std::string_view name);

// The integer that Redis reads from a text: only the spelling that it would write itself.
std::optional<int64_t> ToInteger(const std::string& text);
std::string Lower(std::string text);

class Model {
 public:
  explicit Model(int protocol) : protocol_(protocol), committed_(kDatabases) {}

  // The reply to a command, alone or in the open transaction.
  std::string Run(const Words& words, int64_t now_ms);
  // The reply to MULTI's EXEC of these; and to each of them before that.
  std::string RunQueue(const std::vector<Words>& queue, int64_t now_ms);
  std::string Queue(const Words& words) const;

  void Begin(int64_t now_ms);
  void Commit();
  void Rollback() { open_.reset(); }
  // Whether a key that was there when the open transaction began is gone by now.
  bool HasExpiredSinceBegin(int64_t now_ms) const {
    return CountAlive(now_ms) < CountAlive(open_->began_ms);
  }

  // What is there at this time, committed.
  Databases Alive(int64_t now_ms) const;
  int selected() const { return selected_; }

 private:
  struct Open {
    Databases databases;
    int64_t began_ms;
  };

  size_t CountAlive(int64_t now_ms) const;
  void RunOne(const Words& words, int64_t now_ms, Reply& out);

  const int protocol_;
  Databases committed_;
  std::optional<Open> open_;
  int selected_ = 0;
};

}  // namespace nacre::server::model

#endif  // NACRE_TESTS_SERVER_MODEL_MODEL_H_
