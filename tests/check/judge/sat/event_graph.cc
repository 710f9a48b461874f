#include "tests/check/judge/sat/event_graph.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "tests/check/judge/check.h"

namespace nacre::check::judge {
namespace {

bool IsRw(EdgeKind kind) { return (Bit(kind) & kAntiDependencies) != 0; }

}  // namespace

EventGraph::EventGraph(const History& history, const Observations& seen,
                       const OrderProblem& problem, const Options& options, Solver& solver)
    : seen_(seen),
      problem_(problem),
      options_(options),
      solver_(solver),
      events_(options.serial ? history.size() : 2 * history.size()),
      head_(events_, kNoArc),
      questions_(1) {
  for (TxnId t = 0; !options.serial && t < history.size(); ++t) {
    Add(StartOf(t), CommitOf(t), kInside, kNone);
  }
  if (std::find(problem.optional.begin(), problem.optional.end(), true) != problem.optional.end()) {
    presence_.assign(history.size(), 0);
    for (TxnId t = 0; t < history.size(); ++t) {
      if (!problem.optional[t]) continue;
      presence_[t] = solver_.NewVariable();
      solver_.Prefer(-presence_[t]);
    }
  }
  AddData(history, seen);
  if (options.sessions) AddSessions(history, seen);
  if (options.real_time) AddRealTime(history, seen);
  AddBlocks();
}

void EventGraph::Add(uint32_t from, uint32_t to, uint32_t kind, KeyId key, Literal literal,
                     Literal also) {
  NACRE_JUDGE_CHECK(arcs_.size() < kNoArc - 1, "too many arcs");
  next_.push_back(head_[from]);
  head_[from] = static_cast<uint32_t>(arcs_.size());
  from_.push_back(from);
  arcs_.push_back({to, (kind << 29) | (key == kNone ? kKeyMask : key), literal, also});
}

// Every edge but an rw leads from a commit to a start, and an rw from a start to a commit.
void EventGraph::Join(TxnId from, TxnId to, EdgeKind kind, KeyId key, Literal literal,
                      Literal also) {
  Add(IsRw(kind) ? StartOf(from) : CommitOf(from), IsRw(kind) ? CommitOf(to) : StartOf(to),
      static_cast<uint32_t>(kind), key, literal, also);
}

uint32_t EventGraph::NewHelper() {
  head_.push_back(kNoArc);
  return nodes() - 1;
}

void EventGraph::AddAxiom(std::vector<Literal> clause) {
  solver_.Add(clause);
  axioms_.push_back(std::move(clause));
}

// What the values tell: its helpers are fans of rw edges.
void EventGraph::AddData(const History& history, const Observations& seen) {
  const DependencyGraph known(history, seen, {.forced = true});
  const uint32_t helpers = nodes();
  for (uint32_t n = known.txns(); n < known.nodes(); ++n) NewHelper();
  const auto helper = [&](uint32_t node) { return helpers + (node - known.txns()); };
  for (uint32_t from = 0; from < known.nodes(); ++from) {
    for (const DependencyGraph::Arc& arc : known.arcs(from)) {
      const auto kind = static_cast<uint32_t>(arc.kind());
      if (known.is_helper(from)) {
        Add(helper(from), CommitOf(arc.to), kind, arc.key());
      } else if (known.is_helper(arc.to)) {
        Add(StartOf(from), helper(arc.to), kind, arc.key());
      } else {
        Join(from, arc.to, arc.kind(), arc.key());
      }
    }
  }
  for (const OrderProblem::Known& edge : problem_.known) {
    Join(edge.from, edge.to, edge.kind, edge.key);
  }
}

// UNKNOWN-END, as in DependencyGraph: so what is before an indeterminate transaction leads past it.
void EventGraph::AddSessions(const History& history, const Observations& seen) {
  std::vector<TxnId> last(history.sessions().size(), kNone);
  for (TxnId t = 0; t < history.size(); ++t) {
    const Literal present = Presence(t);
    if (history.session(t) == kNone || (!seen.happened[t] && present == 0)) continue;
    TxnId& before = last[history.session(t)];
    if (before != kNone) Join(before, t, EdgeKind::kSession, kNone, 0, present);
    if (history.committed(t)) before = t;
  }
}

// BARRIER, as in DependencyGraph. What goes in or out of an optional transaction hangs on it.
void EventGraph::AddRealTime(const History& history, const Observations& seen) {
  std::vector<std::pair<uint64_t, TxnId>> begins;
  std::vector<std::pair<uint64_t, TxnId>> ends;
  for (TxnId t = 0; t < history.size(); ++t) {
    if (!seen.happened[t] && Presence(t) == 0) continue;
    if (history.invoked(t) != kAlways) begins.emplace_back(history.invoked(t), t);
    if (history.completed(t) != kNever) ends.emplace_back(history.completed(t), t);
  }
  std::sort(begins.begin(), begins.end());
  std::sort(ends.begin(), ends.end());
  constexpr auto kKind = static_cast<uint32_t>(EdgeKind::kRealTime);
  uint32_t barrier = kNone;
  auto end = ends.begin();
  for (const auto& [begun, t] : begins) {
    const auto from = end;
    while (end != ends.end() && end->first < begun) ++end;
    if (from != end) {
      const uint32_t next = NewHelper();
      for (auto it = from; it != end; ++it) {
        Add(CommitOf(it->second), next, kKind, kNone, Presence(it->second));
      }
      if (barrier != kNone) Add(barrier, next, kKind, kNone);
      barrier = next;
    }
    if (barrier != kNone) Add(barrier, StartOf(t), kKind, kNone, Presence(t));
  }
}

// The readers of the last version of a block lead to a node of their own, and that to the first
// writer of every block that comes later. The first block comes before all others.
void EventGraph::AddBlocks() {
  readers_.resize(problem_.keys.size());
  asked_orders_.resize(problem_.keys.size());
  own_block_.resize(problem_.reads.size(), kNone);
  for (uint32_t r = 0; r < problem_.reads.size(); ++r) {
    const OpenRead& read = problem_.reads[r];
    const std::vector<Block>& blocks = problem_.keys[read.key].blocks;
    for (uint32_t b = 1; b < blocks.size(); ++b) {
      if (blocks[b].writers[0] == read.reader) own_block_[r] = b;
    }
  }
  for (uint32_t k = 0; k < problem_.keys.size(); ++k) {
    const OpenKey& open = problem_.keys[k];
    for (const Block& block : open.blocks) {
      const uint32_t readers = NewHelper();
      readers_[k].push_back(readers);
      for (const Block::Reader& reader : block.readers) {
        const EdgeKind kind = reader.predicate ? EdgeKind::kRwPredicate : EdgeKind::kRw;
        Add(StartOf(reader.txn), readers, static_cast<uint32_t>(kind), open.key);
      }
    }
    for (uint32_t b = 1; b < open.blocks.size(); ++b) {
      AddOrder({.key = k, .first = 0, .second = b}, Presence(open.blocks[b].writers[0]));
    }
  }
}

void EventGraph::AddOrder(const Question& question, Literal literal) {
  const OpenKey& open = problem_.keys[question.key];
  const std::vector<TxnId>& before = open.blocks[question.first].writers;
  const TxnId after = open.blocks[question.second].writers[0];
  if (!before.empty()) Join(before.back(), after, EdgeKind::kWw, open.key, literal);
  Add(readers_[question.key][question.first], CommitOf(after), static_cast<uint32_t>(EdgeKind::kRw),
      open.key, literal);
}

Literal EventGraph::Ask(const Question& question) {
  if (question.kind == Question::Kind::kSource) {
    if (!Asked(question)) AskSources(question.key);
    return literals_.at(question.tuple());
  }
  return question.first == 0 ? 0 : AskOrder(question);
}

// With a block that may be absent, neither may come first, so there is a variable for each order.
Literal EventGraph::AskOrder(const Question& question) {
  const auto it = literals_.find(question.tuple());
  if (it != literals_.end()) return it->second;
  const OpenKey& open = problem_.keys[question.key];
  const Question reverse = {question.kind, question.key, question.second, question.first};
  const Literal first = Presence(open.blocks[question.first].writers[0]);
  const Literal second = Presence(open.blocks[question.second].writers[0]);
  const Literal yes = solver_.NewVariable();
  Literal no = -yes;
  if (first != 0 || second != 0) {
    no = solver_.NewVariable();
    std::vector<Literal> clause = {yes, no};
    if (first != 0) clause.push_back(-first);
    if (second != 0) clause.push_back(-second);
    AddAxiom(std::move(clause));
  }
  questions_.resize(static_cast<size_t>(std::max(yes, std::abs(no))) + 1, {.second = kNone});
  questions_[static_cast<size_t>(yes)] = question;
  if (no > 0) {
    questions_[static_cast<size_t>(no)] = reverse;
  } else {
    reversed_[static_cast<size_t>(yes)] = reverse;
  }
  literals_[question.tuple()] = yes;
  literals_[reverse.tuple()] = no;
  AddOrder(question, yes);
  AddOrder(reverse, no);
  AddOwnReads(question, yes);
  AddOwnReads(reverse, no);
  asked_orders_[question.key].push_back(question);
  asked_orders_[question.key].push_back(reverse);
  return yes;
}

// Under serializability a transaction is one event, so what reads a version and writes the next
// must not lead to itself through the node of the readers: it leads to all other writers one by
// one.
void EventGraph::AddOwnReads(const Question& order, Literal literal) {
  const auto sources = own_sources_.find({order.key, order.first});
  if (sources == own_sources_.end()) return;
  for (const auto& [read, source] : sources->second) {
    if (own_block_[read] != order.second) LeadPast(read, order.second, literal, source);
  }
}

void EventGraph::LeadPast(uint32_t r, uint32_t block, Literal literal, Literal also) {
  const OpenRead& read = problem_.reads[r];
  Join(read.reader, problem_.keys[read.key].blocks[block].writers[0], KindOf(read),
       problem_.keys[read.key].key, literal, also);
}

bool EventGraph::IsLast(const OpenRead& read, uint32_t source) const {
  const OpenRead::Source& s = read.sources[source];
  const size_t behind = s.writer == kInitialTxn ? 0 : s.place + size_t{1};
  return behind == problem_.keys[read.key].blocks[s.block].writers.size();
}

EdgeKind EventGraph::KindOf(const OpenRead& read) const {
  return seen_.reads.items[read.read].predicate ? EdgeKind::kRwPredicate : EdgeKind::kRw;
}

void EventGraph::AskSources(uint32_t read) {
  const OpenRead& open = problem_.reads[read];
  std::vector<Literal> any;
  for (uint32_t s = 0; s < open.sources.size(); ++s) {
    const Question question = {Question::Kind::kSource, read, s, 0};
    const Literal literal = solver_.NewVariable();
    any.push_back(literal);
    questions_.resize(static_cast<size_t>(literal) + 1, {.second = kNone});
    questions_[static_cast<size_t>(literal)] = question;
    literals_[question.tuple()] = literal;
    const TxnId writer = open.sources[s].writer;
    const Literal present = writer == kInitialTxn ? 0 : Presence(writer);
    if (present != 0) AddAxiom({-literal, present});
    if (LeadsToWritersOneByOne(read) && IsLast(open, s)) {
      own_sources_[{open.key, open.sources[s].block}].emplace_back(read, literal);
    }
    AddSource(question, literal);
  }
  // More than one can only be too much: what is allowed then is allowed with either alone.
  AddAxiom(std::move(any));
}

void EventGraph::AddSource(const Question& question, Literal literal) {
  const OpenRead& read = problem_.reads[question.key];
  const OpenRead::Source& source = read.sources[question.first];
  const OpenKey& open = problem_.keys[read.key];
  const std::vector<TxnId>& writers = open.blocks[source.block].writers;
  if (source.writer != kInitialTxn) {
    Join(source.writer, read.reader, EdgeKind::kWr, open.key, literal);
  }
  if (!IsLast(read, question.first)) {
    const uint32_t next = source.writer == kInitialTxn ? 0 : source.place + 1;
    Join(read.reader, writers[next], KindOf(read), open.key, literal);
    return;
  }
  if (!LeadsToWritersOneByOne(question.key)) {
    Add(StartOf(read.reader), readers_[read.key][source.block], static_cast<uint32_t>(KindOf(read)),
        open.key, literal);
    return;
  }
  const auto lead_past = [&](uint32_t block, Literal order) {
    if (block != own_block_[question.key]) LeadPast(question.key, block, order, literal);
  };
  for (uint32_t b = 1; source.block == 0 && b < open.blocks.size(); ++b) {
    lead_past(b, Presence(open.blocks[b].writers[0]));
  }
  for (const Question& asked : asked_orders_[read.key]) {
    if (asked.first == source.block) lead_past(asked.second, literals_.at(asked.tuple()));
  }
  for (size_t i = 0; i < guesses_.size(); ++i) {
    const Question& guess = guesses_[i];
    if (guess.kind == Question::Kind::kOrder && guess.key == read.key &&
        guess.first == source.block) {
      lead_past(guess.second, kGuess + static_cast<Literal>(i));
    }
  }
}

const Question* EventGraph::Behind(Literal literal) const {
  const auto variable = static_cast<size_t>(std::abs(literal));
  if (literal < 0) {
    const auto reversed = reversed_.find(variable);
    return reversed == reversed_.end() ? nullptr : &reversed->second;
  }
  if (variable >= questions_.size() || questions_[variable].second == kNone) return nullptr;
  return &questions_[variable];
}

void EventGraph::Guess(const Question& question) {
  if (guesses_.empty()) arcs_before_ = arcs_.size();
  guesses_.push_back(question);
  const Literal literal = kGuess + static_cast<Literal>(guesses_.size() - 1);
  if (question.kind == Question::Kind::kSource) {
    AddSource(question, literal);
  } else {
    AddOrder(question, literal);
    AddOwnReads(question, literal);
  }
}

void EventGraph::Forget() {
  if (guesses_.empty()) return;
  while (arcs_.size() > arcs_before_) {
    // The last arc is the head of its node.
    head_[from_.back()] = next_.back();
    from_.pop_back();
    next_.pop_back();
    arcs_.pop_back();
  }
  guesses_.clear();
}

}  // namespace nacre::check::judge
