#ifndef NACRE_TESTS_SERVER_MODEL_PROGRAM_H_
#define NACRE_TESTS_SERVER_MODEL_PROGRAM_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/server/model/random_words.h"

namespace nacre::server::model {

// How the commands of a block are run.
enum class Mode : uint8_t {
  kAlone,
  kExec,
  kSnapshotCommit,
  kSnapshotRollback,
  kSerializableCommit,
  kSerializableRollback,
};

// Time passes, then a command runs.
struct Step {
  int64_t wait_ms = 0;
  Words words;
};

struct Block {
  Mode mode = Mode::kAlone;
  std::vector<Step> steps;
};

using Program = std::vector<Block>;

// Every command of the model, in every mode, with every kind of argument.
Program RandomProgram(uint64_t seed, size_t blocks);

// A smaller program that still fails: without the blocks, steps and waits that can be left out.
// `fails` runs a program; it is called at most `runs` times.
Program Shrink(Program program, const std::function<bool(const Program&)>& fails, int runs);

// As one would type it.
std::string ToText(const Program& program);
std::string ToText(const Words& words);

}  // namespace nacre::server::model

#endif  // NACRE_TESTS_SERVER_MODEL_PROGRAM_H_
