#include "tools/run_model.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"
#include "llama/chat.h"
#include "llama/config.h"
#include "llama/drafter.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "sampling/stop_list.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"
#include "tools/cli/line_input.h"
#include "tools/model_files.h"
#include "tools/open_drafter.h"
#include "tools/run_config.h"
#include "tools/statistics.h"

namespace llama2 {
namespace {

// What a run works with; all of it outlives the run.
struct Run {
  const RunConfig& config;
  const Vocabulary& vocabulary;
  const StopList& stops;
  Sampler& sampler;
  Session& session;
  Drafter* drafter;  // or null
  const Interrupt& interrupt;
  const Messages& messages;
  TextOutput& out;
  TextCallback print;  // to `out`; false once that fails or a signal comes
};

absl::StatusOr<GenerationStats> GenerateText(const Run& run) {
  const Encoder encoder(&run.vocabulary);
  const std::vector<int> prompt = encoder.Encode(run.config.prompt(), {.add_bos = true});
  const GenerationOptions options = {.positions = run.config.steps(),
                                     .echo = true,
                                     .stops = &run.stops,
                                     .drafter = run.drafter};
  absl::StatusOr<GenerationStats> stats =
      Generate(prompt, options, run.vocabulary, run.sampler, run.session, run.print);
  run.out.Write("\n");
  return stats;
}

// Answers messages until the input or the context is at its end.
absl::StatusOr<GenerationStats> AnswerMessages(const Run& run, Chat& chat, LineInput& input) {
  static constexpr char kQuestion[] = "User: ";
  GenerationStats sum;
  std::optional<std::string> message =
      run.config.has_prompt() ? run.config.prompt() : input.Next(kQuestion);
  for (; message.has_value(); message = input.Next(kQuestion)) {
    input.Show("Assistant: ");
    const absl::StatusOr<GenerationStats> stats = chat.Say(*message, run.print);
    if (absl::IsResourceExhausted(stats.status())) {  // no room: nothing was printed
      if (!input.interactive()) return stats;
      run.messages.Print(stats.status().message());
      continue;
    }
    run.out.Write("\n");
    RETURN_IF_ERROR(stats.status());
    Accumulate(*stats, sum);
    if (stats->reason == StopReason::kCaller) break;
    if (stats->reason == StopReason::kLength) {
      run.messages.Print("the context is full: the conversation ends here");
      break;
    }
  }
  RETURN_IF_ERROR(input.status());
  return sum;
}

absl::StatusOr<GenerationStats> Converse(const Run& run) {
  LineInput input(STDIN_FILENO, &run.interrupt);
  const std::optional<std::string> system_prompt =
      run.config.has_system_prompt() ? run.config.system_prompt()
                                     : input.Next("Enter system prompt (optional): ");
  Chat chat(&run.vocabulary, &run.sampler, &run.session,
            {.system_prompt = system_prompt.value_or(""),
             .positions = run.config.steps(),
             .stops = &run.stops,
             .drafter = run.drafter});
  return AnswerMessages(run, chat, input);
}

// What the sampler says of the logits, it says of the checkpoint.
absl::Status NameCheckpoint(const absl::Status& status, const RunConfig& config) {
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(absl::StrCat(CheckpointName(config), ": ", status.message()));
}

uint64_t SeedFromClock() {
  return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// With fewer parameters a text takes milliseconds, of which one of several threads that
// waits for a processor costs some.
constexpr int64_t kParametersToBeginTogether = 4'000'000;

// As many threads as were asked for, and there are processors for; otherwise as many as are
// of use.
ThreadTeam MakeTeam(const RunConfig& config, const Config& model) {
  const int processors = AvailableProcessors();
  if (config.threads() > 0) return ThreadTeam(std::min(config.threads(), processors));
  return ThreadTeam(processors, model.parameters() < kParametersToBeginTogether
                                    ? ThreadTeam::Sizing::kAdaptiveFromOne
                                    : ThreadTeam::Sizing::kAdaptive);
}

}  // namespace

absl::Status RunModel(const RunConfig& config, const ModelLoader& load_model,
                      const Interrupt& interrupt, const Messages& messages, TextOutput& out) {
  ASSIGN_OR_RETURN(const Isa isa, config.isa().empty() ? BestIsa() : ParseIsa(config.isa()));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(config));
  // Early: it finds out about the processors while the model is loaded.
  ThreadTeam team = MakeTeam(config, checkpoint.config());
  ASSIGN_OR_RETURN(const std::unique_ptr<const Transformer> model,
                   load_model(std::move(checkpoint), config, Kernels(isa), messages));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary,
                   OpenVocabulary(config, model->config().vocab_size));
  ASSIGN_OR_RETURN(const StopList stops,
                   StopList::Create({config.stop().begin(), config.stop().end()}));
  const int64_t positions = std::min<int64_t>(config.steps(), model->config().seq_len);
  ASSIGN_OR_RETURN(
      Session session,
      Session::Create(*model, team, {.capacity = positions, .chunk = config.prefill_chunk()}));
  SamplerOptions sampler_options = SamplerOptionsOf(config);
  if (config.seed() == 0) sampler_options.seed = SeedFromClock();
  Sampler sampler(sampler_options, model->kernels());
  ASSIGN_OR_RETURN(const std::unique_ptr<Drafter> drafter,
                   OpenDrafter(config, session, team, sampler, messages));
  const auto print = [&](absl::string_view text) {
    return out.Write(text) && interrupt.signal() == 0;
  };

  const Run run = {config,        vocabulary, stops,    sampler, session,
                   drafter.get(), interrupt,  messages, out,     print};
  const absl::StatusOr<GenerationStats> stats =
      config.mode() == RunConfig::CHAT ? Converse(run) : GenerateText(run);
  RETURN_IF_ERROR(out.status());
  if (!stats.ok()) return NameCheckpoint(stats.status(), config);
  if (config.quiet()) return absl::OkStatus();
  // So that a text that somebody likes can be had again.
  const bool by_clock = config.seed() == 0 && config.temperature() > 0;
  std::fprintf(stderr, "%s%s\n", StatisticsLine(*stats, team.size(), isa).c_str(),
               by_clock ? absl::StrCat(", seed ", sampler_options.seed).c_str() : "");
  return absl::OkStatus();
}

}  // namespace llama2
