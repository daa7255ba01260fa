// The order of tokens by their probabilities, or by their logits.
//
//   for (int id : Likeliest(probabilities, 10)) Show(id, probabilities[id]);
#ifndef LLAMA2_ANALYSIS_LIKELIEST_H_
#define LLAMA2_ANALYSIS_LIKELIEST_H_

#include <vector>

#include "absl/types/span.h"

namespace llama2 {

// The `count` largest of `scores`, or all if there are fewer, falling; equals by their ids.
std::vector<int> Likeliest(absl::Span<const float> scores, int count);

// Where `id` stands in that order, from 1.
int RankOf(int id, absl::Span<const float> scores);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_LIKELIEST_H_
