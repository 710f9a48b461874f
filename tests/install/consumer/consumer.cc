// A program of somebody else: uses every part of the installed library that has to link.

#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "nacre/database.h"

namespace {

int Fail(const char* what, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
  return 1;
}

}  // namespace

int main() {
  auto opened = nacre::Database::Open();
  if (!opened.ok()) return Fail("open", opened.status());
  nacre::Database& db = **opened;

  auto committed = db.Transact([](nacre::Transaction& tx) -> absl::Status {
    if (absl::Status put = tx.Put("greeting", "hello"); !put.ok()) return put;
    return tx.Put("name", "world");
  });
  if (!committed.ok()) return Fail("transact", committed.status());

  std::string seen;
  absl::Status scanned =
      db.GetSnapshot().Scan({}, [&](std::string_view key, std::string_view value) {
        seen += std::string(key) + "=" + std::string(value) + " ";
        return true;
      });
  if (!scanned.ok()) return Fail("scan", scanned);
  if (absl::Status verified = db.Verify(); !verified.ok()) return Fail("verify", verified);

  std::printf("%s\n", seen.c_str());
  return seen == "greeting=hello name=world " ? 0 : 1;
}
