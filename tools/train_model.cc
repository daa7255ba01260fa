#include "tools/train_model.h"

#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "kernels/machine_limits.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "tokenizer/tokenizer_bin.h"
#include "tokenizer/vocabulary.h"
#include "tools/cli/progress_bar.h"
#include "tools/train_config.h"
#include "tools/train_run.h"
#include "training/dataset.h"
#include "training/output_folder.h"
#include "training/shard.h"
#include "training/tokenize_corpus.h"
#include "training/trainer.h"

namespace llama2 {
namespace {

// What a run computes on.
struct Machine {
  int threads;
  Isa isa;
};

absl::StatusOr<Machine> MachineOf(const TrainConfig& config) {
  Machine machine = {config.threads() > 0 ? config.threads() : AvailableProcessors(),
                     BestIsa()};
  if (!config.isa().empty()) {
    ASSIGN_OR_RETURN(machine.isa, ParseIsa(config.isa()));
  }
  return machine;
}

// fp32 operations per second of all threads at the same time.
double PeakFlops(const Machine& machine) {
  std::vector<double> peaks(machine.threads);
  ThreadTeam team(machine.threads);
  team.Run([&](ThreadTeam::Member& me) {
    me.Wait();
    peaks[me.index()] = FmaPeak(machine.isa);
  });
  double sum = 0;
  for (const double peak : peaks) sum += peak;
  return sum;
}

absl::StatusOr<Dataset> LoadDataset(const TrainConfig& config, const Vocabulary& vocabulary,
                                    const Interrupt& interrupt) {
  const auto shards_of = [&](const auto& paths,
                             absl::string_view name) -> absl::StatusOr<std::vector<Shard>> {
    ProgressBar bar(STDERR_FILENO, "tokenize");
    const auto progress = [&](int64_t done, int64_t total) {
      if (!config.quiet()) bar.Show(done, total);
      return interrupt.signal() == 0;
    };
    ASSIGN_OR_RETURN(
        Shard shard,
        OpenOrTokenize(std::vector<std::string>(paths.begin(), paths.end()), vocabulary,
                       absl::StrCat(config.output(), "/", name), progress));
    std::vector<Shard> shards;
    shards.push_back(std::move(shard));
    return shards;
  };
  const int64_t window = config.seq_len() + 1;
  ASSIGN_OR_RETURN(std::vector<Shard> training, shards_of(config.text(), "training.shard"));
  if (config.validation_text().empty()) {
    return Dataset::Split(std::move(training), config.held_out(), window);
  }
  ASSIGN_OR_RETURN(std::vector<Shard> held_out,
                   shards_of(config.validation_text(), "validation.shard"));
  return Dataset::Create(std::move(training), std::move(held_out), window);
}

// Lets `trainer` go on from `newest`, which has a state.
absl::Status Resume(NewestState newest, const Messages& messages, Trainer& trainer) {
  for (const std::string& error : newest.damaged) {
    messages.Print(absl::StrCat(error, "; taking an older one"));
  }
  const absl::Status status = trainer.Resume(*std::move(newest.state));
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(newest.path, ": ", status.message(),
                                                  "; --force starts at step 0"));
}

}  // namespace

absl::Status TrainModel(const TrainConfig& config, const Interrupt& interrupt,
                        const Messages& messages) {
  const auto note = [&](absl::string_view text) {
    if (!config.quiet()) messages.Print(text);
  };
  ASSIGN_OR_RETURN(const Machine machine, MachineOf(config));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::Load(config.tokenizer()));
  ASSIGN_OR_RETURN(const OutputFolder folder, OutputFolder::Open(config.output()));
  NewestState newest;
  if (!config.force()) {
    ASSIGN_OR_RETURN(newest, FindNewestState(config.output()));
  }
  ASSIGN_OR_RETURN(const Dataset dataset, LoadDataset(config, vocabulary, interrupt));
  const TrainerOptions options = TrainerOptionsOf(config, vocabulary.size());
  RETURN_IF_ERROR(Validate(options));  // with the vocabulary, which only now is known
  ASSIGN_OR_RETURN(Trainer trainer,
                   Trainer::Create(options, &dataset, machine.threads, machine.isa));
  if (newest.state.has_value()) {
    RETURN_IF_ERROR(Resume(std::move(newest), messages, trainer));
    const int64_t step = trainer.state().step;
    if (step > config.steps()) {
      return absl::FailedPreconditionError(absl::StrCat(
          config.output(), ": found training at step ", step, ", expected at most steps, ",
          config.steps(), "; --force starts at step 0"));
    }
    note(step < config.steps() ? absl::StrCat("resuming after step ", step)
                               : std::string("training is finished; --force starts at step 0"));
  }
  RETURN_IF_ERROR(WriteTokenizerBin(vocabulary.tokens(), folder.Path("tokenizer.bin")));
  const double peak_flops = PeakFlops(machine);
  note(Describe(options.model));
  note(absl::StrFormat("%d tokens to learn from, %d held out", dataset.training_tokens(),
                       dataset.held_out_tokens()));
  note(absl::StrFormat("%d threads, %s, %.3g GFLOP/s at most", machine.threads,
                       IsaName(machine.isa), peak_flops / 1e9));
  ASSIGN_OR_RETURN(TrainRun run,
                   TrainRun::Create(config, options.model, peak_flops, &folder, &trainer));
  return run.ToTheEnd(interrupt);
}

absl::StatusOr<std::string> EvaluateModel(const TrainConfig& config, const Interrupt& interrupt,
                                          const Messages& messages) {
  ASSIGN_OR_RETURN(const Machine machine, MachineOf(config));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::Load(config.tokenizer()));
  ASSIGN_OR_RETURN(NewestState newest, FindNewestState(config.output()));
  if (!newest.state.has_value()) {
    return absl::NotFoundError(
        absl::StrCat(config.output(), ": found no training state, expected one to evaluate"));
  }
  ASSIGN_OR_RETURN(const Dataset dataset, LoadDataset(config, vocabulary, interrupt));
  const TrainerOptions options = TrainerOptionsOf(config, vocabulary.size());
  RETURN_IF_ERROR(Validate(options));
  ASSIGN_OR_RETURN(Trainer trainer,
                   Trainer::Create(options, &dataset, machine.threads, machine.isa));
  RETURN_IF_ERROR(Resume(std::move(newest), messages, trainer));
  return absl::StrFormat("step %d: validation loss %.4f nats a token, over %d windows\n",
                         trainer.state().step, trainer.ValidationLoss(config.eval_windows()),
                         config.eval_windows());
}

}  // namespace llama2
