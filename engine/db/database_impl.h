#ifndef NACRE_ENGINE_DB_DATABASE_IMPL_H_
#define NACRE_ENGINE_DB_DATABASE_IMPL_H_

#include <sys/types.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "engine/txn/store.h"
#include "nacre/database.h"
#include "vacuum/vacuum.h"

namespace nacre {

// The parts of a database, in the order in which they depend on each other.
class Database::Impl {
 public:
  explicit Impl(const Options& options);
  ~Impl();

  txn::Store store;
  vacuum::Vacuum vacuum;
  const pid_t opened_by = getpid();
};

// kInvalidArgument names the first option that is out of bounds.
absl::Status CheckOptions(const Options& options);

// See Database::Verify().
absl::Status VerifyStore(txn::Store& store, vacuum::Vacuum& vacuum);

}  // namespace nacre

#endif  // NACRE_ENGINE_DB_DATABASE_IMPL_H_
