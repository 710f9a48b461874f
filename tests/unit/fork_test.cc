// A child of fork() leaves alone what it inherits, and opens databases of its own.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "engine/base/sanitizers.h"
#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

int UseOwnDatabase(bool vacuum_thread) {
  alarm(60);
  std::unique_ptr<Database> db = *Database::Open({.vacuum_thread = vacuum_thread});
  for (int i = 0; i < 5000; ++i) {
    const auto put = [&](Transaction& tx) { return tx.Put(std::to_string(i % 100), "v"); };
    if (!db->Transact(put).ok()) return 1;
  }
  for (int pass = 0; pass < 20; ++pass) db->RunVacuumOnce();
  if (!db->Verify().ok()) return 2;
  return !vacuum_thread && db->GetStats().objects_retired != 0 ? 3 : 0;
}

int ExitCodeOf(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

class ForkTest : public DatabaseTest {
 protected:
  void SetUp() override {
    if (base::kThreadSanitized) GTEST_SKIP() << "no threads in a child";
    Open(Options());  // With the vacuum's thread.
  }
};

// Another thread of the parent is inside the engine and pinned, which it is in the child for ever.
TEST_F(ForkTest, AChildThatOpensADatabase_UsesAndClosesIt) {
  Put("k", "v");
  std::atomic<bool> inside{false};
  std::atomic<bool> done{false};
  std::thread reader([&] {
    NACRE_EXPECT_OK(db_->ReadLatest("k", [&](std::optional<std::string_view>, absl::Time) {
      inside = true;
      while (!done) std::this_thread::yield();
    }));
  });
  while (!inside) std::this_thread::yield();
  for (const bool vacuum_thread : {false, true}) {
    const pid_t child = fork();
    ASSERT_NE(child, -1);
    if (child == 0) _exit(UseOwnDatabase(vacuum_thread));
    EXPECT_EQ(ExitCodeOf(child), 0) << vacuum_thread;
  }
  done = true;
  reader.join();
}

TEST_F(ForkTest, AChildThatClosesWhatItInherits_IsStopped) {
  int out[2];
  ASSERT_EQ(pipe(out), 0);
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    alarm(60);
    dup2(out[1], STDERR_FILENO);
    db_.reset();
    _exit(0);
  }
  close(out[1]);
  std::string said;
  char buffer[512];
  for (ssize_t n = 0; (n = read(out[0], buffer, sizeof(buffer))) > 0;) {
    said.append(buffer, static_cast<size_t>(n));
  }
  close(out[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
  EXPECT_THAT(said, testing::HasSubstr("a child of fork() may not close"));
}

}  // namespace
}  // namespace nacre::api
