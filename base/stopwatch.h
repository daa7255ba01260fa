// How long something takes.
//
//   const Stopwatch watch;
//   Work();
//   stats.seconds = watch.Seconds();
#ifndef LLAMA2_BASE_STOPWATCH_H_
#define LLAMA2_BASE_STOPWATCH_H_

#include <chrono>

namespace llama2 {

// Runs from its construction on. Reading it is thread-safe.
class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace llama2

#endif  // LLAMA2_BASE_STOPWATCH_H_
