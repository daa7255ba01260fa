#include "base/mapped_file.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

std::string Text(const MappedFile& file) {
  return std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
}

TEST(MappedFile, HasTheBytesOfTheFile) {
  const TestFolder folder;
  std::string bytes;
  for (int i = 0; i < 100000; ++i) bytes.push_back(static_cast<char>(i * 31));
  const std::string path = folder.Write("file", bytes);
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(path));
  EXPECT_EQ(Text(file), bytes);
  EXPECT_EQ(file.path(), path);
}

// The pages of files (those of a tmpfs are "shared memory") that are in this process's
// memory, in kilobytes.
int64_t FilePagesInMemory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  int64_t sum = 0;
  while (status >> word) {
    int64_t kilobytes = 0;
    if (word == "RssFile:" || word == "RssShmem:") status >> kilobytes;
    sum += kilobytes;
  }
  return sum;
}

TEST(MappedFile, GivesPagesBackAndReadsThemAgain) {
  constexpr int64_t kMegabytes = 32;
  const TestFolder folder;
  const std::string bytes(kMegabytes << 20, 'x');
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(folder.Write("large", bytes)));
  ASSERT_EQ(Text(file), bytes);
  const int64_t before = FilePagesInMemory();
  file.ReleasePages();
  EXPECT_LE(FilePagesInMemory(), before - (kMegabytes - 1) * 1024);  // the count is rough
  EXPECT_EQ(Text(file), bytes);
  MappedFile().ReleasePages();
}

TEST(MappedFile, GivesBackThePagesOfAPart) {
  constexpr int64_t kMegabytes = 32;
  const TestFolder folder;
  const std::string bytes(kMegabytes << 20, 'x');
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(folder.Write("large", bytes)));
  ASSERT_EQ(Text(file), bytes);
  const int64_t before = FilePagesInMemory();
  file.ReleasePages(file.bytes().subspan(100, kMegabytes << 19));
  EXPECT_LE(FilePagesInMemory(), before - (kMegabytes / 2 - 1) * 1024);
  EXPECT_GE(FilePagesInMemory(), before - (kMegabytes / 2 + 1) * 1024);
  file.ReleasePages(file.bytes().subspan(100, 1000));  // not a whole page
  EXPECT_EQ(Text(file), bytes);
}

TEST(MappedFile, GivesBackNothingThatIsNotOfTheFile) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(folder.Write("file", "text")));
  std::vector<uint8_t> memory(1 << 20, uint8_t{7});
  file.ReleasePages(memory);
  MappedFile().ReleasePages(memory);
  EXPECT_EQ(memory, std::vector<uint8_t>(1 << 20, uint8_t{7}));
}

TEST(MappedFile, ReadsAPartWithoutItsPages) {
  constexpr int64_t kMegabytes = 32;
  const TestFolder folder;
  std::string bytes(kMegabytes << 20, 'x');
  bytes.replace(5 << 20, 4, "part");
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(folder.Write("large", bytes)));
  ASSERT_EQ(Text(file), bytes);
  file.ReleasePages();
  const int64_t before = FilePagesInMemory();
  std::string out(100, ' ');
  for (int64_t at = 0; at < kMegabytes << 20; at += 64 << 10) {
    ASSERT_TRUE(file.Read(file.bytes().subspan(at, out.size()),
                          reinterpret_cast<uint8_t*>(out.data())));
    ASSERT_EQ(out, bytes.substr(at, out.size()));
  }
  EXPECT_LE(FilePagesInMemory(), before + 1024);
}

TEST(MappedFile, ReadsNothingThatIsNotThere) {
  const TestFolder folder;
  const std::string path = folder.Write("file", "some text");
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(path));
  uint8_t out[100];
  EXPECT_TRUE(file.Read(file.bytes(), out));
  EXPECT_TRUE(file.Read(file.bytes().subspan(9), out));
  const uint8_t* data = file.bytes().data();
  EXPECT_FALSE(file.Read(absl::MakeConstSpan(data, 10), out)) << "too much";
  EXPECT_FALSE(file.Read(absl::MakeConstSpan(data - 1, 2), out)) << "before it";
  EXPECT_FALSE(file.Read(absl::MakeConstSpan(out, 1), out)) << "not of the file";
  EXPECT_FALSE(MappedFile().Read(absl::MakeConstSpan(out, 1), out));
  ASSERT_EQ(truncate(path.c_str(), 4), 0);
  EXPECT_FALSE(file.Read(file.bytes(), out)) << "cut short meanwhile";
}

TEST(MappedFile, AnEmptyFileIsAnEmptySpan) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(folder.Write("empty", "")));
  EXPECT_TRUE(file.bytes().empty());
}

TEST(MappedFile, KeepsTheBytesWhenTheNameIsGone) {
  const TestFolder folder;
  const std::string path = folder.Write("file", "the old bytes");
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(path));
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_EQ(Text(file), "the old bytes");
}

TEST(MappedFile, Moves) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(MappedFile first, MappedFile::Open(folder.Write("first", "1st")));
  const uint8_t* data = first.bytes().data();
  MappedFile second(std::move(first));
  EXPECT_EQ(second.bytes().data(), data);
  ASSERT_OK_AND_ASSIGN(MappedFile third, MappedFile::Open(folder.Write("third", "3rd")));
  third = std::move(second);
  EXPECT_EQ(third.bytes().data(), data);
  EXPECT_EQ(Text(third), "1st");
  EXPECT_EQ(third.path(), folder.Path("first"));
}

TEST(MappedFile, FollowsALink) {
  const TestFolder folder;
  const std::string path = folder.Write("file", "bytes");
  ASSERT_EQ(symlink(path.c_str(), folder.Path("link").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(folder.Path("link")));
  EXPECT_EQ(Text(file), "bytes");
}

TEST(MappedFile, AMissingFileIsNotFound) {
  const TestFolder folder;
  for (const char* name : {"missing", "missing/too"}) {
    EXPECT_THAT(
        MappedFile::Open(folder.Path(name)),
        StatusIs(absl::StatusCode::kNotFound,
                 absl::StrCat(folder.Path(name), ": cannot open: No such file or directory")));
  }
  EXPECT_THAT(MappedFile::Open(""), StatusIs(absl::StatusCode::kNotFound));
}

TEST(MappedFile, RefusesWhatIsNoRegularFile) {
  const TestFolder folder;
  EXPECT_THAT(
      MappedFile::Open(folder.path()),
      StatusIs(absl::StatusCode::kInvalidArgument,
               absl::StrCat(folder.path(), ": is a directory, expected a regular file")));
  EXPECT_THAT(MappedFile::Open("/dev/zero"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "/dev/zero: is a device, expected a regular file"));
}

// The test would hang, not fail, if it waited for a writer.
TEST(MappedFile, RefusesAFifoWithoutWaiting) {
  const TestFolder folder;
  const std::string path = folder.Path("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(MappedFile::Open(path),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       absl::StrCat(path, ": is a FIFO, expected a regular file")));
}

// Root may read everything by its capabilities; without them it is as any user.
bool DropCapabilities() {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return syscall(SYS_capset, &header, none) == 0;
}

TEST(MappedFileDeathTest, AFileThatMayNotBeReadIsPermissionDenied) {
  const TestFolder folder;
  const std::string path = folder.Write("secret", "bytes");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  const auto open_as_any_user = [&] {
    if (!DropCapabilities()) _exit(1);
    const absl::Status status = MappedFile::Open(path).status();
    fprintf(stderr, "%s\n", status.ToString().c_str());
    _exit(absl::IsPermissionDenied(status) ? 0 : 2);
  };
  EXPECT_EXIT(open_as_any_user(), ::testing::ExitedWithCode(0),
              "secret: cannot open: Permission denied");
}

}  // namespace
}  // namespace llama2
