#include "analysis/sample_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "llama/cross_entropy.h"

namespace llama2 {

absl::StatusOr<SampledText> SampleText(absl::Span<const int> prompt,
                                       const SampleTextOptions& options,
                                       const Vocabulary& vocabulary, Sampler& sampler,
                                       Session& session, absl::FunctionRef<bool()> go_on) {
  SampledText sample;
  std::vector<float> logits;
  const auto note = [&](const Choice& choice) {
    const int token = choice.trace.token;
    if (token == Vocabulary::bos_id() || token == Vocabulary::eos_id()) return;
    sample.tokens.push_back(token);
    logits.assign(choice.logits.begin(), choice.logits.end());  // which become probabilities
    sample.nats += CrossEntropy(session.model().kernels(), token, absl::MakeSpan(logits));
  };
  const auto take = [&](absl::string_view piece) {
    absl::StrAppend(&sample.text, piece);
    return go_on();
  };
  ASSIGN_OR_RETURN(
      const GenerationStats stats,
      Generate(prompt,
               {.positions = options.positions, .stops = options.stops, .on_choice = note},
               vocabulary, sampler, session, take));
  sample.reason = stats.reason;
  return sample;
}

}  // namespace llama2
