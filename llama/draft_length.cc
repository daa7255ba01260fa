#include "llama/draft_length.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace llama2 {
namespace {

// Plain steps before anything is drafted: what they take is what drafting must beat.
constexpr int64_t kPlainFirst = 2;
// The first draft, of which nothing is known. A later one is at most twice as long as the
// longest before it.
constexpr int kFirstLength = 2;

// Averages remember about this many: passes, tokens, passes.
constexpr double kSecondsMemory = 8;
constexpr double kAcceptanceMemory = 32;
constexpr double kRateMemory = 16;

// Of the first few the least counts: they may touch memory for the first time, and noise only
// ever adds.
constexpr int64_t kFew = 3;

// What took longer than this times the average counts as that: the system had something else
// to do. Where passes really have become slower, the average still follows.
constexpr double kOutlier = 2;

// What a pass took is worth finding out again after this many passes of any kind, for each
// that it had; and after kMostStale in any case.
constexpr int64_t kStalePerPass = 4;
constexpr int64_t kMostStale = 64;

// What trials may lose: this share of the time, but some plain steps in any case, or one
// interruption by the system in the first pass would be the end of drafting.
constexpr double kMostLost = 1.0 / 40;
constexpr double kPlainStepsLost = 2;

}  // namespace

DraftLength::DraftLength() : most_(kFirstLength) {
  // What an ordinary draft might give, worth a pass or two.
  any_ = {.part = 1.5, .whole = 2};
  for (int level = 0; level < kLevels; ++level) {
    levels_[level] = {.part = 2 - std::ldexp(1, -level), .whole = 2};
  }
}

DraftLength DraftLength::Fixed(int length) {
  CHECK(0 <= length && length <= kMost);
  DraftLength fixed;
  fixed.fixed_ = length;
  return fixed;
}

bool DraftLength::More(double catch_up_seconds) const {
  if (fixed_ >= 0) return drafted_ < fixed_;
  return drafted_ == 0 ? Begins(catch_up_seconds) : GoesOn();
}

bool DraftLength::Begins(double catch_up_seconds) const {
  if (plain().times < kPlainFirst) return false;
  const double may_be_lost =
      std::max(total_seconds_ * kMostLost, plain().seconds * kPlainStepsLost) - lost_seconds_;
  if (catch_up_seconds > std::max(0.0, may_be_lost)) return false;
  const bool better = trial_.times > 0 && rate_.Share() * plain().seconds > 1;
  if (better) return passes_ - plain().latest < kMostStale;
  // Text that can be foretold comes in stretches.
  return may_be_lost >= 0 && (paying_ || trial_.Stale(passes_));
}

bool DraftLength::GoesOn() const {
  if (drafted_ == most_) return false;
  double rate = 1 / plain().seconds;
  if (trial_.times > 0) rate = std::max(rate, rate_.Share());
  // One more, or some: batches may cost the same up to some size.
  double chance = all_accepted_, tokens = 0;
  for (int length = drafted_ + 1; length <= kMost; ++length) {
    chance *= acceptance();
    tokens += chance;
    const double seconds = draft_.seconds * (length - drafted_) + check_seconds_[length] -
                           check_seconds_[drafted_];
    if (tokens >= rate * seconds) return true;
  }
  return false;
}

void DraftLength::Add(int sureness) {
  CHECK(0 <= sureness && sureness < kLevels && drafted_ < kMost);
  sureness_[drafted_++] = sureness;
  all_accepted_ *= acceptance(sureness);
}

void DraftLength::Record(const Pass& pass) {
  CHECK(0 <= pass.accepted && pass.accepted <= drafted_);
  const int drafted = drafted_;
  drafted_ = 0;
  all_accepted_ = 1;
  ++passes_;
  total_seconds_ += pass.catch_up_seconds;
  paying_ = false;
  if (drafted == 0) {
    total_seconds_ += checks_[0].Add(pass.draft_seconds + pass.check_seconds, passes_);
    EstimateChecks();
    return;
  }

  for (int i = 0; i < std::min(drafted, pass.accepted + 1); ++i) {
    const double accepted = i < pass.accepted;
    any_.Add(accepted, 1, kAcceptanceMemory);
    levels_[sureness_[i]].Add(accepted, 1, kAcceptanceMemory);
  }
  const double draft = draft_.Add(pass.draft_seconds / drafted, passes_) * drafted;
  const double seconds = draft + checks_[drafted].Add(pass.check_seconds, passes_);
  most_ = std::max(most_, std::min(2 * drafted, kMost));
  EstimateChecks();
  trial_.Add(seconds, passes_);
  const int tokens = pass.accepted + 1;
  rate_.Add(tokens, seconds, kRateMemory);

  total_seconds_ += seconds;
  const double loss = seconds - tokens * plain().seconds;
  lost_seconds_ = std::max(0.0, lost_seconds_ + loss + pass.catch_up_seconds);
  paying_ = loss < 0;
}

void DraftLength::EstimateChecks() {
  // Longer ones that took no longer say what shorter ones take at most. Seconds grow evenly
  // from one that is known to the next, and beyond the longest as they do from the shortest.
  std::array<double, kMost + 1>& seconds = check_seconds_;
  int shortest = kMost, longest = 0, next = 0;
  for (int length = kMost; length >= 0; --length) {
    const Cost& cost = checks_[length];
    if (length > 0 && (cost.times == 0 || cost.Stale(passes_))) continue;
    seconds[length] = cost.seconds;
    if (next > 0) {
      seconds[length] = std::min(seconds[length], seconds[next]);
      Grow(length, next, (seconds[next] - seconds[length]) / (next - length));
    }
    if (longest == 0) longest = length;
    if (length > 0) shortest = length;
    next = length;
  }
  const double growth =
      longest > shortest ? (seconds[longest] - seconds[shortest]) / (longest - shortest) : 0;
  Grow(longest, kMost + 1, growth);
}

void DraftLength::Grow(int from, int to, double growth) {
  for (int length = from + 1; length < to; ++length) {
    check_seconds_[length] = check_seconds_[from] + growth * (length - from);
  }
}

double DraftLength::Cost::Add(double more, int64_t now) {
  if (times > 0) more = std::min(more, kOutlier * seconds);
  if (times == 0) {
    seconds = more;
  } else if (times < kFew) {
    seconds = std::min(seconds, more);
  } else {
    seconds += (more - seconds) / kSecondsMemory;
  }
  ++times;
  latest = now;
  return more;
}

bool DraftLength::Cost::Stale(int64_t now) const {
  return now - latest >= std::min(kMostStale, kStalePerPass * times);
}

void DraftLength::Ratio::Add(double more_part, double more_whole, double memory) {
  const double keep = 1 - 1 / memory;
  part = part * keep + more_part;
  whole = whole * keep + more_whole;
}

}  // namespace llama2
