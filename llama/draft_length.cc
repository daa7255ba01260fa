#include "llama/draft_length.h"

#include <algorithm>

#include "base/check.h"

namespace llama2 {
namespace {

// Plain steps before anything is drafted: what they take is what drafting must beat.
constexpr int64_t kPlainFirst = 3;
constexpr int kFirstLength = 2;

// An average remembers about this many passes. Of the first few the least counts: they may
// touch memory for the first time, and noise only ever adds.
constexpr double kSecondsMemory = 8;
constexpr int64_t kFewPasses = 3;
constexpr double kAcceptanceMemory = 16;

// A pass that took longer than this times the average counts as that: the system had
// something else to do. Where passes really have become slower, the average still follows.
constexpr double kOutlier = 2;

// A length is worth trying again after this many passes of any, for each that it had; and
// after kMostStale in any case.
constexpr int64_t kStalePerPass = 4;
constexpr int64_t kMostStale = 64;

// What trials may lose: this share of the time, but some plain steps in any case, or one
// interruption by the system in the first pass would be the end of drafting.
constexpr double kMostLost = 1.0 / 40;
constexpr double kPlainStepsLost = 2;

}  // namespace

DraftLength DraftLength::Fixed(int length) {
  CHECK(0 <= length && length <= kMost);
  DraftLength fixed;
  fixed.fixed_ = length;
  return fixed;
}

int DraftLength::Next(double catch_up_seconds) const {
  if (fixed_ >= 0) return fixed_;
  if (costs_[0].passes < kPlainFirst) return 0;
  const int best = Best(/*first=*/0, /*otherwise=*/0);
  const double may_be_lost =
      std::max(total_seconds_ * kMostLost, costs_[0].seconds * kPlainStepsLost) - lost_seconds_;
  if (catch_up_seconds > std::max(0.0, may_be_lost)) return 0;
  if (may_be_lost < 0) return best;
  // Text that can be foretold comes in stretches.
  if (best == 0 && paying_ > 0) return paying_;

  // What was tried longest ago, of the lengths that may be better: next to the best draft, and
  // farther away, for batches may cost the same up to some size. Where even that draft does
  // not pay, shorter ones might, and longer ones if they took no longer.
  const int draft = Best(/*first=*/1, kFirstLength);
  const bool longer =
      best > 0 || (costs_[draft].passes > 0 &&
                   costs_[draft].seconds < costs_[0].seconds * Tokens(2 * draft));
  int next = best;
  for (int length : {draft * 2, draft + 1, draft, draft - 1, draft / 2, 0}) {
    if (length > (longer ? kMost : draft) || !Stale(length)) continue;
    if (next == best || costs_[length].latest < costs_[next].latest) next = length;
  }
  return next;
}

void DraftLength::Record(const Pass& pass) {
  CHECK(0 <= pass.accepted && pass.accepted <= pass.drafted && pass.drafted <= kMost);
  const double seconds = costs_[pass.drafted].Add(pass.seconds);
  costs_[pass.drafted].latest = ++passes_;
  total_seconds_ += seconds + pass.catch_up_seconds;
  paying_ = 0;
  if (pass.drafted == 0) return;

  constexpr double kDecay = 1 - 1 / kAcceptanceMemory;
  accepted_ = accepted_ * kDecay + pass.accepted;
  tried_ = tried_ * kDecay + std::min(pass.drafted, pass.accepted + 1);
  const double loss = seconds - (pass.accepted + 1) * costs_[0].seconds;
  lost_seconds_ = std::max(0.0, lost_seconds_ + loss + pass.catch_up_seconds);
  if (loss < 0) paying_ = pass.drafted;
}

double DraftLength::Cost::Add(double pass_seconds) {
  if (passes > 0) pass_seconds = std::min(pass_seconds, kOutlier * seconds);
  if (passes == 0) {
    seconds = pass_seconds;
  } else if (passes < kFewPasses) {
    seconds = std::min(seconds, pass_seconds);
  } else {
    seconds += (pass_seconds - seconds) / kSecondsMemory;
  }
  ++passes;
  return pass_seconds;
}

double DraftLength::Tokens(int length) const {
  double tokens = 1;
  for (int i = 0; i < length; ++i) tokens = 1 + acceptance() * tokens;
  return tokens;
}

double DraftLength::SecondsPerToken(int length) const {
  return costs_[length].seconds / Tokens(length);
}

int DraftLength::Best(int first, int otherwise) const {
  int best = -1;
  for (int length = first; length <= kMost; ++length) {
    if (costs_[length].passes == 0) continue;
    if (best < 0 || SecondsPerToken(length) < SecondsPerToken(best)) best = length;
  }
  return best < 0 ? otherwise : best;
}

bool DraftLength::Stale(int length) const {
  const Cost& cost = costs_[length];
  return passes_ - cost.latest >= std::min(kMostStale, kStalePerPass * cost.passes);
}

}  // namespace llama2
