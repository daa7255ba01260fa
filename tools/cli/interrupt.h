// Ctrl-C as a question that a loop asks, so that it can end in an orderly way.
//
//   const Interrupt interrupt;
//   while (interrupt.signal() == 0) Step();
//   if (interrupt.signal() != 0) return 128 + interrupt.signal();   // as shells report it
#ifndef LLAMA2_TOOLS_CLI_INTERRUPT_H_
#define LLAMA2_TOOLS_CLI_INTERRUPT_H_

#include <signal.h>

namespace llama2 {

// While it lives, the first SIGINT and the first SIGTERM do not end the process but are
// kept here; a second one does end it. A signal that the process ignores (as one
// started by nohup does) stays ignored.
//
// At most one at a time: signals belong to the process, and so does what they set.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // The signal that came, 0 before that. Thread-safe.
  int signal() const;

  // Waits until `fd` can be read, or is at its end, or a signal comes (or has come);
  // returns whether it is not the latter.
  bool WaitToRead(int fd) const;

 private:
  int wakeup_reader_;  // of a pipe in which a signal puts a byte
  struct sigaction old_int_;
  struct sigaction old_term_;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_INTERRUPT_H_
