#include "client/cli/history.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nacre::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : folder_(testing::TempDir() + "nacre_history_XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/history";
  }
  ~HistoryTest() override { std::filesystem::remove_all(folder_); }

  std::string Content() const {
    std::ifstream file(path_);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }

  std::string folder_;
  std::string path_;
};

TEST_F(HistoryTest, KeepsLinesInOrderForTheNextSession) {
  HistoryFile(path_).Append("SET k 1").IgnoreError();
  HistoryFile(path_).Append("GET k").IgnoreError();
  EXPECT_THAT(HistoryFile(path_).Load(), ElementsAre("SET k 1", "GET k"));
}

TEST_F(HistoryTest, ALineThatIsNoTextDoesNotHideTheOlderOnes) {
  std::ofstream(path_) << "SET ok 1\nSET bad \xff\xfe x\nSET umlaut \xc3\xbc\n";
  EXPECT_THAT(HistoryFile(path_).Load(), ElementsAre("SET ok 1", "SET umlaut \xc3\xbc"));
}

TEST_F(HistoryTest, OnlyTheOwnerCanReadIt) {
  ASSERT_TRUE(HistoryFile(path_).Append("GET k").ok());
  struct stat status = {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(HistoryTest, AFileThatOthersCouldReadIsClosedToThem) {
  std::ofstream(path_) << "GET k\n";
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  ASSERT_TRUE(HistoryFile(path_).Append("GET k").ok());
  struct stat status = {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(HistoryTest, LinesWithPasswordsDoNotReachTheFile) {
  HistoryFile history(path_);
  for (const char* line :
       {"AUTH secret", "auth user secret", "3 AUTH secret", "+2 AUTH secret", "-1 AUTH secret",
        "99999999999999999999 AUTH secret", "HELLO AUTH user secret", "HELLO 3 AUTH user secret",
        "hello 3 SETNAME x AUTH user secret", "CONFIG SET requirepass secret",
        "config set maxmemory 1 requirepass secret", "config set masterauth secret",
        "ACL SETUSER u >secret", "MIGRATE h 1 k 0 5 AUTH secret",
        "MIGRATE h 1 k 0 5 COPY AUTH2 u secret", "AUTH \"secret", "'AUTH' secret"}) {
    EXPECT_TRUE(history.Append(line).ok()) << line;
    EXPECT_FALSE(MayBeKept(line)) << line;
  }
  EXPECT_EQ(Content(), "");
  for (const char* line : {"GET auth", "HELLO 3", "CONFIG GET requirepass", "SET requirepass x"}) {
    EXPECT_TRUE(MayBeKept(line)) << line;
  }
}

TEST_F(HistoryTest, OnlyTheNewestLinesAreLoadedAndALongFileIsCut) {
  std::ofstream file(path_);
  for (size_t i = 0; i < 2 * HistoryFile::kLinesMax + 1; ++i) file << "GET " << i << "\n";
  file.close();
  HistoryFile history(path_);
  const std::vector<std::string> lines = history.Load();
  EXPECT_THAT(lines, SizeIs(HistoryFile::kLinesMax));
  EXPECT_EQ(lines.back(), "GET " + std::to_string(2 * HistoryFile::kLinesMax));
  const std::string content = Content();
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), HistoryFile::kLinesMax);
  EXPECT_EQ(history.Load(), lines);
}

TEST_F(HistoryTest, AFileThatCannotBeWrittenIsAnErrorAndLoadsNothing) {
  HistoryFile history(folder_ + "/no/such/folder");
  EXPECT_FALSE(history.Append("GET k").ok());
  EXPECT_THAT(history.Load(), IsEmpty());
  EXPECT_TRUE(HistoryFile("").Append("GET k").ok());
}

TEST_F(HistoryTest, AVariableChoosesTheFile) {
  setenv("NACRECLI_HISTFILE", path_.c_str(), 1);
  EXPECT_EQ(HistoryPath(), path_);
  setenv("NACRECLI_HISTFILE", "/dev/null", 1);
  EXPECT_EQ(HistoryPath(), "");
  unsetenv("NACRECLI_HISTFILE");
  setenv("HOME", folder_.c_str(), 1);
  EXPECT_EQ(HistoryPath(), folder_ + "/.nacrecli_history");
}

}  // namespace
}  // namespace nacre::cli
