#include "tools/bench/bench_model.h"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/make_transformer.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "tools/model_files.h"
#include "tools/run_config.pb.h"

namespace llama2 {
namespace {

constexpr int kBos = 1;

// What is timed takes this long at least, or is gone through again.
constexpr double kLeastMs = 100;

// Of a generation, as many tokens are generated before it is timed.
constexpr int kWarmUp = 8;

double ClockMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// VmHWM, the most memory that was resident so far; 0 where the system does not say.
double PeakMib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, "VmHWM:")) continue;
    double kib = 0;
    const std::vector<absl::string_view> words =
        absl::StrSplit(rest, absl::ByAnyChar("\t "), absl::SkipEmpty());
    return !words.empty() && absl::SimpleAtod(words[0], &kib) ? kib / 1024 : 0;
  }
  return 0;
}

// Tokens that differ, the same in every run.
std::vector<int> Prompt(int tokens, int64_t vocab_size) {
  std::vector<int> prompt(tokens);
  for (int i = 0; i < tokens; ++i) {
    prompt[i] = i == 0 ? kBos : static_cast<int>(i * int64_t{7919} % vocab_size);
  }
  return prompt;
}

void Decode(Session& session, int tokens) {
  session.Rewind(0);
  int token = kBos;
  for (int i = 0; i < tokens; ++i) {
    token = static_cast<int>(session.model().kernels().Argmax(
        session.Append({token}, i == 0 ? WhichLogits::kAll : WhichLogits::kLargest)));
  }
}

BenchPhase RunPhase(Session& session, const Phase& phase) {
  const std::vector<int> prompt = Prompt(phase.tokens, session.model().config().vocab_size);
  const auto run = [&] {
    if (phase.kind == Phase::kDecode) return Decode(session, phase.tokens);
    session.Rewind(0);
    session.Append(prompt);
  };
  if (phase.kind == Phase::kDecode) {
    Decode(session, std::min(phase.tokens, kWarmUp));
  } else {
    run();
  }
  int64_t tokens = 0;
  double ms = 0;
  for (const double begin = ClockMs(); ms < kLeastMs; ms = ClockMs() - begin) {
    run();
    tokens += phase.tokens;
  }
  BenchPhase result;
  result.set_name(std::string(PhaseName(phase.kind)));
  result.set_tokens(phase.tokens);
  result.set_tokens_per_second(static_cast<double>(tokens) / ms * 1e3);
  result.set_peak_mib(PeakMib());
  return result;
}

}  // namespace

absl::StatusOr<Checkpoint> OpenBenchCheckpoint(const std::string& name) {
  RunConfig files;
  if (name != "default") files.set_checkpoint(name);
  return OpenCheckpoint(files);
}

absl::StatusOr<BenchRun> RunModelOnce(const std::string& name, const BenchOptions& options,
                                      int threads) {
  const double begin = ClockMs();
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenBenchCheckpoint(name));
  const Kernels kernels(options.isa);
  ASSIGN_OR_RETURN(const std::unique_ptr<const Transformer> model,
                   MakeTransformer(std::move(checkpoint), kernels));
  std::vector<std::string> notes;
  std::vector<Phase> phases = PhasesOf(options, model->config().seq_len, &notes);
  int64_t capacity = 1;
  for (const Phase& phase : phases) capacity = std::max<int64_t>(capacity, phase.tokens);
  ThreadTeam team(threads);
  ASSIGN_OR_RETURN(Session session, Session::Create(*model, team, {.capacity = capacity}));
  BenchRun result;
  result.set_load_ms(ClockMs() - begin);
  Decode(session, 1);
  result.set_first_token_clock_ms(ClockMs());

  std::stable_sort(phases.begin(), phases.end(), [](const Phase& a, const Phase& b) {
    return a.kind == Phase::kDecode && b.kind != Phase::kDecode;
  });
  for (const Phase& phase : phases) *result.add_phase() = RunPhase(session, phase);
  return result;
}

}  // namespace llama2
