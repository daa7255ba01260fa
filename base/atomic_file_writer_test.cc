#include "base/atomic_file_writer.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/mapped_file.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

mode_t ModeOf(const std::string& path) {
  struct stat info;
  EXPECT_EQ(stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

absl::Status WriteFile(const std::string& path, absl::string_view bytes) {
  absl::StatusOr<AtomicFileWriter> writer = AtomicFileWriter::Create(path);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = writer->Append(bytes); !status.ok()) return status;
  return writer->Commit();
}

TEST(AtomicFileWriter, WritesANewFile) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter writer, AtomicFileWriter::Create(folder.Path("new")));
  EXPECT_THAT(writer.Append("some "), IsOk());
  EXPECT_THAT(writer.Append(""), IsOk());
  EXPECT_THAT(writer.Append("bytes"), IsOk());
  EXPECT_NE(access(folder.Path("new").c_str(), F_OK), 0) << "there before Commit";
  EXPECT_THAT(writer.Commit(), IsOk());
  EXPECT_EQ(folder.Read("new"), "some bytes");
  EXPECT_THAT(folder.Names(), ElementsAre("new"));
}

TEST(AtomicFileWriter, WritesAnEmptyFile) {
  const TestFolder folder;
  EXPECT_THAT(WriteFile(folder.Path("empty"), ""), IsOk());
  EXPECT_EQ(folder.Read("empty"), "");
}

// Appends that fill the buffer, pass its end, and are larger than it.
TEST(AtomicFileWriter, KeepsTheOrderOfAppendsOfAllSizes) {
  const TestFolder folder;
  std::string expected;
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter writer, AtomicFileWriter::Create(folder.Path("big")));
  for (size_t size : {1, 65535, 65536, 65537, 10, 1000000, 3, 131072}) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * 7 + size));
    ASSERT_THAT(writer.Append(bytes), IsOk());
    expected += bytes;
  }
  ASSERT_THAT(writer.Commit(), IsOk());
  EXPECT_TRUE(folder.Read("big") == expected);
}

TEST(AtomicFileWriter, AppendsArraysInMemoryOrder) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter writer, AtomicFileWriter::Create(folder.Path("array")));
  const std::vector<uint16_t> numbers = {0x4241, 0x4443};
  EXPECT_THAT(writer.AppendArray(absl::MakeConstSpan(numbers)), IsOk());
  EXPECT_THAT(writer.Commit(), IsOk());
  EXPECT_EQ(folder.Read("array"), "ABCD");
}

TEST(AtomicFileWriter, WhoHasTheOldFileOpenKeepsIt) {
  const TestFolder folder;
  const std::string path = folder.Write("file", "old");
  ASSERT_OK_AND_ASSIGN(const MappedFile old, MappedFile::Open(path));
  ASSERT_THAT(WriteFile(path, "the new bytes"), IsOk());
  EXPECT_EQ(std::string(old.bytes().begin(), old.bytes().end()), "old");
  EXPECT_EQ(folder.Read("file"), "the new bytes");
}

TEST(AtomicFileWriter, WithoutCommitNothingHasHappened) {
  const TestFolder folder;
  const std::string path = folder.Write("file", "old");
  {
    ASSERT_OK_AND_ASSIGN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
    ASSERT_THAT(writer.Append(std::string(1000000, 'x')), IsOk());
    EXPECT_EQ(folder.Read("file"), "old");
  }
  EXPECT_EQ(folder.Read("file"), "old");
  EXPECT_THAT(folder.Names(), ElementsAre("file"));
}

TEST(AtomicFileWriter, Moves) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter first, AtomicFileWriter::Create(folder.Path("kept")));
  ASSERT_THAT(first.Append("one "), IsOk());
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter second, AtomicFileWriter::Create(folder.Path("left")));
  second = std::move(first);  // what it wrote before is abandoned
  ASSERT_THAT(second.Append("two"), IsOk());
  AtomicFileWriter third(std::move(second));
  ASSERT_THAT(third.Commit(), IsOk());
  EXPECT_EQ(folder.Read("kept"), "one two");
  EXPECT_THAT(folder.Names(), ElementsAre("kept"));
}

TEST(AtomicFileWriter, OfTwoWritersTheLastToCommitWins) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter first, AtomicFileWriter::Create(folder.Path("file")));
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter second, AtomicFileWriter::Create(folder.Path("file")));
  ASSERT_THAT(first.Append("first"), IsOk());
  ASSERT_THAT(second.Append("second"), IsOk());
  ASSERT_THAT(second.Commit(), IsOk());
  ASSERT_THAT(first.Commit(), IsOk());
  EXPECT_EQ(folder.Read("file"), "first");
  EXPECT_THAT(folder.Names(), ElementsAre("file"));
}

TEST(AtomicFileWriter, ANewFileHasTheModeOfAnyNewFile) {
  const TestFolder folder;
  const mode_t before = umask(027);
  EXPECT_THAT(WriteFile(folder.Path("file"), "bytes"), IsOk());
  umask(before);
  EXPECT_EQ(ModeOf(folder.Path("file")), 0640);
}

TEST(AtomicFileWriter, AReplacedFileKeepsItsMode) {
  const TestFolder folder;
  const std::string path = folder.Write("file", "old");
  for (mode_t mode : {0600, 0666, 0755, 0444}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_THAT(WriteFile(path, "new"), IsOk());
    EXPECT_EQ(ModeOf(path), mode);
  }
}

TEST(AtomicFileWriter, ReplacesTheFileThatALinkLeadsTo) {
  const TestFolder folder, elsewhere;
  const std::string target = elsewhere.Write("target", "old");
  ASSERT_EQ(symlink(target.c_str(), folder.Path("link").c_str()), 0);
  EXPECT_THAT(WriteFile(folder.Path("link"), "new"), IsOk());
  EXPECT_EQ(elsewhere.Read("target"), "new");
  struct stat info;
  ASSERT_EQ(lstat(folder.Path("link").c_str(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
  EXPECT_THAT(folder.Names(), ElementsAre("link"));
  EXPECT_THAT(elsewhere.Names(), ElementsAre("target"));
}

TEST(AtomicFileWriter, RefusesALinkToNothing) {
  const TestFolder folder;
  ASSERT_EQ(symlink(folder.Path("gone").c_str(), folder.Path("link").c_str()), 0);
  EXPECT_THAT(WriteFile(folder.Path("link"), "new"),
              StatusIs(absl::StatusCode::kNotFound,
                       StartsWith(absl::StrCat(folder.Path("link"), ": cannot follow"))));
}

TEST(AtomicFileWriter, APathMayBeANameAlone) {
  const TestFolder folder;
  char before[4096];
  ASSERT_NE(getcwd(before, sizeof(before)), nullptr);
  ASSERT_EQ(chdir(folder.path().c_str()), 0);
  EXPECT_THAT(WriteFile("name", "bytes"), IsOk());
  ASSERT_EQ(chdir(before), 0);
  EXPECT_EQ(folder.Read("name"), "bytes");
}

TEST(AtomicFileWriter, ErrorsNameThePath) {
  const TestFolder folder;
  const std::string missing = folder.Path("missing/file");
  EXPECT_THAT(
      AtomicFileWriter::Create(missing),
      StatusIs(absl::StatusCode::kNotFound, absl::StrCat(missing,
                                                         ": cannot create a file beside it: "
                                                         "No such file or directory")));
  EXPECT_THAT(
      AtomicFileWriter::Create(folder.path()),
      StatusIs(absl::StatusCode::kInvalidArgument,
               absl::StrCat(folder.path(), ": is a directory, expected a regular file")));
  EXPECT_THAT(AtomicFileWriter::Create(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Root could replace /dev/null itself by a file.
TEST(AtomicFileWriter, RefusesADevice) {
  EXPECT_THAT(AtomicFileWriter::Create("/dev/null"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "/dev/null: is a device, expected a regular file"));
}

// Runs `body` in a process of its own; returns its exit code.
template <typename Body>
int ExitCodeOf(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

constexpr int kRight = 0, kWrong = 1, kCannotTry = 2;

// 0 if writing too much to `path` is refused with `code` and `reason`.
int ExpectNoRoom(const std::string& path, absl::StatusCode code, absl::string_view reason) {
  const absl::Status status = WriteFile(path, std::string(1 << 20, 'x'));
  if (status.code() == code && status.message() == absl::StrCat(path, ": ", reason))
    return kRight;
  fprintf(stderr, "found: %s\n", status.ToString().c_str());
  return kWrong;
}

// A limit of the process, which every system has.
TEST(AtomicFileWriter, AFileTooLargeIsAnErrorAndLeavesTheOldFile) {
  const TestFolder folder;
  const std::string path = folder.Write("file", "old");
  EXPECT_EQ(ExitCodeOf([&] {
              const rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
              signal(SIGXFSZ, SIG_IGN);
              if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return kCannotTry;
              return ExpectNoRoom(path, absl::StatusCode::kOutOfRange,
                                  "cannot write: File too large");
            }),
            kRight);
  EXPECT_EQ(folder.Read("file"), "old");
  EXPECT_THAT(folder.Names(), ElementsAre("file"));
}

// Mounts a disk of 64 KB on `folder` for this process alone. For that it becomes root
// in a user namespace of its own, which not every system allows.
bool MountSmallDisk(const TestFolder& folder) {
  const auto write = [](const char* path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
  };
  const std::string user = absl::StrCat("0 ", getuid(), " 1");
  const std::string group = absl::StrCat("0 ", getgid(), " 1");
  return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write("/proc/self/setgroups", "deny") &&
         write("/proc/self/uid_map", user) && write("/proc/self/gid_map", group) &&
         mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") == 0;
}

TEST(AtomicFileWriter, AFullDiskIsAnErrorAndLeavesTheOldFile) {
  const TestFolder folder;
  const int code = ExitCodeOf([&] {
    if (!MountSmallDisk(folder)) return kCannotTry;
    const std::string path = folder.Write("file", "old");
    if (ExpectNoRoom(path, absl::StatusCode::kResourceExhausted,
                     "cannot write: No space left on device") != kRight) {
      return kWrong;
    }
    const bool unchanged =
        folder.Read("file") == "old" && folder.Names() == std::vector<std::string>{"file"};
    return unchanged ? kRight : kWrong;
  });
  if (code == kCannotTry) GTEST_SKIP() << "no file system may be mounted here";
  EXPECT_EQ(code, kRight);
}

TEST(AtomicFileWriterDeathTest, CommitsOnce) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(AtomicFileWriter writer, AtomicFileWriter::Create(folder.Path("file")));
  ASSERT_THAT(writer.Commit(), IsOk());
  EXPECT_DEATH((void)writer.Commit(), "check failed: fd_ >= 0");
  EXPECT_DEATH((void)writer.Append("x"), "check failed: fd_ >= 0");
}

}  // namespace
}  // namespace llama2
