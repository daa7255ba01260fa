// A text from a model, with what the model thinks of it: the tokens that were sampled and how
// probable it found each.
//
//   const std::vector<int> prompt = encoder.Encode("Once upon a time", {.add_bos = true});
//   Sampler sampler({.temperature = 0.8f, .seed = 42}, model->kernels());
//   session.Rewind(0);
//   ASSIGN_OR_RETURN(const SampledText sample,
//                    SampleText(prompt, {}, vocabulary, sampler, session, go_on));
//   double mean_log_likelihood = -sample.nats / sample.tokens.size();
#ifndef LLAMA2_ANALYSIS_SAMPLE_TEXT_H_
#define LLAMA2_ANALYSIS_SAMPLE_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "sampling/stop_list.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

struct SampleTextOptions {
  // Positions of the session that may be used, the prompt's among them; 0: all.
  int64_t positions = 0;
  const StopList* stops = nullptr;  // that end the text, outliving the call
};

struct SampledText {
  std::string text;         // behind the prompt's; ends before a stop string
  std::vector<int> tokens;  // that were sampled, but for a BOS or EOS at the end
  // The sum over `tokens` of -ln p, where p is what the model gives the token after all that
  // is before it: at temperature 1 and of the whole vocabulary, however it was sampled.
  double nats = 0;
  StopReason reason = StopReason::kLength;
};

// What Generate (llama/generate.h) makes of the prompt. `go_on` is asked as its text callback
// is; where it says false the text ends, kCaller. DataLoss: as Generate.
absl::StatusOr<SampledText> SampleText(absl::Span<const int> prompt,
                                       const SampleTextOptions& options,
                                       const Vocabulary& vocabulary, Sampler& sampler,
                                       Session& session, absl::FunctionRef<bool()> go_on);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_SAMPLE_TEXT_H_
