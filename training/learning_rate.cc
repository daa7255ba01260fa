#include "training/learning_rate.h"

#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace llama2 {

absl::Status Validate(const LearningRateSchedule& schedule) {
  if (!std::isfinite(schedule.peak) || schedule.peak < 0) {
    return absl::InvalidArgumentError(absl::StrCat("learning_rate: found ", schedule.peak,
                                                   ", expected a finite number, 0 or more"));
  }
  if (!(0 <= schedule.minimum && schedule.minimum <= schedule.peak)) {
    return absl::InvalidArgumentError(
        absl::StrCat("min_learning_rate: found ", schedule.minimum,
                     ", expected 0 to learning_rate, ", schedule.peak));
  }
  if (schedule.warmup_steps < 0 || schedule.warmup_steps > schedule.decay_steps) {
    return absl::InvalidArgumentError(
        absl::StrCat("warmup_steps: found ", schedule.warmup_steps,
                     ", expected 0 to the schedule's last step, ", schedule.decay_steps));
  }
  return absl::OkStatus();
}

double LearningRate(const LearningRateSchedule& schedule, int64_t step) {
  DCHECK_GE(step, 1);
  if (step < schedule.warmup_steps) return schedule.peak * step / schedule.warmup_steps;
  if (step >= schedule.decay_steps) return schedule.minimum;
  const double done = static_cast<double>(step - schedule.warmup_steps) /
                      static_cast<double>(schedule.decay_steps - schedule.warmup_steps);
  const double weight = 0.5 * (1 + std::cos(std::numbers::pi * done));
  return schedule.minimum + weight * (schedule.peak - schedule.minimum);
}

}  // namespace llama2
