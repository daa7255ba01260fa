#include "llama/draft_length.h"

#include <algorithm>

#include "base/check.h"

namespace llama2 {
namespace {

// Plain steps before anything is drafted: what they take is what drafting must beat.
constexpr int64_t kPlainFirst = 2;
constexpr int kFirstLength = 4;

// An average remembers about this many passes.
constexpr double kSecondsMemory = 8;
constexpr double kAcceptanceMemory = 16;

// A pass that took longer than this times the average counts as that: the system had
// something else to do. Where passes really have become slower, the average still follows.
constexpr double kOutlier = 2;

constexpr int64_t kStalePasses = 64;    // after which a length is worth trying again
constexpr double kMostLost = 1.0 / 50;  // of the time, before trials stop

}  // namespace

DraftLength DraftLength::Fixed(int length) {
  CHECK(0 <= length && length <= kMost);
  DraftLength fixed;
  fixed.fixed_ = length;
  return fixed;
}

int DraftLength::Next() const {
  if (fixed_ >= 0) return fixed_;
  if (costs_[0].passes < kPlainFirst) return 0;
  const int best = Best(/*first=*/0, /*otherwise=*/0);
  if (lost_seconds_ > total_seconds_ * kMostLost) return best;
  // Text that can be foretold comes in stretches.
  if (best == 0 && paying_ > 0) return paying_;

  // What was tried longest ago, of the plain step, the best draft, and lengths around it:
  // next to it, and farther away because batches may cost the same up to some size.
  const int draft = Best(/*first=*/1, kFirstLength);
  int next = best;
  for (int length : {draft, draft - 1, draft + 1, draft / 2, draft * 2, 0}) {
    if (length < 0 || length > kMost || !Stale(length)) continue;
    if (next == best || costs_[length].latest < costs_[next].latest) next = length;
  }
  return next;
}

void DraftLength::Record(const Pass& pass) {
  CHECK(0 <= pass.accepted && pass.accepted <= pass.drafted && pass.drafted <= kMost);
  ++passes_;
  Cost& cost = costs_[pass.drafted];
  double seconds = pass.seconds;
  if (cost.passes > 0) seconds = std::min(seconds, kOutlier * cost.seconds);
  ++cost.passes;
  cost.latest = passes_;
  cost.seconds +=
      (seconds - cost.seconds) / std::min(kSecondsMemory, static_cast<double>(cost.passes));

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

double DraftLength::SecondsPerToken(int length) const {
  double tokens = 1;
  for (int i = 0; i < length; ++i) tokens = 1 + acceptance() * tokens;
  return costs_[length].seconds / tokens;
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
  return costs_[length].passes == 0 || passes_ - costs_[length].latest >= kStalePasses;
}

}  // namespace llama2
