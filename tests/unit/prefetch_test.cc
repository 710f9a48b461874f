// What is asked for ahead of its use.

#include "engine/txn/prefetch.h"

#include "engine/mvcc/record.h"
#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

// An insert that was taken back leaves such a record in the hands of who found it meanwhile. (A
// fault only to the sanitizer of undefined behaviour.)
TEST(Prefetch, TakesRecordsWithoutAVersion) {
  mvcc::Record* empty = mvcc::Record::New(1, "k");
  mvcc::Version* version = mvcc::Version::NewBytes("v", mvcc::kNoExpiry);
  mvcc::Record* full = mvcc::Record::New(1, "l");
  full->set_head(version);
  PrefetchHeads({empty, full});
  EXPECT_EQ(empty->head(), nullptr);
  EXPECT_EQ(full->head(), version);
  mvcc::Record::Free(empty);
  mvcc::Record::Free(full);
  mvcc::Version::Free(version);
}

}  // namespace
}  // namespace nacre::txn
