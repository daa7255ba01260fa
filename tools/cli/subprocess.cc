#include "tools/cli/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/check.h"

namespace llama2 {
namespace {

constexpr char kEndOfInput = '\x04';  // Ctrl-D, at the beginning of a line

// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) { CHECK_GE(fd, 0); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { Close(); }

  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

struct Ends {
  Descriptor reader;
  Descriptor writer;
};

Ends MakePipe() {
  int fds[2];
  CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
  return {Descriptor(fds[0]), Descriptor(fds[1])};
}

struct Terminal {
  Descriptor ours;
  Descriptor theirs;
};

Terminal MakeTerminal() {
  int ours, theirs;
  CHECK_EQ(openpty(&ours, &theirs, nullptr, nullptr, nullptr), 0);
  termios settings;
  CHECK_EQ(tcgetattr(theirs, &settings), 0);
  settings.c_lflag &= ~ECHO;
  CHECK_EQ(tcsetattr(theirs, TCSANOW, &settings), 0);
  for (int fd : {ours, theirs}) CHECK_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
  return {Descriptor(ours), Descriptor(theirs)};
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) {
    pointers.push_back(const_cast<char*>(string.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(const Command& command, int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  // A test runner may ignore signals that the program must not.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  for (int signal : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&signals, signal);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t pid;
  const int error =
      posix_spawn(&pid, command.args[0].c_str(), &actions, &attributes,
                  Pointers(command.args).data(), Pointers(command.environment).data());
  CHECK_EQ(error, 0);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

// Adds what can be read to `text`. Closes `from` at its end.
bool Read(Descriptor& from, std::string* text) {
  char buffer[4096];
  const ssize_t size = read(from.get(), buffer, sizeof(buffer));
  if (size > 0) {
    text->append(buffer, size);
    return true;
  }
  if (size == 0 || errno != EINTR) from.Close();  // EIO: the terminal's other end closed
  return false;
}

// Writes what can be written of `text`, and takes it off; all of it when nobody reads.
void Write(const Descriptor& to, absl::string_view* text) {
  const ssize_t size = write(to.get(), text->data(), text->size());
  if (size > 0) text->remove_prefix(size);
  if (size < 0 && errno != EINTR && errno != EAGAIN) *text = "";
}

// Waits for the program's end.
void Wait(pid_t pid, Outcome* outcome) {
  int status;
  struct rusage usage;
  while (wait4(pid, &status, 0, &usage) < 0) CHECK_EQ(errno, EINTR);
  outcome->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  outcome->peak_memory = int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace

Outcome RunToEnd(const Command& command) {
  signal(SIGPIPE, SIG_IGN);  // a program may end without reading its input
  Ends in, out;
  Ends err = MakePipe();
  std::string input = command.input;
  Descriptor terminal;  // stays open, or the program would be hung up on
  if (command.stdin_kind == Stream::kTerminal) {
    Terminal made = MakeTerminal();
    in = {std::move(made.theirs), Descriptor(dup(made.ours.get()))};
    terminal = std::move(made.ours);
    input += kEndOfInput;
  } else {
    in = MakePipe();
  }
  if (command.stdout_kind == Stream::kTerminal) {
    Terminal made = MakeTerminal();
    out = {std::move(made.ours), std::move(made.theirs)};
  } else if (command.stdout_kind == Stream::kFull) {
    out.writer = Descriptor(open("/dev/full", O_WRONLY | O_CLOEXEC));
  } else {
    out = MakePipe();
    if (command.stdout_kind == Stream::kClosed) out.reader.Close();
  }
  const pid_t pid = Spawn(command, in.reader.get(), out.writer.get(), err.writer.get());
  in.reader.Close();
  out.writer.Close();
  err.writer.Close();

  Outcome outcome;
  absl::string_view rest = input;
  fcntl(in.writer.get(), F_SETFL, O_NONBLOCK);
  while (out.reader.get() >= 0 || err.reader.get() >= 0) {
    if (rest.empty() && !command.stdin_stays_open) in.writer.Close();
    // A descriptor of -1 is passed over.
    pollfd fds[] = {{rest.empty() ? -1 : in.writer.get(), POLLOUT, 0},
                    {out.reader.get(), POLLIN, 0},
                    {err.reader.get(), POLLIN, 0}};
    if (poll(fds, 3, -1) < 0) continue;
    if (fds[0].revents != 0) Write(in.writer, &rest);
    if (fds[1].revents != 0 && Read(out.reader, &outcome.out) && command.on_output) {
      command.on_output(pid, outcome.out);
    }
    if (fds[2].revents != 0) Read(err.reader, &outcome.err);
  }
  Wait(pid, &outcome);
  if (command.stdout_kind == Stream::kTerminal) {
    outcome.out = absl::StrReplaceAll(outcome.out, {{"\r\n", "\n"}});
  }
  return outcome;
}

}  // namespace llama2
