#include "tools/cli/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/check.h"

namespace llama2 {
namespace {

// What a signal handler can reach must be static; of all types, it may use this one.
std::atomic<int> received = 0;
std::atomic<int> wakeup_writer = -1;
static_assert(std::atomic<int>::is_always_lock_free);

void Receive(int signal) {
  const int old_errno = errno;
  received = signal;
  // A full pipe has done its work already.
  [[maybe_unused]] const ssize_t written = write(wakeup_writer, "", 1);
  errno = old_errno;
}

// Returns what was in force before.
struct sigaction Catch(int signal) {
  struct sigaction action = {};
  action.sa_handler = Receive;
  action.sa_flags = SA_RESETHAND;  // the second one finds the default
  struct sigaction old;
  CHECK_EQ(sigaction(signal, &action, &old), 0);
  if (old.sa_handler == SIG_IGN) CHECK_EQ(sigaction(signal, &old, nullptr), 0);
  return old;
}

}  // namespace

Interrupt::Interrupt() {
  int fds[2];
  CHECK_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  wakeup_reader_ = fds[0];
  CHECK_EQ(wakeup_writer.exchange(fds[1]), -1);
  received = 0;
  old_int_ = Catch(SIGINT);
  old_term_ = Catch(SIGTERM);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
  close(wakeup_writer.exchange(-1));
  close(wakeup_reader_);
}

int Interrupt::signal() const { return received; }

bool Interrupt::WaitToRead(int fd) const {
  pollfd fds[] = {{wakeup_reader_, POLLIN, 0}, {fd, POLLIN, 0}};
  while (signal() == 0 && poll(fds, 2, -1) < 0) CHECK_EQ(errno, EINTR);
  return signal() == 0;
}

}  // namespace llama2
