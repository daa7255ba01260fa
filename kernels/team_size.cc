#include "kernels/team_size.h"

#include <algorithm>

namespace llama2 {
namespace {

// Runs are judged together until they have taken this long. A processor that is shared
// with another process is away for some milliseconds at a time.
constexpr double kWindow = 4e-3;

// What twice as many members each take of the time that half as many would: more than
// half, for they share the memory and the caches.
constexpr double kShare = 0.6;

// The rest is this many times what was lost, and twice as long each time that nothing has
// been gained.
constexpr double kPatience = 8;
constexpr double kMostPatience = 64;

// A model of which one of the first runs is as short as this (the very first may wait for
// the disk) tells its story in milliseconds. It begins alone, for waiting once for an absent
// processor would take as long as the whole.
constexpr double kShortRun = 3e-4;
constexpr double kFirstRest = 10e-3;

}  // namespace

void TeamSize::Add(double seconds, double waited) {
  if (first_runs_ > 0) {
    --first_runs_;
    if (seconds < kShortRun && members_ > 1) {
      first_runs_ = 0;
      members_ = 1;
      rest_ = kFirstRest;
      return;
    }
  }
  if (members_ > 1) {
    seconds_ += seconds;
    waited_ += waited;
    if (seconds_ >= kWindow) {
      const double lost = seconds_ - (seconds_ - waited_) / kShare;
      seconds_ = waited_ = 0;
      if (lost > 0) return Shrink(lost);
      patience_ = std::max(kPatience, patience_ / 2);
    }
  }
  if (members_ == most_) return;
  rest_ -= seconds;
  if (rest_ <= 0) members_ = std::min(most_, 2 * members_);
}

void TeamSize::Shrink(double lost) {
  members_ = std::max(1, members_ / 2);
  rest_ = std::max(kWindow, patience_ * lost);
  patience_ = std::min(kMostPatience, 2 * patience_);
}

TeamSize::TeamSize(int most) : most_(most), members_(most), patience_(kPatience) {}

}  // namespace llama2
