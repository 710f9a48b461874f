#include "bench/ycsb/experiments/cores.h"

#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace nacre::bench {
namespace {

void Require(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

cpu_set_t OnlyOf(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  return cores;
}

}  // namespace

std::set<int> UsableCores(int count) {
  cpu_set_t usable;
  Require(sched_getaffinity(0, sizeof(usable), &usable) == 0, "sched_getaffinity");
  std::set<int> cores;
  for (int core = 0; core < CPU_SETSIZE && static_cast<int>(cores.size()) < count; ++core) {
    if (CPU_ISSET(core, &usable)) cores.insert(core);
  }
  if (static_cast<int>(cores.size()) < count) {
    std::fprintf(stderr, "this needs %d cores\n", count);
    std::exit(1);
  }
  return cores;
}

void PinTo(int core) {
  const cpu_set_t cores = OnlyOf(core);
  Require(sched_setaffinity(0, sizeof(cores), &cores) == 0, "sched_setaffinity");
}

void Starve(pid_t thread, int core) {
  const cpu_set_t cores = OnlyOf(core);
  Require(sched_setaffinity(thread, sizeof(cores), &cores) == 0, "sched_setaffinity");
  const sched_param parameters = {};
  Require(sched_setscheduler(thread, SCHED_IDLE, &parameters) == 0, "sched_setscheduler");
}

std::set<pid_t> ThreadsOfProcess() {
  std::set<pid_t> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    threads.insert(std::stoi(entry.path().filename().string()));
  }
  return threads;
}

}  // namespace nacre::bench
