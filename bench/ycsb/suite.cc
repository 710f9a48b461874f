#include "bench/ycsb/suite.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "bench/ycsb/map_store.h"
#include "bench/ycsb/nacre_store.h"
#include "bench/ycsb/report.h"
#include "bench/ycsb/runner.h"
#include "bench/ycsb/workload.h"

namespace nacre::bench {
namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Store>
std::unique_ptr<Runner<Store>> MakeIfWanted(const SuiteOptions& options, std::string_view name) {
  if (!Contains(options.stores, name)) return nullptr;
  return std::make_unique<Runner<Store>>(options.distribution, options.keys, options.threads);
}

// All stores, loaded.
class Suite {
 public:
  explicit Suite(const SuiteOptions& options)
      : options_(options),
        nacre_(MakeIfWanted<NacreStore>(options, "nacre")),
        hash_map_(MakeIfWanted<FlatHashMapStore>(options, "fhm")),
        btree_(MakeIfWanted<BtreeStore>(options, "bt")),
        pointers_(MakeIfWanted<BtreeOfPointersStore>(options, "btp")) {}

  template <Workload kWorkload>
  void Run() {
    if (!Contains(options_.workloads, Name(kWorkload))) return;
    Report report(kWorkload);
    for (int i = 0; i < options_.repetitions; ++i) {
      RunOn<kWorkload>("nacre", nacre_.get(), report);
      if constexpr (kWorkload != Workload::kScan) RunOn<kWorkload>("fhm", hash_map_.get(), report);
      RunOn<kWorkload>("bt", btree_.get(), report);
      RunOn<kWorkload>("btp", pointers_.get(), report);
    }
    report.Print();
  }

 private:
  template <Workload kWorkload, typename Store>
  void RunOn(std::string_view name, Runner<Store>* runner, Report& report) {
    if (runner != nullptr) report.Add(name, runner->template Run<kWorkload>(options_.seconds));
  }

  const SuiteOptions& options_;
  std::unique_ptr<Runner<NacreStore>> nacre_;
  std::unique_ptr<Runner<FlatHashMapStore>> hash_map_;
  std::unique_ptr<Runner<BtreeStore>> btree_;
  std::unique_ptr<Runner<BtreeOfPointersStore>> pointers_;
};

}  // namespace

void RunSuite(const SuiteOptions& options) {
  Suite suite(options);
  suite.Run<Workload::kLoad>();
  suite.Run<Workload::kRead>();
  suite.Run<Workload::kReadUpdate>();
  suite.Run<Workload::kReadModifyWrite>();
  suite.Run<Workload::kTenSnapshot>();
  suite.Run<Workload::kTenSerializable>();
  suite.Run<Workload::kScan>();  // Last: it inserts keys.
}

}  // namespace nacre::bench
