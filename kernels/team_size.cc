#include "kernels/team_size.h"

namespace llama2 {
namespace {

// Runs are judged together until they have taken this long. A processor that is shared
// with another process is away for some milliseconds at a time.
constexpr double kWindow = 4e-3;

// What twice as many members each take of the time that half as many would: more than
// half, for they share the memory and the caches.
constexpr double kShare = 0.6;

// The rest is this many times what was lost, at first and at most.
constexpr double kPatience = 8;
constexpr double kMostPatience = 64;

// What finding a processor to be shared takes from the process that has it.
constexpr double kLostByWatching = 1.25e-3;

}  // namespace

TeamSize::TeamSize(int most, Begin begin)
    : most_(most), trusting_(begin == Begin::kTogether), patience_(kPatience) {}

int TeamSize::Choose(Finding finding) {
  if (finding == Finding::kShared) {
    Rest(kLostByWatching);
  } else if (trusting_) {
    members_ = most_;
  } else if (finding == Finding::kOwn) {
    members_ = next();
  }
  trusting_ = false;
  return members_;
}

void TeamSize::Add(double seconds, double waited) {
  rest_ -= seconds;
  if (members_ == 1) return;
  seconds_ += seconds;
  waited_ += waited;
  if (seconds_ < kWindow) return;
  const double lost = seconds_ - (seconds_ - waited_) / kShare;
  seconds_ = waited_ = 0;
  if (lost > 0) {
    members_ /= 2;
    Rest(lost);
    rest_ -= ProcessorWatch::kLongEnough;  // which pass before others can join
  } else {
    patience_ = std::max(kPatience, patience_ / 2);
  }
}

void TeamSize::Rest(double lost) {
  rest_ = patience_ * lost;
  patience_ = std::min(kMostPatience, 2 * patience_);
}

}  // namespace llama2
