#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_SOLVER_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_SOLVER_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/types/span.h"

namespace nacre::check::judge {

// A variable (positive) or its negation. 0 is none.
using Literal = int32_t;

// Propositional satisfiability with clauses added between the questions. Hides the library that
// does it. Not thread-safe.
class Solver {
 public:
  enum class Answer : uint8_t { kYes, kNo, kStopped };

  Solver();
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  Literal NewVariable() { return ++variables_; }
  Literal variables() const { return variables_; }
  // At least one of them is true.
  void Add(absl::Span<const Literal> clause);
  // What to try first, of a variable that nothing else decides.
  void Prefer(Literal literal);
  // Asked now and then while it solves: true ends it.
  void StopWhen(std::function<bool()> stop);

  Answer Solve(absl::Span<const Literal> assumptions = {});
  // After kYes.
  bool IsTrue(Literal literal) const;
  // After kNo: whether the assumption was needed for that.
  bool Failed(Literal assumption) const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  Literal variables_ = 0;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_SOLVER_H_
