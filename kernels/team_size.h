// How many members of a team are worth having, learned from how long they wait for each
// other. A member that waits for another whose processor is doing something else, or for
// a step that is too short to be shared out, is no help; the others are faster without it.
//
//   TeamSize size(/*most=*/8, TeamSize::Begin::kAlone);
//   int members = size.Choose(Finding::kOpen);
//   ... seconds that the members took, and that one of them waited ...
//   size.Add(seconds, waited);
//   if (size.next() > size.members()) ... the new ones watch their processors ...
//   members = size.Choose(/*what they found=*/Finding::kOwn);
#ifndef LLAMA2_KERNELS_TEAM_SIZE_H_
#define LLAMA2_KERNELS_TEAM_SIZE_H_

#include <algorithm>

#include "kernels/processor_watch.h"

namespace llama2 {

// It begins with one member. Others join when they have found that their processors are
// their own (kernels/processor_watch.h): while another process has them, trying costs those
// who compute nothing. Where half as many members would have been faster, there are half as
// many; after a while, which is long beside what was lost, twice as many are tried again.
//
// Thread-safety: one caller at a time.
class TeamSize {
 public:
  using Finding = ProcessorWatch::Finding;

  // How the first run, of which nothing is known, is done.
  enum class Begin {
    kTogether,  // by all: it is long beside the few milliseconds that waiting may cost
    kAlone,     // by one, until others have found their processors to be their own
  };

  // most > 0.
  TeamSize(int most, Begin begin);

  // How many members there are, 1 .. most.
  int members() const { return members_; }

  // How many there will be when those who are new find that they have processors of their
  // own; members() while more are not wanted.
  int next() const { return rest_ > 0 ? members_ : std::min(most_, 2 * members_); }

  // The members of the next run, those who are new having found that.
  int Choose(Finding finding);

  // A run of members() took that long, and the member that waited most waited so long.
  void Add(double seconds, double waited);

 private:
  // To go on for long beside what was lost before more are tried, and twice as long each
  // time that nothing was gained.
  void Rest(double lost);

  int most_;
  int members_ = 1;
  bool trusting_;       // nothing is known against any processor
  double seconds_ = 0;  // of the runs that are judged together
  double waited_ = 0;
  double rest_ = 0;  // the seconds to go on before more are tried
  double patience_;  // what was lost is multiplied with for the next rest
};

}  // namespace llama2

#endif  // LLAMA2_KERNELS_TEAM_SIZE_H_
