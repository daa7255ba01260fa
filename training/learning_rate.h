// The learning rate over a training run: linear warm-up, then half a cosine down to a
// minimum, where it stays.
//
//   const LearningRateSchedule schedule = {.peak = 5e-4, .warmup_steps = 1000};
//   RETURN_IF_ERROR(Validate(schedule));
//   for (int64_t step = 1; step <= 100000; ++step) Update(LearningRate(schedule, step));
#ifndef LLAMA2_TRAINING_LEARNING_RATE_H_
#define LLAMA2_TRAINING_LEARNING_RATE_H_

#include <cstdint>

#include "absl/status/status.h"

namespace llama2 {

struct LearningRateSchedule {
  double peak = 5e-4;            // that of step `warmup_steps`
  double minimum = 0;            // that of step `decay_steps` and all after it
  int64_t warmup_steps = 1000;   // 0: the first step is next to the peak already
  int64_t decay_steps = 100000;  // not fewer than warmup_steps
};

// InvalidArgument, naming the field as the training config does, unless the numbers are
// finite, 0 <= minimum <= peak and 0 <= warmup_steps <= decay_steps.
absl::Status Validate(const LearningRateSchedule& schedule);

// That of `step`, counted from 1, so that no step is wasted on a rate of 0. For a schedule
// that Validate accepts. Loshchilov and Hutter, "SGDR", 2017, without the restarts.
double LearningRate(const LearningRateSchedule& schedule, int64_t step);

}  // namespace llama2

#endif  // LLAMA2_TRAINING_LEARNING_RATE_H_
