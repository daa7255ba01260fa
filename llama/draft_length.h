// How many tokens to draft before the model checks them, learned from what drafting costs and
// how many tokens the model accepts. Pure arithmetic: whoever drafts brings the seconds.
//
//   DraftLength length;
//   while (...) {
//     const int drafted = Draft(length.Next());            // 0: a plain step
//     const int accepted = Check(drafted);
//     length.Record({.drafted = drafted, .accepted = accepted, .seconds = Elapsed()});
//   }
//
// Where a drafted token is accepted with probability a if those before it were, a pass that
// checks k of them gives 1 + a + a^2 + ... + a^k tokens on average (Leviathan et al., "Fast
// Inference from Transformers via Speculative Decoding", 2023, equation 1). The best k has
// the least seconds for each of them; k = 0, a plain step, is one of the choices.
#ifndef LLAMA2_LLAMA_DRAFT_LENGTH_H_
#define LLAMA2_LLAMA_DRAFT_LENGTH_H_

#include <array>
#include <cstdint>

namespace llama2 {

// Seconds are averages over the recent passes of each length, acceptance over the recent
// passes of any. Lengths near the best one are tried again now and then, plain steps too;
// trials stop while drafting has lost, against plain steps, more than a small share of all
// the time: so where nothing pays, drafting is off, and has cost some hundredths.
//
// Thread-safety: one thread at a time.
class DraftLength {
 public:
  static constexpr int kMost = 16;

  // Adapts.
  DraftLength() = default;

  // Is always `length`, 0 .. kMost.
  static DraftLength Fixed(int length);

  // How many tokens to draft for the next pass, 0 .. kMost. Fewer may be drafted. Drafting
  // again would first take `catch_up_seconds`, once.
  int Next(double catch_up_seconds = 0) const;

  // One pass of the model, and the drafting before it.
  struct Pass {
    int drafted = 0;   // 0 .. kMost
    int accepted = 0;  // 0 .. drafted: the first ones, up to the first that was wrong
    double seconds = 0;
    // And those before it that came on top, because nothing had been drafted for a while.
    double catch_up_seconds = 0;
  };
  void Record(const Pass& pass);

  // The probability with which a drafted token is accepted, if those before it were.
  double acceptance() const { return accepted_ / tried_; }

 private:
  // What passes of one length took.
  struct Cost {
    double seconds = 0;  // averaged
    int64_t passes = 0;
    int64_t latest = 0;  // when the last of them was, counted in passes of any length

    // Counts a pass, and returns its seconds, or fewer where it was interrupted.
    double Add(double pass_seconds);
  };

  // What a pass that checks so many gives on average.
  double Tokens(int length) const;
  double SecondsPerToken(int length) const;
  // The length from `first` on with the least SecondsPerToken, of those that have been
  // tried; `otherwise` where none has.
  int Best(int first, int otherwise) const;
  bool Stale(int length) const;

  int fixed_ = -1;  // or the length
  std::array<Cost, kMost + 1> costs_;
  int64_t passes_ = 0;
  // Sums in which older passes count less and less. They begin with what a pass of an
  // ordinary draft might give, worth less than one pass.
  double accepted_ = 1.5;
  double tried_ = 2;
  double total_seconds_ = 0;
  double lost_seconds_ = 0;  // by drafting, since it last was even
  int paying_ = 0;           // what the last pass drafted, if it beat plain steps; or 0
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_DRAFT_LENGTH_H_
