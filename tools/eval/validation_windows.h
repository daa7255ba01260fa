// The windows of a text that `train` computes its validation loss on, for `eval`.
//
//   ASSIGN_OR_RETURN(const std::vector<Passage> passages,
//                    ValidationWindows(corpus.stories(), vocabulary, config.seq_len,
//                                      /*count=*/100, /*held_out=*/0.01));
#ifndef LLAMA2_TOOLS_EVAL_VALIDATION_WINDOWS_H_
#define LLAMA2_TOOLS_EVAL_VALIDATION_WINDOWS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analysis/passage.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// `count` windows of `length` tokens to read and one more to foretell, spread evenly over the
// stories' tokens, one story after the other with a BOS in front of each: what
// training/dataset.h has for ValidationWindow. `held_out` above 0 takes the last stories only,
// which make up about that share of the tokens (Dataset::Split); 0 takes all, as train does
// with a validation_text.
// InvalidArgument where that is less than a window, or there is nothing to hold it out from.
absl::StatusOr<std::vector<Passage>> ValidationWindows(
    absl::Span<const absl::string_view> stories, const Vocabulary& vocabulary, int64_t length,
    int64_t count, double held_out);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_EVAL_VALIDATION_WINDOWS_H_
