#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/format/byte_reader.h"
#include "tests/check/judge/format/readers.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

struct Parts {
  char kind = 0;
  std::string_view key;
  std::string_view value;
  std::string_view session;
  std::string_view txn;
};

// r(key,value,session,transaction). Returns what is wrong with it, or nothing.
std::string_view Split(std::string_view line, Parts& parts) {
  if (line.size() < 3 || (line[0] != 'r' && line[0] != 'w') || line[1] != '(' ||
      line.back() != ')') {
    return "expected r(key,value,session,transaction) or w(...)";
  }
  parts.kind = line[0];
  line = line.substr(2, line.size() - 3);
  std::string_view* const fields[] = {&parts.key, &parts.value, &parts.session, &parts.txn};
  for (std::string_view* field : fields) {
    const bool last = field == &parts.txn;
    const size_t comma = line.find(',');
    if (last != (comma == std::string_view::npos)) return "expected four fields";
    *field = Trimmed(line.substr(0, comma));
    if (field->empty()) return "an empty field";
    if (!last) line.remove_prefix(comma + 1);
  }
  return {};
}

// The lines of one transaction may stand anywhere, so all are kept until the end and then sorted by
// transaction.
class TextReader {
 public:
  TextReader(std::istream& in, HistoryBuilder& builder) : bytes_(in), builder_(builder) {}

  absl::Status Read() {
    for (std::string_view line; bytes_.NextLine(line);) {
      line = Trimmed(line);
      if (line.empty() || line.front() == '#') continue;
      Parts parts;
      if (const std::string_view wrong = Split(line, parts); !wrong.empty()) {
        return absl::InvalidArgumentError(
            Cat("line ", bytes_.line() - 1, ", byte ", bytes_.offset(), ": ", wrong));
      }
      Take(parts);
    }
    AddAll();
    return absl::OkStatus();
  }

 private:
  struct Txn {
    SessionId session;
    uint64_t line;
    uint64_t number;
    uint64_t ops = 0;
  };

  void Take(const Parts& parts) {
    const SessionId session = builder_.Session(parts.session);
    const auto [it, first] = known_.try_emplace({session, names_.Intern(parts.txn)}, txns_.size());
    if (first) {
      uint64_t number = 0;
      const char* const end = parts.txn.data() + parts.txn.size();
      const auto [stop, error] = std::from_chars(parts.txn.data(), end, number);
      names_are_numbers_ &= error == std::errc() && stop == end && numbers_.insert(number).second;
      txns_.push_back({session, bytes_.line() - 1, number});
    }
    Push(parts, it->second);
  }

  void Push(const Parts& parts, uint32_t txn) {
    const KeyId key = builder_.Key(parts.key);
    if (parts.kind == 'r') {
      if (parts.value == "0") {
        builder_.ReadAbsent(key);
      } else {
        builder_.Read(key, builder_.Value(parts.value));
      }
    } else if (parts.value == "0") {
      builder_.Delete(key);  // As the initial value is told by absence, so is the return to it.
      ++zeros_;
    } else {
      builder_.Write(key, builder_.Value(parts.value));
    }
    ops_.push_back(builder_.Take().front());
    owner_.push_back(txn);
    ++txns_[txn].ops;
  }

  void AddAll() {
    std::vector<uint64_t> next;
    uint64_t sum = 0;
    for (const Txn& txn : txns_) {
      next.push_back(sum);
      sum += txn.ops;
    }
    std::vector<Op> sorted(ops_.size());
    for (size_t i = 0; i < ops_.size(); ++i) sorted[next[owner_[i]]++] = ops_[i];
    ops_ = {};
    // Two of one name could not be told apart in what is said of them.
    if (!names_are_numbers_) {
      builder_.Note("transaction ids are no numbers, or twice the same: all are numbered anew");
    }
    for (size_t t = 0; t < txns_.size(); ++t) {
      const Txn& txn = txns_[t];
      const uint64_t number = names_are_numbers_ ? txn.number : t;
      builder_.Add({.session = txn.session, .line = txn.line, .number = number},
                   absl::MakeConstSpan(sorted.data() + (next[t] - txn.ops), txn.ops));
    }
    if (zeros_ > 0) builder_.Note(Cat(zeros_, " writes of 0, the initial value, are deletions"));
  }

  ByteReader bytes_;
  HistoryBuilder& builder_;
  Interner names_;
  absl::flat_hash_map<std::pair<SessionId, uint32_t>, uint32_t> known_;
  std::vector<Txn> txns_;
  std::vector<Op> ops_;
  std::vector<uint32_t> owner_;
  uint64_t zeros_ = 0;
  bool names_are_numbers_ = true;
  absl::flat_hash_set<uint64_t> numbers_;
};

}  // namespace

absl::Status ReadText(std::istream& in, HistoryBuilder& builder) {
  return TextReader(in, builder).Read();
}

}  // namespace nacre::check::judge
