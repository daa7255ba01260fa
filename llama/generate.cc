#include "llama/generate.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/stopwatch.h"
#include "llama/speculative_session.h"
#include "llama/transformer.h"
#include "tokenizer/decoder.h"

namespace llama2 {
namespace {

double Rate(int64_t tokens, double seconds) { return seconds > 0 ? tokens / seconds : 0; }

// One generation under way.
class Generation {
 public:
  Generation(const GenerationOptions& options, const Vocabulary& vocabulary, Sampler& sampler,
             Session& session, TextCallback on_text)
      : options_(options),
        sampler_(sampler),
        on_text_(on_text),
        decoder_(&vocabulary),
        matcher_(options.stops != nullptr ? options.stops : &no_stops_),
        which_logits_(sampler.NeedsAllLogits() || options.on_choice ? WhichLogits::kAll
                                                                    : WhichLogits::kLargest),
        limit_(options.positions > 0 ? std::min(options.positions, session.capacity())
                                     : session.capacity()),
        session_(&session, {.limit = limit_, .drafter = options.drafter, .sampler = &sampler}) {
  }

  absl::StatusOr<GenerationStats> Run(absl::Span<const int> prompt) {
    stats_.prompt_tokens = prompt.size();
    history_.assign(prompt.begin(), prompt.end());
    const int64_t room = std::max<int64_t>(0, limit_ - session_.position());
    // llama2.c shows a token for each position that it computes, the one that follows
    // it: of a prompt that is too long, one more token is shown than there is room for.
    const bool fits = static_cast<int64_t>(prompt.size()) <= room;
    if (!fits) prompt = prompt.first(std::min<int64_t>(prompt.size(), room + 1));

    absl::Status status;
    if (ReadPrompt(prompt, fits)) {
      if (fits) status = SampleUntilStop();
      if (status.ok()) Finish();
    }
    stats_.decode_seconds = watch_.Seconds() - stats_.prefill_seconds;
    if (!status.ok()) return status;
    if (options_.drafter != nullptr) stats_.draft = session_.stats();
    return stats_;
  }

 private:
  // Echoes the prompt and puts all of it but the last chunk through the model, with a
  // look at the caller between chunks. False where the caller ends it.
  bool ReadPrompt(absl::Span<const int> prompt, bool compute) {
    while (true) {
      const absl::Span<const int> chunk = prompt.subspan(0, session_.chunk());
      std::string text;
      for (int token : chunk) text += decoder_.Decode(token);
      if (!Give(options_.echo ? text : "")) return false;
      prompt.remove_prefix(chunk.size());
      if (prompt.empty()) {
        if (!compute) return true;
        logits_ = session_.Append(chunk);
        stats_.prefill_seconds = watch_.Seconds();
        return true;
      }
      if (compute) session_.Feed(chunk);
    }
  }

  absl::Status SampleUntilStop() {
    while (true) {
      const absl::StatusOr<int> token = Choose();
      if (!token.ok()) {
        return absl::Status(
            token.status().code(),
            absl::StrCat("position ", session_.position(), ": ", token.status().message()));
      }
      if (stats_.generated_tokens == 0) stats_.first_token_seconds = watch_.Seconds();
      if (*token == Vocabulary::bos_id()) return Stop(StopReason::kBos);
      if (*token == Vocabulary::eos_id()) return Stop(StopReason::kEos);
      ++stats_.generated_tokens;
      history_.push_back(*token);
      if (!Give(matcher_.Push(decoder_.Decode(*token)))) return absl::OkStatus();
      if (matcher_.stopped()) return Stop(StopReason::kStopString);
      if (session_.position() >= limit_) return Stop(StopReason::kLength);
      logits_ = session_.Append({*token}, which_logits_);
    }
  }

  absl::StatusOr<int> Choose() {
    if (!options_.on_choice) return sampler_.Sample(logits_, history_);
    given_.assign(logits_.begin(), logits_.end());  // the sampler overwrites them
    ASSIGN_OR_RETURN(const int token, sampler_.Sample(logits_, history_, &trace_));
    options_.on_choice({given_, trace_});
    return token;
  }

  // Gives out what the decoder and the matcher hold back.
  void Finish() {
    if (stats_.reason == StopReason::kCaller) return;
    std::string rest(matcher_.Push(decoder_.Flush()));
    absl::StrAppend(&rest, matcher_.Flush());
    if (!rest.empty()) on_text_(rest);
  }

  bool Give(absl::string_view text) {
    if (on_text_(text)) return true;
    stats_.reason = StopReason::kCaller;
    return false;
  }

  absl::Status Stop(StopReason reason) {
    stats_.reason = reason;
    return absl::OkStatus();
  }

  const Stopwatch watch_;
  const StopList no_stops_;
  const GenerationOptions& options_;
  Sampler& sampler_;
  TextCallback on_text_;
  Decoder decoder_;
  StopMatcher matcher_;
  const WhichLogits which_logits_;
  const int64_t limit_;
  SpeculativeSession session_;
  std::vector<int> history_;
  absl::Span<float> logits_;
  std::vector<float> given_;  // these two where somebody looks on
  SamplerTrace trace_;
  GenerationStats stats_;
};

}  // namespace

double GenerationStats::prefill_rate() const { return Rate(prompt_tokens, prefill_seconds); }

// The first token comes out of the prompt's logits: each further one took a pass.
double GenerationStats::decode_rate() const {
  return Rate(std::max<int64_t>(0, generated_tokens - 1), decode_seconds);
}

absl::StatusOr<GenerationStats> Generate(absl::Span<const int> prompt,
                                         const GenerationOptions& options,
                                         const Vocabulary& vocabulary, Sampler& sampler,
                                         Session& session, TextCallback on_text) {
  CHECK(!prompt.empty());
  CHECK_EQ(static_cast<int64_t>(vocabulary.size()), session.model().config().vocab_size);
  return Generation(options, vocabulary, sampler, session, on_text).Run(prompt);
}

}  // namespace llama2
