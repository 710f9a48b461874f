#ifndef NACRE_TESTS_SERVER_COMMAND_FUZZ_H_
#define NACRE_TESTS_SERVER_COMMAND_FUZZ_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "nacre/snapshot.h"
#include "server/command/spec.h"
#include "server/server_state.h"
#include "tests/server/lone_session.h"
#include "tests/server/manual_time.h"

namespace nacre::server {

// Sends anything to a few sessions of one database (commands of the table, with arguments that may
// or may not fit, whole or mutated), while a snapshot is held, and looks for what must never be:
//   - a command that does not leave exactly one well-formed reply;
//   - a command that answers, or does something, and asks to be run again as a slow one;
//   - a snapshot that reads something else than it did at first;
//   - at the end, a database that is not sound, or that keeps a snapshot or a transaction of a
//     session that is gone.
class CommandFuzz {
 public:
  // A number below the bound. From random numbers, or from the bytes of a fuzzer.
  using Choose = std::function<size_t(size_t bound)>;

  explicit CommandFuzz(Choose choose);

  // Each returns what is wrong, and nullopt if nothing is.
  std::optional<std::string> RunOneCommand();
  std::optional<std::string> CheckSnapshot() const;
  // Ends the sessions. Nothing may be called after it.
  std::optional<std::string> Finish();

  // How often each command was answered, and how often by something else than an error.
  struct Tally {
    uint64_t answers = 0;
    uint64_t good_answers = 0;
  };
  const std::map<std::string, Tally>& tallies() const { return tallies_; }

 private:
  using Contents = std::vector<std::tuple<int, std::string, std::string, absl::Time>>;

  void Fill();
  Contents ReadSnapshot() const;
  std::vector<std::string> Request(const LoneSession& client, std::string& name);
  std::string Argument(const CommandSpec& spec, int position);
  std::string Key();
  std::string Anything(const CommandSpec& spec);
  void Mutate(std::string& word);
  bool OneIn(size_t n) { return choose_(n) == 0; }
  std::optional<std::string> Send(LoneSession& client, const std::vector<std::string>& words,
                                  const std::string& name);

  Choose choose_;
  ManualTime time_;
  std::unique_ptr<ServerState> server_;
  std::vector<std::unique_ptr<LoneSession>> clients_;
  std::optional<Snapshot> snapshot_;
  Contents at_first_;
  std::map<std::string, Tally> tallies_;
};

}  // namespace nacre::server

#endif  // NACRE_TESTS_SERVER_COMMAND_FUZZ_H_
