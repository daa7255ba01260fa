// How many tokens to draft before the model checks them, decided one by one as they are
// drafted: from how sure the drafter is of each, how often such tokens have been accepted,
// and what drafting and checking take. Pure arithmetic: whoever drafts brings the seconds.
//
//   DraftLength length;
//   while (...) {                                          // a pass of the model
//     while (length.More()) length.Add(Draft().sureness);  // none: a plain step
//     length.Record({.accepted = Check(), .draft_seconds = ..., .check_seconds = ...});
//   }
//
// A drafted token counts if it is accepted and all before it were: the product of their
// chances. Drafting makes tokens at some rate, so many a second; one more token is worth
// drafting while it adds tokens at no lower rate than that. A token of which the drafter is
// not sure is thus checked, for that costs little, but nothing is built on it.
//
// Leviathan et al., "Fast Inference from Transformers via Speculative Decoding", 2023, have
// one length and one chance for all tokens. That the best rate is the one at which a last
// token just pays is Dinkelbach, "On Nonlinear Fractional Programming", 1967.
#ifndef LLAMA2_LLAMA_DRAFT_LENGTH_H_
#define LLAMA2_LLAMA_DRAFT_LENGTH_H_

#include <array>
#include <cstdint>

namespace llama2 {

// All that is learned is averages over recent passes. Drafting goes on while it makes tokens
// faster than plain steps, which are taken now and then to know. Where it does not, it is
// tried again now and then, unless trials have lost more than a small share of all the time:
// so where nothing pays, drafting is off, and has cost some hundredths.
//
// Thread-safety: one thread at a time.
class DraftLength {
 public:
  static constexpr int kMost = 16;
  // How sure a drafter can be: 0 .. kLevels - 1, the highest the surest. What a level means
  // is the drafter's affair; how often its tokens are accepted is learned.
  static constexpr int kLevels = 8;

  // Adapts.
  DraftLength();

  // Is always `length`, 0 .. kMost.
  static DraftLength Fixed(int length);

  // Whether to draft a token, or one more, for the next pass: never more than kMost.
  // Drafting again would first take `catch_up_seconds`, once.
  bool More(double catch_up_seconds = 0) const;

  // A token has been drafted for the next pass.
  void Add(int sureness);

  // The pass has been made.
  struct Pass {
    int accepted = 0;  // of the drafted tokens the first ones, up to the first that was wrong
    double draft_seconds = 0;
    double check_seconds = 0;  // the pass of the model
    // And those before it that came on top, because nothing had been drafted for a while.
    double catch_up_seconds = 0;
  };
  void Record(const Pass& pass);

  // How many tokens have been drafted for the next pass.
  int drafted() const { return drafted_; }

  // The chance of a drafted token to be accepted, if those before it were: of any, and of
  // one of which the drafter is so sure.
  double acceptance() const { return any_.Share(); }
  double acceptance(int sureness) const { return levels_[sureness].Share(); }

 private:
  // Seconds of one kind, averaged.
  struct Cost {
    double seconds = 0;
    int64_t times = 0;
    int64_t latest = 0;  // when the last was, counted in passes of any kind

    // Counts one at pass `now`, and returns its seconds, or fewer where it was interrupted.
    double Add(double more, int64_t now);
    bool Stale(int64_t now) const;
  };

  // Sums in which older passes count less and less.
  struct Ratio {
    double part = 0;
    double whole = 0;

    void Add(double more_part, double more_whole, double memory);
    double Share() const { return part / whole; }
  };

  bool Begins(double catch_up_seconds) const;
  bool GoesOn() const;
  const Cost& plain() const { return checks_[0]; }

  // What a pass takes that checks so many, for each number, from those that are known.
  void EstimateChecks();
  // Has the estimates between `from` and `to` grow, by so much each.
  void Grow(int from, int to, double growth);

  int fixed_ = -1;  // or the length
  int64_t passes_ = 0;
  int most_;  // no longer draft is tried yet
  Ratio any_;
  std::array<Ratio, kLevels> levels_;

  Cost draft_;                          // a token
  Cost trial_;                          // a pass that checks something, drafting included
  std::array<Cost, kMost + 1> checks_;  // the pass alone, by how many it checks
  std::array<double, kMost + 1> check_seconds_ = {};  // as estimated
  Ratio rate_;                                        // tokens a second, of trials

  double total_seconds_ = 0;
  double lost_seconds_ = 0;  // by drafting, since it last was even
  bool paying_ = false;      // the last pass checked something and beat plain steps

  // The next pass: what has been drafted, and the chance that all of it is accepted.
  std::array<int, kMost> sureness_ = {};
  int drafted_ = 0;
  double all_accepted_ = 1;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_DRAFT_LENGTH_H_
