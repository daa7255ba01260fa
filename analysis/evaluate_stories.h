// How well a model foretells stories.
//
//   ASSIGN_OR_RETURN(const EvalReport report,
//                    EvaluateStories(corpus.stories(), vocabulary, *model, options, progress));
//   double nats = report.nats_per_token();
#ifndef LLAMA2_ANALYSIS_EVALUATE_STORIES_H_
#define LLAMA2_ANALYSIS_EVALUATE_STORIES_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analysis/evaluation.pb.h"
#include "llama/transformer.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// Stories done, of all; false stops.
using EvalProgress = absl::FunctionRef<bool(int64_t done, int64_t total)>;

struct EvalOptions {
  int64_t window = 512;  // tokens that go through the model together, 2 or more
  int64_t stride = 256;  // from one window of a story to the next, 1 .. window
  bool cut = false;      // only what the first window holds
  int threads = 1;       // of which each takes a story at a time
};

// The mean loss of the stories' tokens (llama/score.h), each story behind a BOS and by
// itself. Fills all but the checkpoint's name; the same numbers for any number of threads.
// Cancelled: `progress` said so. ResourceExhausted: no memory for a thread's session.
absl::StatusOr<EvalReport> EvaluateStories(absl::Span<const absl::string_view> stories,
                                           const Vocabulary& vocabulary,
                                           const Transformer& model, const EvalOptions& options,
                                           EvalProgress progress);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_EVALUATE_STORIES_H_
