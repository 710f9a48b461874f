// CLIENT LIST, INFO, KILL and UNBLOCK: the clients of the whole server.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/base/numbers.h"
#include "server/base/text.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

std::string Flags(const ClientRecord& client) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  std::string flags;
  if (client.queued.load(kRelaxed) >= 0) flags.push_back('x');
  if (client.wait.load(kRelaxed) != ClientRecord::Wait::kNone) flags.push_back('b');
  if (client.closing.load(kRelaxed)) flags.push_back('c');
  if (client.no_evict.load(kRelaxed)) flags.push_back('e');
  if (client.no_touch.load(kRelaxed)) flags.push_back('T');
  return flags.empty() ? "N" : flags;
}

// One line of CLIENT LIST, without its end.
std::string Describe(const ClientRecord& client, int64_t now_nanos) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const ClientRecord::Names names = client.names();
  const CommandSpec* const command = client.command.load(kRelaxed);
  const uint64_t query_bytes = client.query_bytes.load(kRelaxed);
  const uint64_t query_room = client.query_room.load(kRelaxed);
  const uint64_t queued_bytes = client.queued_bytes.load(kRelaxed);
  const uint64_t reply_room = client.reply_room.load(kRelaxed);
  const uint64_t reply_bytes = client.reply_bytes.load(kRelaxed);
  const auto seconds_since = [now_nanos](int64_t then) {
    return std::max<int64_t>(0, now_nanos - then) / kNanosPerSecond;
  };
  std::string line = absl::StrCat(
      "id=", client.id, " addr=", client.socket.address, " laddr=", client.socket.local_address,
      " fd=", client.socket.descriptor, " name=", names.client,
      " age=", seconds_since(client.made_at_nanos),
      " idle=", seconds_since(client.active_at_nanos.load(kRelaxed)), " flags=", Flags(client));
  absl::StrAppend(&line, " db=", client.database.load(kRelaxed),
                  " sub=0 psub=0 ssub=0 multi=", client.queued.load(kRelaxed),
                  " qbuf=", query_bytes, " qbuf-free=", query_room,
                  " argv-mem=", client.argument_bytes.load(kRelaxed), " multi-mem=", queued_bytes);
  absl::StrAppend(&line, " rbs=", reply_room, " rbp=", reply_room,
                  " obl=0 oll=", reply_bytes > 0 ? 1 : 0, " omem=", reply_bytes, " tot-mem=",
                  sizeof(Session) + query_bytes + query_room + queued_bytes + reply_room);
  absl::StrAppend(&line, " events=", client.writing.load(kRelaxed) ? "rw" : "r",
                  " cmd=", command == nullptr ? "NULL" : ToAbsl(command->name),
                  " user=default redir=-1 resp=", int{client.protocol.load(kRelaxed)},
                  " lib-name=", names.library, " lib-ver=", names.library_version);
  return line;
}

// What the asking client sees of itself is of this very command.
void DescribeSelf(Session& session, Args args) {
  session.Publish();
  uint64_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  session.record().argument_bytes.store(bytes, std::memory_order_relaxed);
}

void ForgetArguments(Session& session) {
  session.record().argument_bytes.store(0, std::memory_order_relaxed);
}

enum class Type { kNormal, kOther };

// There are no replicas and no subscribers, but their names are known.
std::optional<Type> ParseType(std::string_view name) {
  if (EqualsIgnoringCase(name, "normal")) return Type::kNormal;
  for (const char* other : {"slave", "replica", "pubsub", "master"}) {
    if (EqualsIgnoringCase(name, other)) return Type::kOther;
  }
  return std::nullopt;
}

void UnknownType(std::string_view name, ReplyWriter& out) {
  out.Error(absl::StrCat("ERR Unknown client type '", ToAbsl(name.substr(0, 128)), "'"));
}

// Whom CLIENT KILL is to close.
struct Filter {
  std::optional<uint64_t> id;
  std::optional<Type> type;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  bool skip_me = true;

  bool Matches(const ClientRecord& client) const {
    return (!id || client.id == *id) && (!type || *type == Type::kNormal) &&
           (!address || client.socket.address == *address) &&
           (!local_address || client.socket.local_address == *local_address);
  }
};

// False: an error is written.
bool ReadFilter(Args options, Filter& filter, ReplyWriter& out) {
  for (size_t i = 0; i < options.size(); i += 2) {
    const std::string_view name = options[i];
    if (i + 1 == options.size()) {
      out.Error(kSyntaxError);
      return false;
    }
    const std::string_view value = options[i + 1];
    if (EqualsIgnoringCase(name, "id")) {
      const auto id = ParseInteger(value);
      if (!id || *id < 1) {
        out.Error("ERR client-id should be greater than 0");
        return false;
      }
      filter.id = static_cast<uint64_t>(*id);
    } else if (EqualsIgnoringCase(name, "type")) {
      filter.type = ParseType(value);
      if (!filter.type) {
        UnknownType(value, out);
        return false;
      }
    } else if (EqualsIgnoringCase(name, "addr")) {
      filter.address = value;
    } else if (EqualsIgnoringCase(name, "laddr")) {
      filter.local_address = value;
    } else if (EqualsIgnoringCase(name, "user")) {
      if (value != "default") {
        out.Error(absl::StrCat("ERR No such user '", ToAbsl(value.substr(0, 128)), "'"));
        return false;
      }
    } else if (EqualsIgnoringCase(name, "skipme") && EqualsIgnoringCase(value, "yes")) {
      filter.skip_me = true;
    } else if (EqualsIgnoringCase(name, "skipme") && EqualsIgnoringCase(value, "no")) {
      filter.skip_me = false;
    } else {
      out.Error(kSyntaxError);
      return false;
    }
  }
  return true;
}

// How many. The asking client is closed once it has its reply.
int64_t Kill(Session& session, const Filter& filter) {
  ClientRegistry& clients = session.server().clients();
  int64_t killed = 0;
  for (const std::shared_ptr<ClientRecord>& client : clients.List()) {
    if (!filter.Matches(*client)) continue;
    if (client->id != session.id()) {
      killed += clients.Kill(*client) ? 1 : 0;
    } else if (!filter.skip_me) {
      session.CloseAfterReply();
      ++killed;
    }
  }
  return killed;
}

}  // namespace

// It takes a few microseconds for each.
bool ListingIsSlow(const ServerState& server) {
  constexpr size_t kQuickClientsMax = 256;
  return server.clients().size() > kQuickClientsMax;
}

void RunClientInfo(Session& session, Args args) {
  DescribeSelf(session, args);
  session.out().Verbatim(Describe(session.record(), CoarseNanos()) + "\n");
  ForgetArguments(session);
}

void RunClientList(Session& session, Args args) {
  std::optional<absl::flat_hash_set<uint64_t>> ids;
  Type type = Type::kNormal;
  if (args.size() == 4 && EqualsIgnoringCase(args[2], "type")) {
    const auto wanted = ParseType(args[3]);
    if (!wanted) {
      UnknownType(args[3], session.out());
      return;
    }
    type = *wanted;
  } else if (args.size() > 3 && EqualsIgnoringCase(args[2], "id")) {
    ids.emplace();
    for (const std::string_view word : args.subspan(3)) {
      const auto id = ParseInteger(word);
      if (!id) {
        session.out().Error("ERR Invalid client ID");
        return;
      }
      ids->insert(static_cast<uint64_t>(*id));
    }
  } else if (args.size() != 2) {
    session.out().Error(kSyntaxError);
    return;
  }
  DescribeSelf(session, args);
  const int64_t now = CoarseNanos();
  std::string list;
  for (const std::shared_ptr<ClientRecord>& client : session.server().clients().List()) {
    if (type != Type::kNormal || (ids && !ids->contains(client->id))) continue;
    absl::StrAppend(&list, Describe(*client, now), "\n");
  }
  ForgetArguments(session);
  session.out().Verbatim(list);
}

void RunClientKill(Session& session, Args args) {
  Filter filter;
  if (args.size() == 3) {  // As before Redis 2.8.12: an address.
    filter.address = args[2];
    filter.skip_me = false;
    if (Kill(session, filter) > 0) {
      session.out().Ok();
    } else {
      session.out().Error("ERR No such client");
    }
  } else if (ReadFilter(args.subspan(2), filter, session.out())) {
    session.out().Integer(Kill(session, filter));
  }
}

void RunClientUnblock(Session& session, Args args) {
  auto how = ClientRecord::Wait::kEndByTimeout;
  if (args.size() == 4 && EqualsIgnoringCase(args[3], "error")) {
    how = ClientRecord::Wait::kEndByError;
  } else if (args.size() > 4 || (args.size() == 4 && !EqualsIgnoringCase(args[3], "timeout"))) {
    session.out().Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    return;
  }
  const auto id = ParseInteger(args[2]);
  if (!id) {
    session.out().Error(kNotAnInteger);
    return;
  }
  const auto client = session.server().clients().Find(static_cast<uint64_t>(*id));
  session.out().Integer(client != nullptr && client->EndWait(how) ? 1 : 0);
}

}  // namespace nacre::server
