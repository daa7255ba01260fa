// Measures how fast models run, as a share of what the machine allows, and beside other
// programs.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "kernels/isa.h"
#include "kernels/machine_limits.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "tools/bench/bench_config.pb.h"
#include "tools/bench/bench_limits.h"
#include "tools/bench/bench_model.h"
#include "tools/bench/bench_options.h"
#include "tools/bench/bench_peer.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/bench_rounds.h"
#include "tools/cli/json_text.h"
#include "tools/cli/messages.h"
#include "tools/cli/program.h"
#include "tools/cli/progress_bar.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Measures how fast models read prompts and generate: tokens a second, the share of\n"
    "what the machine allows, memory, and the time to the first token; in rounds, beside\n"
    "other programs if asked.\n";

constexpr absl::string_view kUsage = "bench MODEL... [flags]\n";

constexpr absl::string_view kExamples =
    R"(  bench default
  bench stories15M.bin stories42M.bin -t 1,2 -p 128 -n 256
  bench stories15M.bin --peer='llama2.c=OMP_NUM_THREADS={threads} ./run {model} -t 0'
  bench model_q8.bin -t 1,2 --csv
)";

// This program, once more: --once with what the phases are.
absl::StatusOr<TimedRun> RunProcessOnce(const std::string& name, const BenchConfig& config,
                                        const BenchOptions& options, int threads) {
  ReadAhead(name);
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  TimedRun timed;
  timed.begin_clock_ms =
      static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
  ASSIGN_OR_RETURN(const ProcessOutput output,
                   RunProcess({"/proc/self/exe", "--once", absl::StrCat("--checkpoint=", name),
                               absl::StrCat("--threads=", threads),
                               absl::StrCat("--isa=", IsaName(options.isa)),
                               absl::StrCat("--prefill=", config.prefill()),
                               absl::StrCat("--decode=", config.decode())}));
  if (output.exit_code != 0) {
    return absl::UnavailableError(absl::StrCat(name, ": measuring ended with exit code ",
                                               output.exit_code, ": ", LastLine(output.err)));
  }
  if (!google::protobuf::util::JsonStringToMessage(output.out, &timed.run).ok()) {
    return absl::InternalError(
        absl::StrCat(name, ": found \"", LastLine(output.out), "\", expected JSON"));
  }
  return timed;
}

absl::StatusOr<BenchModel> Measure(const std::string& name, const BenchConfig& config,
                                   const BenchOptions& options) {
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, OpenBenchCheckpoint(name));
  std::vector<std::string> notes;
  const BenchPlan plan = {.format = checkpoint.format(),
                          .config = checkpoint.config(),
                          .phases = PhasesOf(options, checkpoint.config().seq_len, &notes),
                          .threads = options.threads,
                          .rounds = config.rounds()};
  double working_set = 0;
  for (const Phase& phase : plan.phases) {
    working_set = std::max(working_set, CostOf(phase, plan.format, plan.config).working_set);
  }
  ReadMeter meter(static_cast<size_t>(working_set));
  BenchParts parts;
  parts.rates = [&](int threads) {
    return MachineRates{.read = meter.Measure(options.isa, threads),
                        .fp32 = FmaPeak(options.isa, threads),
                        .int8 = Int8Peak(options.isa, threads)};
  };
  parts.model = [&](int threads) { return RunProcessOnce(name, config, options, threads); };
  for (const Peer& peer : options.peers) {
    parts.peers.push_back(
        {peer.name, [&](int threads) { return RunPeer(peer, name, threads); }});
  }
  ProgressBar bar(STDERR_FILENO, "bench");
  const auto progress = [&](int64_t done, int64_t total) {
    if (!config.quiet()) bar.Show(done, total);
  };
  ASSIGN_OR_RETURN(BenchModel model, RunRounds(plan, parts, progress));
  model.set_checkpoint(name);
  model.set_format(Describe(plan.format));
  model.set_config(Describe(plan.config));
  model.mutable_note()->Assign(notes.begin(), notes.end());
  return model;
}

absl::StatusOr<std::string> Bench(const BenchConfig& config) {
  ASSIGN_OR_RETURN(const BenchOptions options, BenchOptionsOf(config));
  if (config.once()) {
    ASSIGN_OR_RETURN(const BenchRun run,
                     RunModelOnce(config.checkpoint(0), options, options.threads[0]));
    return JsonText(run, JsonLayout::kOneLine) + "\n";
  }
  BenchReport report;
  report.set_isa(std::string(IsaName(options.isa)));
  report.set_rounds(config.rounds());
  for (const std::string& name : config.checkpoint()) {
    ASSIGN_OR_RETURN(*report.add_model(), Measure(name, config, options));
  }
  return config.json()  ? JsonText(report, JsonLayout::kIndented)
         : config.csv() ? BenchReportCsv(report)
                        : BenchReportText(report);
}

int Run(const BenchConfig& config, const Messages& messages) {
  const absl::StatusOr<std::string> text = Bench(config);
  if (!text.ok()) return Fail(messages, text.status(), kFailure);
  return PrintOnStdout(messages, *text);
}

int BenchMain(int argc, char** argv) {
  BenchConfig config;
  return ProgramMain(argc, argv,
                     {.name = "bench",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::BenchMain(argc, argv); }
