// How well a model foretells texts, and how another foretells the same.
//
//   const std::vector<Passage> passages = StoryPassages(corpus.stories(), vocabulary);
//   ASSIGN_OR_RETURN(const EvalReport report,
//                    EvaluatePassages(passages, *model, options, progress));
//   ASSIGN_OR_RETURN(const ComparisonReport comparison,
//                    ComparePassages(passages, *fp32, *int8, options, progress));
#ifndef LLAMA2_ANALYSIS_EVALUATE_PASSAGES_H_
#define LLAMA2_ANALYSIS_EVALUATE_PASSAGES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "analysis/evaluation.pb.h"
#include "analysis/passage.h"
#include "analysis/session_pool.h"
#include "llama/transformer.h"

namespace llama2 {

// Nothing but the window and the stride changes the numbers.
struct EvalOptions {
  int64_t window = 512;  // tokens that a model reads in one go, up to its context
  int64_t stride = 256;  // from one window of a passage to the next, 1 .. window
  int64_t batch = 128;   // tokens of a window that go through a model together, 1 or more
  int threads = 1;       // of which each takes a window at a time
};

// The mean loss of the tokens that the passages foretell (llama/score.h), each passage by
// itself. Fills all but the checkpoint's name. Memory does not grow with the vocabulary times
// the text: logits are gone when their batch is done.
// InvalidArgument: there is no token to foretell. Cancelled: `progress`, which counts windows,
// said so. ResourceExhausted: no memory for a thread's session. DataLoss: the model's logits
// are not numbers.
absl::StatusOr<EvalReport> EvaluatePassages(absl::Span<const Passage> passages,
                                            const Transformer& model,
                                            const EvalOptions& options, Progress progress);

// `reference` and `other`, which have vocabularies of one size, over the same tokens in the
// same windows, batch by batch. The standard errors are those of paired differences: what
// makes a story hard for both is not in them. The perplexities' are linearised (the delta
// method). Errors as above; DataLoss says which is damaged, P, the reference, or Q.
absl::StatusOr<ComparisonReport> ComparePassages(absl::Span<const Passage> passages,
                                                 const Transformer& reference,
                                                 const Transformer& other,
                                                 const EvalOptions& options, Progress progress);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_EVALUATE_PASSAGES_H_
