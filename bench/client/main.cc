// CPU time of the client for each operation, beside hiredis in the same run: user and system time
// of this process, in which every contender has a connection of its own and one thread. The server
// is another process on another core; what it costs does not count.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/client/contender.h"
#include "bench/client/report.h"
#include "bench/client/server_process.h"

namespace nacre::bench {
namespace {

void MeasureAt(const Settings& settings, uint16_t port) {
  Contenders contenders;
  AddHiredis(port, contenders);
  AddConnection(port, contenders);
  AddBlocking(port, contenders);
  AddAsynchronous(port, contenders);
  AddSystemCalls(port, contenders);
  for (size_t i = 1; i < contenders.size();) {
    if (contenders[i]->name().find(settings.only) == std::string_view::npos) {
      contenders.erase(contenders.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  Measure(settings, contenders);
}

int Main(int argc, char** argv) {
  Settings settings;
  std::vector<std::string> servers = {"redis-server"};
  uint16_t port = 0;
  int server_core = 0;
  int client_core = 1;
  CLI::App app{"CPU time of a client's operation, beside hiredis"};
  app.add_option("--servers", servers, "programs to start, one after the other")->delimiter(',');
  app.add_option("--port", port, "of a running server on 127.0.0.1, instead of --servers");
  app.add_option("--pipelines", settings.pipelines)->delimiter(',');
  app.add_option("--rounds", settings.rounds);
  app.add_option("--commands", settings.commands_pipelined, "a sample, pipelined");
  app.add_option("--commands-lone", settings.commands_lone, "a sample, at pipeline 1");
  app.add_option("--only", settings.only, "contenders whose name contains this, beside hiredis");
  app.add_option("--server-core", server_core);
  app.add_option("--client-core", client_core);
  CLI11_PARSE(app, argc, argv);

  PinToCore(client_core);
  if (port != 0) {
    MeasureAt(settings, port);
    return 0;
  }
  for (const std::string& program : servers) {
    std::printf("\n== %s\n", program.c_str());
    const ServerProcess server(program, server_core);
    MeasureAt(settings, server.port());
  }
  return 0;
}

}  // namespace
}  // namespace nacre::bench

int main(int argc, char** argv) { return nacre::bench::Main(argc, argv); }
