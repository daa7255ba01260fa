// Text from a model: a prompt goes in, pieces of text come out as they are sampled.
//
//   Encoder encoder(&vocabulary);
//   Sampler sampler({.temperature = 0.8f, .seed = 42}, model->kernels());
//   const std::vector<int> prompt = encoder.Encode("Once upon a time", {.add_bos = true});
//   ASSIGN_OR_RETURN(GenerationStats stats,
//                    Generate(prompt, {.echo = true}, vocabulary, sampler, session,
//                             [](absl::string_view text) { std::cout << text; return true; }));
#ifndef LLAMA2_LLAMA_GENERATE_H_
#define LLAMA2_LLAMA_GENERATE_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "llama/drafter.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "sampling/stop_list.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// Why a generation ended.
enum class StopReason {
  kBos,         // the model began a new text
  kEos,         // the model ended the text
  kStopString,  // a string of the stop list came; it is not part of the text
  kLength,      // `positions`, or the session's capacity, is used up
  kCaller,      // the callback said so
};

// How a token was chosen: for who wants to look on.
struct Choice {
  absl::Span<const float> logits;  // (V) that the model gave
  const SamplerTrace& trace;  // what the sampler made of them; trace.token may be BOS or EOS
};

struct GenerationOptions {
  // How many positions of the session may be used, the prompt's and those before it
  // among them: llama2.c's -n. 0, or more than the session's capacity: all of them.
  // A prompt that is longer is echoed as far as that, and nothing is generated.
  int64_t positions = 0;

  // Whether the prompt's text is given out, too.
  bool echo = false;

  // Strings that end the text, outliving the call; none where null. They are looked
  // for in what is generated, not in the prompt.
  const StopList* stops = nullptr;

  // Who foretells tokens, so that the model can check several in one pass; nobody where null.
  // The text is the same, only the speed is not. It outlives the call, and has been told by
  // earlier calls what they put into the session.
  Drafter* drafter = nullptr;

  // Called for each choice, before its text is given out. The text is the same.
  std::function<void(const Choice&)> on_choice;
};

struct GenerationStats {
  int64_t prompt_tokens = 0;
  int64_t generated_tokens = 0;  // sampled ones, BOS and EOS not counted
  // From the call to the end of the prompt's forward passes (0 where the prompt did not
  // fit and none were made), and from there to the end. Times are in seconds, the
  // callback's among them.
  double prefill_seconds = 0;
  double decode_seconds = 0;
  double first_token_seconds = 0;  // from the call until the first token was sampled
  StopReason reason = StopReason::kLength;
  std::optional<DraftStats> draft;  // where there is a drafter

  // Tokens a second; 0 where there is nothing to divide.
  double prefill_rate() const;
  double decode_rate() const;
};

// Receives the next piece of text, valid UTF-8, perhaps empty; false ends the
// generation. It is called for each token, and between the chunks of a long prompt. The
// session is not for it to use.
using TextCallback = absl::FunctionRef<bool(absl::string_view)>;

// Appends `prompt` (at least one token, ids of `vocabulary`) to the session, then
// samples token after token, until one of StopReason. What has been generated stays in
// the session, but for the last sampled token.
//
// The text depends on the model, the prompt and the sampler's state alone. DataLoss, as
// Sampler::Sample says it, where the model's logits are not numbers.
absl::StatusOr<GenerationStats> Generate(absl::Span<const int> prompt,
                                         const GenerationOptions& options,
                                         const Vocabulary& vocabulary, Sampler& sampler,
                                         Session& session, TextCallback on_text);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_GENERATE_H_
