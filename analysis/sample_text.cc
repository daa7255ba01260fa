#include "analysis/sample_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "llama/cross_entropy.h"
#include "tokenizer/decoder.h"

namespace llama2 {

absl::StatusOr<SampledText> SampleText(absl::Span<const int> prompt,
                                       const SampleTextOptions& options,
                                       const Vocabulary& vocabulary, Sampler& sampler,
                                       Session& session, absl::FunctionRef<bool()> go_on) {
  const int64_t limit = options.positions > 0 ? std::min(options.positions, session.capacity())
                                              : session.capacity();
  CHECK(!prompt.empty() && prompt.size() <= limit && session.position() == 0);
  const StopList no_stops;
  StopMatcher matcher(options.stops != nullptr ? options.stops : &no_stops);
  Decoder decoder(&vocabulary);
  for (const int token : prompt) decoder.Decode(token);

  SampledText sample;
  std::vector<int> history(prompt.begin(), prompt.end());
  std::vector<float> model_logits;
  absl::Span<float> logits = session.Append(prompt);
  while (true) {
    if (!go_on()) {
      sample.reason = StopReason::kCaller;
      break;
    }
    model_logits.assign(logits.begin(), logits.end());  // the sampler overwrites them
    ASSIGN_OR_RETURN(const int token, sampler.Sample(logits, history));
    if (token == Vocabulary::bos_id() || token == Vocabulary::eos_id()) {
      sample.reason = token == Vocabulary::bos_id() ? StopReason::kBos : StopReason::kEos;
      break;
    }
    sample.tokens.push_back(token);
    sample.nats += CrossEntropy(session.model().kernels(), token, absl::MakeSpan(model_logits));
    history.push_back(token);
    absl::StrAppend(&sample.text, matcher.Push(decoder.Decode(token)));
    if (matcher.stopped()) {
      sample.reason = StopReason::kStopString;
      break;
    }
    if (session.position() >= limit) break;
    logits = session.Append({token});
  }
  absl::StrAppend(&sample.text, matcher.Push(decoder.Flush()));
  absl::StrAppend(&sample.text, matcher.Flush());
  return sample;
}

}  // namespace llama2
