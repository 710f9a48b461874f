#include "server/flags.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "server/base/text.h"
#include "server/version.h"

namespace nacre::server {

namespace {

// "90s", "1m30s", "250ms"; "0" is no limit.
void AddDuration(CLI::App& app, const std::string& name, absl::Duration& duration,
                 const std::string& help) {
  const std::string shown =
      duration == absl::InfiniteDuration() ? "no limit" : absl::FormatDuration(duration);
  app.add_option_function<std::string>(
         name,
         [&duration](const std::string& text) {
           absl::Duration parsed;
           if (!absl::ParseDuration(text, &parsed) || parsed < absl::ZeroDuration()) {
             throw CLI::ValidationError("'" + text + "' is no duration such as 90s or 250ms");
           }
           duration = parsed == absl::ZeroDuration() ? absl::InfiniteDuration() : parsed;
         },
         help + " 0: no limit. Default: " + shown)
      ->type_name("DURATION");
}

// "4096", "64kb", "1gb"; a kilobyte is 1024 bytes.
void AddBytes(CLI::App& app, const std::string& name, size_t& bytes, const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&bytes](const std::string& text) {
           uint64_t parsed = 0;
           std::string input = text;
           // Converted as unsigned below, where a sign would wrap around.
           if (input.find('-') != std::string::npos) {
             throw CLI::ValidationError("'" + text + "' is no number of bytes such as 64mb");
           }
           const std::string mistake = CLI::AsSizeValue(/*kb_is_1000=*/false)(input);
           if (!mistake.empty() || !CLI::detail::lexical_cast(input, parsed)) {
             throw CLI::ValidationError("'" + text + "' is no number of bytes such as 64mb");
           }
           bytes = parsed;
         },
         help + " Default: " + std::to_string(bytes))
      ->type_name("BYTES");
}

void AddBounds(CLI::App& app, ServerOptions& options) {
  const std::string group = "Bounds (BYTES take kb, mb, gb)";
  app.add_option("--maxclients", options.clients_max,
                 "Connections at once; one more gets an error and is closed.")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}));
  AddBytes(app, "--proto-max-bulk-len", options.request.bulk_bytes_max,
           "One argument of a request, so also one key or value; at most 512mb.");
  app.add_option("--request-args-max", options.request.args_max, "Arguments of one request.")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{INT32_MAX}));
  AddBytes(app, "--inline-bytes-max", options.request.inline_bytes_max,
           "A request that is a line of text.");
  AddBytes(app, "--query-buffer-limit", options.request.request_bytes_max,
           "One request in all, as it waits to be complete.");
  AddBytes(app, "--output-bytes-max", options.output_bytes_max,
           "Replies a client has not read yet; past this, its requests wait.");
  AddBytes(app, "--reply-bytes-max", options.reply_bytes_max,
           "One reply; past this, the command answers an error.");
  AddBytes(app, "--multi-bytes-max", options.multi_bytes_max,
           "Commands queued by MULTI, and keys watched, of one client.");
  AddBytes(app, "--transaction-bytes-max", options.transaction_bytes_max,
           "Keys and values written by one transaction.");
  app.add_option(
         "--scan-cursors-max", options.scan_cursors_max,
         "Cursors of SCAN, of all clients; past this, the one idle for longest is given up.")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{100'000'000}));
  AddBytes(app, "--scan-cursor-bytes-max", options.scan_cursor_bytes_max,
           "What these cursors take together.");
  AddBytes(app, "--maxmemory", options.memory_bytes_max,
           "Data in memory; past this, writes are refused. 0: no bound.");
  for (CLI::Option* option : app.get_options()) {
    if (option->get_group() == "Options" && option->get_name() != "--help") option->group(group);
  }
}

void AddTimes(CLI::App& app, ServerOptions& options) {
  AddDuration(app, "--timeout", options.client_idle_timeout,
              "A client that sends nothing for so long is disconnected.");
  AddDuration(app, "--transaction-idle-timeout", options.transaction_idle_timeout,
              "A transaction that gets no command for so long is rolled back; WATCH counts as "
              "changed.");
  AddDuration(app, "--transaction-age-max", options.transaction_age_max,
              "A transaction that is open for so long is rolled back.");
  AddDuration(app, "--shutdown-timeout", options.shutdown_timeout,
              "For clients to read their last replies when the server stops.");
  for (const char* name :
       {"--timeout", "--transaction-idle-timeout", "--transaction-age-max", "--shutdown-timeout"}) {
    app.get_option(name)->group("Times (such as 90s, 250ms)");
  }
}

void AddServer(CLI::App& app, ServerOptions& options) {
  app.set_version_flag("--version", std::string(kNacreVersion));
  app.add_option("--port", options.port, "TCP port to listen on; 0: any free one.")
      ->capture_default_str();
  app.add_option("--bind", options.bind, "Address to listen on.")->capture_default_str();
  app.add_option("--threads", options.threads, "I/O threads; 0: one a core.")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  app.add_option("--slow-threads", options.slow_threads, "Threads for slow commands, such as KEYS.")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("--databases", options.databases, "Databases that SELECT chooses from.")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("--requirepass", options.password,
                 "Password that clients have to give to AUTH. Others can read it in the list of "
                 "processes; CONFIG SET requirepass keeps it from them.");
  app.add_flag("--memory-pool,!--no-memory-pool", options.memory_pool,
               "Keep keys and values in memory that is cut to size by the server itself. Without: "
               "all comes from the allocator.");
  app.add_flag("--huge-pages,!--no-huge-pages", options.huge_pages,
               "Ask the system for pages of 2 MB where that memory is large.");
  const std::map<std::string, Isolation> levels = {{"snapshot", Isolation::kSnapshot},
                                                   {"serializable", Isolation::kSerializable}};
  app.add_option_function<std::string>(
         "--default-isolation",
         [&options, levels](const std::string& level) {
           options.default_isolation = levels.at(AsciiLower(level));
         },
         "Isolation of a BEGIN that does not say: snapshot or serializable. Default: snapshot")
      ->check(CLI::IsMember({"snapshot", "serializable"}, CLI::ignore_case))
      ->type_name("LEVEL");
  for (CLI::Option* option : app.get_options()) {
    if (option->get_name() != "--help") option->group("Server");
  }
}

}  // namespace

std::optional<ServerOptions> ReadFlags(int argc, char** argv, int& exit_code) {
  ServerOptions options;
  CLI::App app(
      "nacre-server: an in-memory transactional key-value store that speaks Redis's protocol",
      "nacre-server");
  AddServer(app, options);
  AddBounds(app, options);
  AddTimes(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace nacre::server
