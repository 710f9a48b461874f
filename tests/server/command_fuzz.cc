#include "tests/server/command_fuzz.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/text.h"
#include "server/command/table.h"
#include "tests/server/reply_reader.h"

namespace nacre::server {

namespace {

constexpr int kClients = 4;
constexpr int kDatabases = 3;
constexpr int kKeysAtFirst = 60;
constexpr size_t kStringBytesMax = 4096;

// Commands that are not for a test of this kind.
bool IsLeftOut(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "shutdown",        // Ends the process.
      "debug",           // Sleeps.
      "client|pause",    // Makes others wait.
      "client|reply",    // Takes replies away.
      "config|rewrite",  // Writes a file.
      "monitor",         // Answers more than once.
  };
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Empties the databases, after which there is little left to find for a while.
bool IsRare(std::string_view name) { return name.substr(0, 5) == "flush"; }

const std::vector<const CommandSpec*>& Commands() {
  static const std::vector<const CommandSpec*> commands = [] {
    std::vector<const CommandSpec*> all;
    for (const CommandSpec& spec : AllCommands()) {
      if (!IsLeftOut(spec.name)) all.push_back(&spec);
      for (const CommandSpec& subcommand : spec.subcommands) {
        if (!IsLeftOut(subcommand.name) && !IsLeftOut(spec.name)) all.push_back(&subcommand);
      }
    }
    return all;
  }();
  return commands;
}

// The words in capitals of a syntax: "key [EX seconds | PX milliseconds]" has EX and PX.
std::vector<std::string> Options(const CommandSpec& spec) {
  const auto is_option = [](absl::string_view word) {
    return word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) {
             return (c >= 'A' && c <= 'Z') || c == '-';
           });
  };
  std::vector<std::string> options;
  for (const absl::string_view word :
       absl::StrSplit(ToAbsl(spec.syntax), absl::ByAnyChar(" []|"))) {
    if (is_option(word)) options.emplace_back(word);
  }
  return options;
}

const std::vector<std::string>& OddWords() {
  static const std::vector<std::string> words = {"",
                                                 "0",
                                                 "1",
                                                 "-1",
                                                 "2",
                                                 "3",
                                                 "10",
                                                 "100",
                                                 "4095",
                                                 "4096",
                                                 "-4096",
                                                 "9223372036854775807",
                                                 "-9223372036854775808",
                                                 "9223372036854775808",
                                                 "1700000000",
                                                 "1700000100",
                                                 "1700000000000",
                                                 "1700000005000",
                                                 "01",
                                                 "1.5",
                                                 "-0.1",
                                                 "1e4932",
                                                 "inf",
                                                 "nan",
                                                 "*",
                                                 "k*",
                                                 "[a-",
                                                 "\\",
                                                 "-",
                                                 "+",
                                                 "[k",
                                                 "(k",
                                                 "nx",
                                                 "get",
                                                 "default",
                                                 "\r\n",
                                                 std::string("\0", 1)};
  return words;
}

}  // namespace

CommandFuzz::CommandFuzz(Choose choose) : choose_(std::move(choose)) {
  ServerOptions options;
  options.databases = kDatabases;
  options.request.bulk_bytes_max = kStringBytesMax;
  options.transaction_bytes_max = 64 << 10;
  options.multi_bytes_max = 64 << 10;
  options.time_source = [this] { return time_.now(); };
  server_ = std::move(ServerState::Open(options)).value();
  for (int i = 0; i < kClients; ++i) clients_.push_back(std::make_unique<LoneSession>(*server_));
  Fill();
  snapshot_ = server_->db().GetSnapshot();
  at_first_ = ReadSnapshot();
}

void CommandFuzz::Fill() {
  for (int i = 0; i < kKeysAtFirst; ++i) {
    const absl::Status status =
        server_->db()
            .Transact(
                [&](Transaction& tx) {
                  PutOptions options;
                  if (i % 3 == 0) {
                    options.expiry = time_.now() + absl::Seconds(1 + i);
                  }
                  return tx.Put(Key(), absl::StrCat(i), options);
                },
                {.transaction = {.keyspace = server_->keyspace(i % kDatabases)}})
            .status();
    if (!status.ok()) std::abort();
  }
}

CommandFuzz::Contents CommandFuzz::ReadSnapshot() const {
  Contents contents;
  for (int i = 0; i < kDatabases; ++i) {
    const Keyspace keyspace = server_->keyspace(i);
    std::vector<std::pair<std::string, std::string>> items;
    const absl::Status scanned = snapshot_->Scan(
        Range::All(),
        [&](std::string_view key, std::string_view value) {
          items.emplace_back(key, value);
          return true;
        },
        keyspace);
    if (!scanned.ok()) contents.emplace_back(i, "the scan failed", "", absl::Time());
    for (const auto& [key, value] : items) {
      const auto info = snapshot_->GetInfo(key, keyspace);
      const bool found = info.ok() && *info;
      contents.emplace_back(i, key, value, found ? (*info)->expiry : absl::InfinitePast());
    }
  }
  return contents;
}

std::optional<std::string> CommandFuzz::CheckSnapshot() const {
  if (ReadSnapshot() == at_first_) return std::nullopt;
  return "the snapshot does not read what it did at first";
}

std::string CommandFuzz::Key() { return absl::StrCat("k", choose_(20)); }

std::string CommandFuzz::Anything(const CommandSpec& spec) {
  const std::vector<std::string> options = Options(spec);
  switch (choose_(6)) {
    case 0:
    case 1:
      if (!options.empty()) return options[choose_(options.size())];
      [[fallthrough]];
    case 2: return OddWords()[choose_(OddWords().size())];
    case 3: return absl::StrCat(choose_(50));
    case 4: return std::string(choose_(OneIn(8) ? kStringBytesMax + 1 : 40), 'v');
    default: return Key();
  }
}

std::string CommandFuzz::Argument(const CommandSpec& spec, int position) {
  const bool in_range = spec.keys.first != 0 && position >= spec.keys.first &&
                        (spec.keys.last < 0 || position <= spec.keys.last);
  const bool is_key = in_range && (position - spec.keys.first) % spec.keys.step == 0;
  return is_key && !OneIn(20) ? Key() : Anything(spec);
}

void CommandFuzz::Mutate(std::string& word) {
  const size_t at = choose_(word.size() + 1);
  switch (choose_(4)) {
    case 0: word.insert(at, 1, static_cast<char>(choose_(256))); break;
    case 1: word.erase(at, choose_(3)); break;
    case 2: word += word.substr(0, std::min(word.size(), kStringBytesMax - word.size())); break;
    default:
      if (at < word.size()) word[at] = static_cast<char>(choose_(256));
  }
  word.resize(std::min(word.size(), kStringBytesMax));
}

std::vector<std::string> CommandFuzz::Request(const LoneSession& client, std::string& name) {
  // Transactions would seldom come to their end by chance.
  const Session::Mode mode = client.session.mode();
  if (mode == Session::Mode::kQueueing && OneIn(5)) return {name = "exec"};
  if (mode == Session::Mode::kOpen && OneIn(10)) return {name = "commit"};
  const CommandSpec* spec = Commands()[choose_(Commands().size())];
  if (IsRare(spec->name) && !OneIn(8)) spec = FindCommand("mset");
  name = std::string(spec->name);
  std::vector<std::string> words = absl::StrSplit(name, '|');
  size_t wanted = static_cast<size_t>(std::abs(spec->arity));
  if (spec->arity < 0) wanted += choose_(OneIn(4) ? 8 : 3);
  if (OneIn(40)) wanted = choose_(8);
  while (words.size() < wanted) words.push_back(Argument(*spec, static_cast<int>(words.size())));
  if (OneIn(12)) Mutate(words[choose_(words.size())]);
  return words;
}

std::optional<std::string> CommandFuzz::Send(LoneSession& client,
                                             const std::vector<std::string>& words,
                                             const std::string& name) {
  const std::vector<std::string_view> args(words.begin(), words.end());
  const int before = client.session.out().protocol();
  auto lane = OneIn(2) ? Session::Lane::kQuick : Session::Lane::kSlow;
  Session::Outcome outcome = client.session.Execute(args, lane);
  if (outcome == Session::Outcome::kSlow) {
    if (lane == Session::Lane::kSlow) return "slow in the slow lane";
    if (!client.replies.empty()) return "answered, and asked for the slow lane";
    outcome = client.session.Execute(args, Session::Lane::kSlow);
    if (outcome == Session::Outcome::kSlow) return "slow in the slow lane";
  }
  if (outcome == Session::Outcome::kWaiting) {
    if (!client.replies.empty()) return "answered, and waits";
    client.session.EndWait(OneIn(2) ? Session::WaitEnd::kTimeout : Session::WaitEnd::kError);
  }
  const int after = client.session.out().protocol();
  auto protocol = after == 3 ? ReplyReader::Protocol::kThree : ReplyReader::Protocol::kTwo;
  if (before != after) protocol = ReplyReader::Protocol::kMixed;
  const std::string wrong = ReplyReader(client.replies.view(), protocol).WhatIsWrong();
  if (!wrong.empty()) {
    return absl::StrCat(wrong, " in ",
                        absl::CHexEscape(ToAbsl(client.replies.view().substr(0, 1000))));
  }
  Tally& tally = tallies_[name];
  ++tally.answers;
  if (client.replies.view()[0] != '-') ++tally.good_answers;
  client.replies.Clear();
  return std::nullopt;
}

std::optional<std::string> CommandFuzz::RunOneCommand() {
  if (OneIn(10)) time_.Advance(absl::Milliseconds(static_cast<int64_t>(choose_(300))));
  std::unique_ptr<LoneSession>& client = clients_[choose_(clients_.size())];
  if (OneIn(200)) client = std::make_unique<LoneSession>(*server_);  // The other one hung up.
  std::string name;
  const std::vector<std::string> words = Request(*client, name);
  // A mutation may have made one of those that are left out.
  if (words[0].empty() || IsLeftOut(AsciiLower(words[0]))) return std::nullopt;
  if (words.size() > 1 && IsLeftOut(AsciiLower(absl::StrCat(words[0], "|", words[1])))) {
    return std::nullopt;
  }
  const auto wrong = Send(*client, words, name);
  if (!wrong) return std::nullopt;
  std::string text;
  for (const std::string& word : words) {
    absl::StrAppend(&text, "\"", absl::CHexEscape(word.substr(0, 200)), "\" ");
  }
  return absl::StrCat(text, ": ", *wrong);
}

std::optional<std::string> CommandFuzz::Finish() {
  if (auto wrong = CheckSnapshot()) return wrong;
  clients_.clear();
  const Database& db = server_->db();
  if (const uint64_t held = db.GetStats().active_snapshots; held != 1) {
    return absl::StrCat(held - 1, " snapshots are left by sessions that are gone");
  }
  if (auto wrong = CheckSnapshot()) return wrong;
  snapshot_.reset();
  if (const uint64_t open = server_->counters().transactions_open.load(); open != 0) {
    return absl::StrCat(open, " transactions are counted as open");
  }
  const absl::Status sound = db.Verify();
  if (!sound.ok()) return sound.ToString();
  return std::nullopt;
}

}  // namespace nacre::server
