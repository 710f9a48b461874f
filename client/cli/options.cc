#include "client/cli/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/text.h"
#include "client/cli/version.h"

namespace nacre::cli {

namespace {

constexpr char kFooter[] = R"(
Without a command, commands are read from stdin, one a line: with an editor on a terminal (Tab
completes, `help` helps), without one elsewhere.

  nacre-cli SET greeting 'hello world'
  echo 'GET greeting' | nacre-cli --json
  nacre-cli top                              a live screen of the server; nacre-cli top --help

Exit status: 0  done
             1  the server answered an error (with commands from stdin: to any of them)
             2  mistake on the command line
             3  no connection, connection lost, or no answer
             130  Ctrl-C before it was done; --latency, --stat and top end with 0)";

// What CLI11 can not store by itself.
struct Parsed {
  std::string host;
  std::string uri;
  std::string password_variable;
  std::string password;
  double interval_seconds = 0;
  double pipe_timeout_seconds = 30;
  bool resp2 = false;
  bool resp3 = false;
  bool raw = false;
  bool no_raw = false;
  bool csv = false;
  bool json = false;
  bool quoted_json = false;
  bool pipe = false;
  bool scan = false;
  bool latency = false;
  bool stat = false;
};

// Checks of numbers that say what is wrong in words, and add none to the help.
CLI::Validator Above(double limit, bool or_equal, const std::string& mistake) {
  return CLI::Validator(
      [limit, or_equal, mistake](std::string& text) -> std::string {
        double number = 0;
        const bool is_number = absl::SimpleAtod(text, &number);
        const bool fits =
            is_number && std::isfinite(number) && (number > limit || (or_equal && number == limit));
        return fits ? "" : absl::StrCat("'", text, "' is no ", mistake);
      },
      "");
}
// A whole number, as people write it: CLI11 by itself takes 010 for 8.
CLI::Validator Decimal() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        int64_t number = 0;
        if (!absl::SimpleAtoi(text, &number))
          return absl::StrCat("'", text, "' is no whole number");
        text = absl::StrCat(number);
        return "";
      },
      "");
}
CLI::Validator NotNegative() { return Above(0, true, "number from zero up"); }
CLI::Validator Positive() { return Above(0, false, "number above zero"); }

void AddServer(CLI::App& app, CliOptions& options, Parsed& parsed) {
  client::ConnectionOptions& connection = options.connection;
  const std::string group = "Server";
  app.add_option("-h", connection.endpoint.host, "Host. Default: 127.0.0.1")
      ->type_name("HOST")
      ->group(group);
  app.add_option("-p", connection.endpoint.port, "TCP port. Default: 6379")
      ->type_name("PORT")
      ->transform(Decimal())
      ->check(CLI::Range(1, 65535).description(""))
      ->group(group);
  app.add_option("-s", connection.endpoint.unix_path, "Unix-domain socket, in place of -h and -p.")
      ->type_name("PATH")
      ->group(group);
  app.add_option("-u", parsed.uri, "redis://user:password@host:port/database")
      ->type_name("URI")
      ->group(group);
  app.add_option("-n", connection.database, "Database.")
      ->type_name("NUMBER")
      ->transform(Decimal())
      ->check(NotNegative())
      ->group(group);
  app.add_option("-a,--pass", parsed.password,
                 "Password. Others can read it in the list of processes: --pass-env or --askpass "
                 "keep it from them.")
      ->type_name("PASSWORD")
      ->group(group);
  app.add_option("--pass-env", parsed.password_variable,
                 "Environment variable with the password. Default: NACRECLI_AUTH, then "
                 "REDISCLI_AUTH.")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--user", connection.username, "User; without it, the default user.")
      ->type_name("NAME")
      ->group(group);
  app.add_flag("--askpass", options.ask_password, "Asks for the password.")->group(group);
  app.add_flag("--no-auth-warning", options.no_auth_warning, "No warning because of -a and -u.")
      ->group(group);
  app.add_flag("-2", parsed.resp2, "RESP2, the default.")->group(group);
  app.add_flag("-3", parsed.resp3, "RESP3; the default with --json.")->group(group);
}

void AddOutput(CLI::App& app, CliOptions& options, Parsed& parsed) {
  const std::string group = "Output";
  app.add_flag("--raw", parsed.raw,
               "The bytes as they are; the default when stdout is no terminal.")
      ->group(group);
  app.add_flag("--no-raw", parsed.no_raw, "For people, also when stdout is no terminal.")
      ->group(group);
  app.add_flag("--csv", parsed.csv, "Comma-separated values.")->group(group);
  app.add_flag("--json", parsed.json, "JSON, one value a line.")->group(group);
  app.add_flag("--quoted-json", parsed.quoted_json,
               "JSON whose strings hold escapes, so that all bytes can be told apart.")
      ->group(group);
  app.add_option("-d", options.format.element_delimiter, "Between elements, in raw output.")
      ->type_name("TEXT")
      ->group(group);
  app.add_option("-D", options.format.reply_delimiter, "After a reply, in raw output.")
      ->type_name("TEXT")
      ->group(group);
}

void AddCommands(CLI::App& app, CliOptions& options, Parsed& parsed) {
  const std::string group = "Commands";
  app.add_flag("-e", options.stop_at_error,
               "Errors go to stderr, and the first one ends the program.")
      ->group(group);
  app.add_option("-r", options.repeat, "Runs the command so many times; -1: for ever.")
      ->type_name("TIMES")
      ->transform(Decimal())
      ->group(group);
  app.add_option("-i", parsed.interval_seconds,
                 "Waits so long between the runs of -r, the pages of --scan, the lines of --stat "
                 "and top; how long --latency measures.")
      ->type_name("SECONDS")
      ->check(NotNegative())
      ->group(group);
  app.add_flag("-x", options.last_argument_from_stdin, "The last argument is what stdin holds.")
      ->group(group);
  app.add_option("-X", options.stdin_tag, "What stdin holds takes the place of the argument TAG.")
      ->type_name("TAG")
      ->group(group);
}

void AddModes(CLI::App& app, CliOptions& options, Parsed& parsed) {
  const std::string group = "In place of a command";
  app.add_flag("--pipe", parsed.pipe, "Sends the requests (RESP or lines) that stdin holds.")
      ->group(group);
  app.add_option("--pipe-timeout", parsed.pipe_timeout_seconds,
                 "--pipe gives up after so long without a reply; 0: never. Default: 30")
      ->type_name("SECONDS")
      ->check(NotNegative())
      ->group(group);
  app.add_flag("--scan", parsed.scan, "Prints the keys, by SCAN.")->group(group);
  app.add_option("--pattern", options.scan_pattern, "--scan prints only keys that match.")
      ->type_name("PATTERN")
      ->group(group);
  app.add_option("--count", options.scan_count, "COUNT of each SCAN.")
      ->type_name("NUMBER")
      ->transform(Decimal())
      ->check(Positive())
      ->group(group);
  app.add_flag("--latency", parsed.latency, "Measures the time from a PING to its answer.")
      ->group(group);
  app.add_flag("--latency-history", options.latency_history,
               "The same, a new line for every interval (-i, 15 seconds).")
      ->group(group);
  app.add_option("--latency-samples", options.latency_samples, "Ends after so many PINGs.")
      ->type_name("NUMBER")
      ->transform(Decimal())
      ->check(Positive())
      ->group(group);
  app.add_flag("--stat", parsed.stat, "One line of INFO every interval (-i, 1 second).")
      ->group(group);
}

// Always false, so that it can be returned.
[[nodiscard]] bool Complain(const std::string& mistake) {
  std::fprintf(stderr, "%s\nnacre-cli --help shows all options.\n", mistake.c_str());
  return false;
}

bool ApplyMode(CliOptions& options, const Parsed& parsed) {
  const bool latency = parsed.latency || options.latency_history || options.latency_samples > 0;
  if (parsed.pipe + parsed.scan + latency + parsed.stat > 1) {
    return Complain("--pipe, --scan, --latency and --stat exclude each other.");
  }
  if (parsed.pipe) options.mode = Mode::kPipe;
  if (parsed.scan) options.mode = Mode::kScan;
  if (latency) options.mode = Mode::kLatency;
  if (parsed.stat) options.mode = Mode::kStat;
  if (options.mode != Mode::kCommands && !options.command.empty()) {
    return Complain(absl::StrCat("A command (", options.command[0],
                                 ") and --pipe, --scan, --latency or --stat exclude each other."));
  }
  return true;
}

bool ApplyOutput(CliOptions& options, const Parsed& parsed) {
  if (parsed.raw + parsed.no_raw + parsed.csv + parsed.json + parsed.quoted_json > 1) {
    return Complain("--raw, --no-raw, --csv, --json and --quoted-json exclude each other.");
  }
  const bool json = parsed.json || parsed.quoted_json;
  // Better no output than one that a script takes for another.
  if (options.mode == Mode::kStat && (parsed.csv || json)) {
    return Complain("--stat is for people; nacre-cli top has --json.");
  }
  if (options.mode == Mode::kTop && (parsed.csv || parsed.quoted_json)) {
    return Complain("top has no output but lines of name=value and --json.");
  }
  if (parsed.resp2 && parsed.resp3) return Complain("-2 and -3 exclude each other.");
  if (parsed.raw) options.output_mode = OutputMode::kRaw;
  if (parsed.no_raw) options.output_mode = OutputMode::kHuman;
  if (parsed.csv) options.output_mode = OutputMode::kCsv;
  if (parsed.json) options.output_mode = OutputMode::kJson;
  if (parsed.quoted_json) options.output_mode = OutputMode::kQuotedJson;
  // Only RESP3 tells maps, sets, doubles and booleans from arrays and strings.
  options.connection.protocol = parsed.resp3 || (json && !parsed.resp2) ? 3 : 2;
  return true;
}

bool ApplyPassword(CliOptions& options, const Parsed& parsed) {
  client::ConnectionOptions& connection = options.connection;
  if (!parsed.uri.empty() && !ReadUri(parsed.uri, connection)) {
    // Not repeated, for it may hold a password.
    return Complain("-u: this is no address such as redis://user:password@host:port/0.");
  }
  if (!parsed.password.empty()) connection.password = parsed.password;
  options.password_on_command_line = !connection.password.empty();
  if (!parsed.password_variable.empty()) {
    const char* const value = std::getenv(parsed.password_variable.c_str());
    if (value == nullptr) {
      return Complain(absl::StrCat("--pass-env: there is no variable ", parsed.password_variable));
    }
    connection.password = value;
  } else if (connection.password.empty() && !options.ask_password) {
    for (const char* name : {"NACRECLI_AUTH", "REDISCLI_AUTH"}) {
      const char* const value = std::getenv(name);
      if (value == nullptr || *value == '\0') continue;
      connection.password = value;
      break;
    }
  }
  return true;
}

bool ApplyRest(CliOptions& options, const Parsed& parsed) {
  options.interval = absl::Seconds(parsed.interval_seconds);
  options.pipe_timeout = parsed.pipe_timeout_seconds == 0
                             ? absl::InfiniteDuration()
                             : absl::Seconds(parsed.pipe_timeout_seconds);
  if (options.last_argument_from_stdin && !options.stdin_tag.empty()) {
    return Complain("-x and -X exclude each other.");
  }
  const bool repeats = options.mode == Mode::kStat || options.mode == Mode::kTop;
  if (options.repeat && options.command.empty() && !repeats) {
    return Complain("-r needs a command, --stat or top.");
  }
  if ((!options.scan_pattern.empty() || options.scan_count > 0) && options.mode != Mode::kScan) {
    return Complain("--pattern and --count need --scan.");
  }
  const bool from_stdin = options.last_argument_from_stdin || !options.stdin_tag.empty();
  if (from_stdin && options.command.empty()) return Complain("-x and -X need a command.");
  return true;
}

// nacre-cli top [options]
bool ReadTop(CliOptions& options, Parsed& parsed, int& exit_code) {
  CLI::App app(
      "A live screen of the server's activity, from INFO.\n"
      "Keys: q quits, space stops and goes on, + and - change the interval, s the order.",
      "nacre-cli top");
  app.set_help_flag("--help", "Shows this.");
  app.add_flag("--once", options.top.once, "One report, over one interval.");
  app.add_flag("--json", options.top.json, "JSON, one object an interval.");
  app.add_option("-i", parsed.interval_seconds, "Seconds between two reports. Default: 1")
      ->check(Positive());
  std::vector<std::string> arguments(options.command.rbegin(), options.command.rend() - 1);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? kExitOk : kExitUsage;
    return false;
  }
  options.top.json = options.top.json || parsed.json;
  options.mode = Mode::kTop;
  options.command.clear();
  return true;
}

}  // namespace

std::optional<CliOptions> ReadOptions(int argc, const char* const* argv, int& exit_code) {
  CliOptions options;
  options.connection.endpoint.host = "127.0.0.1";
  Parsed parsed;
  CLI::App app(
      "nacre-cli [OPTIONS] [COMMAND [ARGUMENT ...]]\n"
      "Commands for nacre-server, and other servers of Redis's protocol.",
      "nacre-cli");
  app.set_help_flag("--help", "Shows this.");
  app.set_version_flag("--version,-v", absl::StrCat("nacre-cli ", kVersion));
  app.footer(kFooter);
  app.prefix_command();  // Options end where the command begins.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  AddServer(app, options, parsed);
  AddOutput(app, options, parsed);
  AddCommands(app, options, parsed);
  AddModes(app, options, parsed);
  exit_code = kExitUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? kExitOk : kExitUsage;
    return std::nullopt;
  }
  options.command = app.remaining();
  if (!options.command.empty() && options.command[0].starts_with('-')) {
    if (options.command[0] != "--") {
      (void)Complain(absl::StrCat("There is no option ", options.command[0], "."));
      return std::nullopt;
    }
    options.command.erase(options.command.begin());
  }
  const bool top = !options.command.empty() && options.command[0] == "top";
  if (top && !ReadTop(options, parsed, exit_code)) return std::nullopt;
  if ((!top && !ApplyMode(options, parsed)) || !ApplyOutput(options, parsed) ||
      !ApplyPassword(options, parsed) || !ApplyRest(options, parsed)) {
    return std::nullopt;
  }
  return options;
}

}  // namespace nacre::cli
