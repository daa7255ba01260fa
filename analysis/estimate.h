// Means with their standard errors, and quantiles: how sure a number is.
//
//   std::vector<Group> stories = {{.sum = 210.5, .count = 180}, {.sum = 95.1, .count = 77}};
//   const Estimate nats_per_token = MeanOfGroups(stories);
//
// The tokens of a story are not independent: a model that has missed the hero's name misses it
// again. Stories are. So the unit is the story (a group, in general), and the error that of a
// ratio of two sums over groups, linearised: Cochran, "Sampling Techniques", 1977, section 6.4.
// Where every group has one member, it is the familiar s / sqrt(n).
#ifndef LLAMA2_ANALYSIS_ESTIMATE_H_
#define LLAMA2_ANALYSIS_ESTIMATE_H_

#include <vector>

#include "absl/types/span.h"
#include "analysis/evaluation.pb.h"

namespace llama2 {

// Of the members of a group: the sum of what is averaged, and how many they are.
struct Group {
  double sum = 0;
  double count = 0;
};

// The mean over all members of all groups, and its standard error unless there is one group
// only. There are members. The order of the groups decides the last bits, nothing else does.
Estimate MeanOfGroups(absl::Span<const Group> groups);

// The standard error of a sum over groups to which each adds one of `parts`, which are 0 in the
// mean; two or more.
double StandardErrorOfSum(absl::Span<const double> parts);

// The smallest of `values` that at least a share `q` of them do not exceed, 0 < q <= 1; there
// are values.
double Quantile(std::vector<double> values, double q);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_ESTIMATE_H_
