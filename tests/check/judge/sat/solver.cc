#include "tests/check/judge/sat/solver.h"

#include <cadical.hpp>
#include <cstdlib>
#include <utility>

#include "tests/check/judge/check.h"

namespace nacre::check::judge {

struct Solver::Library {
  struct Stop : CaDiCaL::Terminator {
    bool terminate() override { return stop && stop(); }
    std::function<bool()> stop;
  };
  Stop stop;
  CaDiCaL::Solver solver;
};

Solver::Solver() : library_(std::make_unique<Library>()) {
  library_->solver.set("quiet", 1);
  library_->solver.connect_terminator(&library_->stop);
}

Solver::~Solver() { library_->solver.disconnect_terminator(); }

void Solver::Add(absl::Span<const Literal> clause) {
  for (const Literal literal : clause) {
    NACRE_JUDGE_CHECK(literal != 0 && std::abs(literal) <= variables_, "no such variable");
    library_->solver.add(literal);
  }
  library_->solver.add(0);
}

void Solver::Prefer(Literal literal) { library_->solver.phase(literal); }

void Solver::StopWhen(std::function<bool()> stop) { library_->stop.stop = std::move(stop); }

Solver::Answer Solver::Solve(absl::Span<const Literal> assumptions) {
  for (const Literal literal : assumptions) library_->solver.assume(literal);
  switch (library_->solver.solve()) {
    case 10: return Answer::kYes;
    case 20: return Answer::kNo;
    default: return Answer::kStopped;
  }
}

bool Solver::IsTrue(Literal literal) const { return library_->solver.val(literal) > 0; }

bool Solver::Failed(Literal assumption) const { return library_->solver.failed(assumption); }

}  // namespace nacre::check::judge
