#include "tools/bench/bench_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/mapped_file.h"

namespace llama2 {
namespace {

// A file without a name, which takes what a program writes however much it is.
class Collector {
 public:
  Collector() : fd_(memfd_create("output", MFD_CLOEXEC)) {}
  ~Collector() {
    if (fd_ >= 0) close(fd_);
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  int fd() const { return fd_; }

  std::string Text() const {
    std::string text;
    char buffer[1 << 14];
    for (off_t offset = 0;;) {
      const ssize_t size = pread(fd_, buffer, sizeof(buffer), offset);
      if (size <= 0) return text;
      text.append(buffer, size);
      offset += size;
    }
  }

 private:
  const int fd_;
};

}  // namespace

absl::StatusOr<ProcessOutput> RunProcess(const std::vector<std::string>& args) {
  const Collector out, err;
  if (out.fd() < 0 || err.fd() < 0) return absl::ErrnoToStatus(errno, "memfd_create");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.fd(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.fd(), STDERR_FILENO);
  std::vector<char*> pointers;
  for (const std::string& arg : args) pointers.push_back(const_cast<char*>(arg.c_str()));
  pointers.push_back(nullptr);
  pid_t pid;
  const int error =
      posix_spawn(&pid, args[0].c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat(
        args[0], ": cannot be started: ", absl::ErrnoToStatus(error, "").message()));
  }
  int status;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return absl::ErrnoToStatus(errno, args[0]);
  }
  ProcessOutput output;
  output.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  output.out = out.Text();
  output.err = err.Text();
  return output;
}

absl::string_view LastLine(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const size_t end = text.rfind('\n');
  return end == absl::string_view::npos ? text : text.substr(end + 1);
}

void ReadAhead(absl::string_view path) {
  constexpr size_t kPage = 4096;
  const absl::StatusOr<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) return;
  volatile uint8_t read;
  for (size_t i = 0; i < file->bytes().size(); i += kPage) read = file->bytes()[i];
  (void)read;
}

void ReadFilesNamedIn(absl::string_view command) {
  for (absl::string_view word :
       absl::StrSplit(command, absl::ByAnyChar(" \t\n='\""), absl::SkipEmpty())) {
    ReadAhead(word);
  }
}

}  // namespace llama2
