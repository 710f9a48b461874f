#include "bench/ycsb/suite.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "bench/ycsb/store_process.h"

namespace nacre::bench {
namespace {

bool Wants(const std::vector<RunSpec>& specs, Workload workload) {
  return std::any_of(specs.begin(), specs.end(),
                     [workload](const RunSpec& spec) { return spec.workload == workload; });
}

class Suite {
 public:
  Suite(const Conditions& conditions, const std::vector<RunSpec>& specs, Results& results)
      : conditions_(conditions), specs_(specs), results_(results) {}

  void Run() {
    LoadTheLasting();
    for (int i = 0; i < conditions_.repetitions; ++i) {
      std::fprintf(stderr, "repetition %d of %d\n", i + 1, conditions_.repetitions);
      for (const StoreEntry* store : conditions_.stores) RunInFreshProcess(*store);
      for (const RunSpec& spec : specs_) RunInTurn(spec);
    }
  }

 private:
  struct Lasting {
    const StoreEntry& store;
    std::unique_ptr<StoreProcess> process;
  };

  // The stores that stay for all runs of a length of time.
  void LoadTheLasting() {
    if (std::all_of(specs_.begin(), specs_.end(),
                    [](const RunSpec& spec) { return NeedsFreshProcess(spec.workload); })) {
      return;
    }
    for (const StoreEntry* store : conditions_.stores) {
      std::fprintf(stderr, "loading %.*s\n", static_cast<int>(store->name.size()),
                   store->name.data());
      lasting_.push_back({*store, std::make_unique<StoreProcess>(*store, conditions_.keys)});
      lasting_.back().process->Run({.workload = Workload::kLoad});
    }
  }

  void RunInFreshProcess(const StoreEntry& store) {
    const bool wants_updates = Wants(specs_, Workload::kUpdates);
    if (!wants_updates && !Wants(specs_, Workload::kLoad)) return;
    StoreProcess process(store, conditions_.keys);
    Measure(store, process, {.workload = Workload::kLoad});
    if (wants_updates) Measure(store, process, {.workload = Workload::kUpdates});
  }

  void RunInTurn(RunSpec spec) {
    if (NeedsFreshProcess(spec.workload)) return;
    spec.seconds = conditions_.seconds;
    for (Lasting& lasting : lasting_) {
      if (!Supports(lasting.store.traits, spec.workload, spec.threads)) continue;
      Measure(lasting.store, *lasting.process, spec);
    }
  }

  void Measure(const StoreEntry& store, StoreProcess& process, const RunSpec& spec) {
    results_.Add(store.name, spec, process.Run(spec));
  }

  const Conditions& conditions_;
  const std::vector<RunSpec>& specs_;
  Results& results_;
  std::vector<Lasting> lasting_;
};

}  // namespace

void RunSuite(const Conditions& conditions, const std::vector<RunSpec>& specs, Results& results) {
  Suite(conditions, specs, results).Run();
}

}  // namespace nacre::bench
