// How many members of a team are worth having, learned from how long they wait for each
// other. A member that waits for another whose processor is doing something else, or for
// a step that is too short to be shared out, is no help; the others are faster without it.
//
//   TeamSize size(/*most=*/8);
//   const int members = size.members();
//   ... seconds that the members took, and that one of them waited ...
//   size.Add(seconds, waited);
#ifndef LLAMA2_KERNELS_TEAM_SIZE_H_
#define LLAMA2_KERNELS_TEAM_SIZE_H_

namespace llama2 {

// Thread-safety: one caller at a time.
class TeamSize {
 public:
  // most > 0. It begins with all.
  explicit TeamSize(int most);

  // How many members the next run should have, 1 .. most.
  int members() const { return members_; }

  // A run of members() took that long, and the member that waited most waited so long.
  //
  // Where half as many members would have been faster, there are half as many; after a
  // while, which is long beside the time that was lost, twice as many are tried again. So
  // little is lost where nothing can be gained, and nothing for long where something can.
  void Add(double seconds, double waited);

 private:
  void Shrink(double lost);

  int most_;
  int members_;
  double seconds_ = 0;  // of the runs that are judged together
  double waited_ = 0;
  double rest_ = 0;     // the seconds to go on with fewer members
  double patience_;     // what was lost is multiplied with for the next rest
  int first_runs_ = 4;  // that are still to come
};

}  // namespace llama2

#endif  // LLAMA2_KERNELS_TEAM_SIZE_H_
