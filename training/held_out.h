// Which part of a text is held out from training, and which of its windows the validation
// loss takes: one rule for `train`, and for `eval` when it computes the same number again.
//
//   const int64_t begin = HeldOutBegin(story_begins, tokens, /*fraction=*/0.01);
//   for (int64_t i = 0; i < 100; ++i) {
//     Score(begin + ValidationPlace(i, 100, tokens - begin - window + 1));
//   }
#ifndef LLAMA2_TRAINING_HELD_OUT_H_
#define LLAMA2_TRAINING_HELD_OUT_H_

#include <cstdint>

#include "absl/types/span.h"

namespace llama2 {

// The token with which what is held out begins, of `tokens` in stories that begin at
// `story_begins`, two or more, in order, the first at 0: the begin of the story that the
// fraction cuts, but never the first. 0 < fraction < 1.
int64_t HeldOutBegin(absl::Span<const int64_t> story_begins, int64_t tokens, double fraction);

// Where window `index` of `count` that are spread evenly begins, of the places
// 0 .. places - 1; 0 <= index < count, places > 0.
int64_t ValidationPlace(int64_t index, int64_t count, int64_t places);

}  // namespace llama2

#endif  // LLAMA2_TRAINING_HELD_OUT_H_
