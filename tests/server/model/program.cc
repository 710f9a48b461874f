#include "tests/server/model/program.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/server/model/model.h"

namespace nacre::server::model {

namespace {

// What opens and closes a block.
struct Frame {
  const char* begin;
  const char* end;
};

Frame FrameOf(Mode mode) {
  switch (mode) {
    case Mode::kAlone: return {"", ""};
    case Mode::kExec: return {"MULTI", "EXEC"};
    case Mode::kSnapshotCommit: return {"BEGIN SNAPSHOT", "COMMIT"};
    case Mode::kSnapshotRollback: return {"BEGIN SNAPSHOT", "ROLLBACK"};
    case Mode::kSerializableCommit: return {"BEGIN SERIALIZABLE", "COMMIT"};
    case Mode::kSerializableRollback: return {"BEGIN SERIALIZABLE", "ROLLBACK"};
  }
  return {};
}

Words RandomCommand(RandomWords& random) {
  const Command& command = random.OneOf(AllCommands());
  Words words = command.arguments(random);
  words.insert(words.begin(), random.AnyCase(std::string(command.name)));
  if (random.OneIn(40)) words.resize(1 + random.Below(words.size()));
  if (random.OneIn(60)) words.push_back(random.Value());
  return words;
}

Block RandomBlock(RandomWords& random) {
  Block block;
  block.mode = static_cast<Mode>(random.Below(6));
  // A serializable transaction whose reads expire before its commit is a conflict, rightly.
  const bool time_passes = block.mode != Mode::kSerializableCommit;
  for (size_t left = 1 + random.Below(8); left > 0; --left) {
    Step step;
    if (time_passes && random.OneIn(6)) {
      step.wait_ms = static_cast<int64_t>(random.Below(random.OneIn(3) ? 8000 : 400));
    }
    step.words = RandomCommand(random);
    block.steps.push_back(std::move(step));
  }
  return block;
}

class Shrinker {
 public:
  Shrinker(const std::function<bool(const Program&)>& fails, int runs)
      : fails_(fails), runs_left_(runs) {}

  Program Run(Program program) {
    program = Drop(
        std::move(program), [](const Program& p) { return p; },
        [](const Program&, std::vector<Block> blocks) { return blocks; });
    for (size_t b = 0; b < program.size(); ++b) {
      program = Drop(
          std::move(program), [b](const Program& p) { return p[b].steps; },
          [b](Program p, std::vector<Step> steps) {
            p[b].steps = std::move(steps);
            return p;
          });
      for (size_t s = 0; s < program[b].steps.size(); ++s) {
        Program calm = program;
        calm[b].steps[s].wait_ms = 0;
        if (StillFails(calm)) program = calm;
      }
    }
    return program;
  }

 private:
  bool StillFails(const Program& program) { return runs_left_-- > 0 && fails_(program); }

  // Leaves out runs of parts, long ones first.
  template <typename Get, typename With>
  Program Drop(Program program, Get get, With with) {
    for (size_t run = std::max<size_t>(1, get(program).size() / 2); run > 0; run /= 2) {
      for (size_t at = 0; at < get(program).size();) {
        auto parts = get(program);
        const size_t end = std::min(parts.size(), at + run);
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at),
                    parts.begin() + static_cast<std::ptrdiff_t>(end));
        Program smaller = with(program, std::move(parts));
        if (StillFails(smaller)) {
          program = std::move(smaller);
        } else {
          at += run;
        }
      }
    }
    return program;
  }

  const std::function<bool(const Program&)>& fails_;
  int runs_left_;
};

}  // namespace

Program RandomProgram(uint64_t seed, size_t blocks) {
  RandomWords random(seed);
  Program program;
  for (size_t i = 0; i < blocks; ++i) program.push_back(RandomBlock(random));
  return program;
}

Program Shrink(Program program, const std::function<bool(const Program&)>& fails, int runs) {
  return Shrinker(fails, runs).Run(std::move(program));
}

std::string ToText(const Words& words) {
  std::string text;
  for (const std::string& word : words) {
    absl::StrAppend(&text, text.empty() ? "" : " ", "\"", absl::CHexEscape(word.substr(0, 200)),
                    word.size() > 200 ? absl::StrCat("\"... (", word.size(), " bytes)") : "\"");
  }
  return text;
}

std::string ToText(const Program& program) {
  std::string text;
  for (const Block& block : program) {
    const Frame frame = FrameOf(block.mode);
    absl::StrAppend(&text, frame.begin, "\n");
    for (const Step& step : block.steps) {
      if (step.wait_ms != 0) absl::StrAppend(&text, "  # ", step.wait_ms, " ms pass\n");
      absl::StrAppend(&text, "  ", ToText(step.words), "\n");
    }
    absl::StrAppend(&text, frame.end, "\n");
  }
  return text;
}

}  // namespace nacre::server::model
