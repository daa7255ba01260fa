#include "tools/train_model.h"

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "kernels/machine_limits.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/weights.h"
#include "tokenizer/tokenizer_bin.h"
#include "tokenizer/vocabulary.h"
#include "tools/progress_bar.h"
#include "tools/train_config.h"
#include "tools/train_report.h"
#include "training/dataset.h"
#include "training/metrics.h"
#include "training/output_folder.h"
#include "training/shard.h"
#include "training/tokenize_corpus.h"
#include "training/trainer.h"
#include "training/training_state.h"

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

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
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

// Lines on stderr, and below them the progress bar.
class Console {
 public:
  explicit Console(bool quiet) : quiet_(quiet) {}

  void PrintLine(absl::string_view line) {
    if (quiet_) return;
    bar_.reset();
    const std::string text = absl::StrCat(line, "\n");
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  }

  void ShowProgress(int64_t step, int64_t steps) {
    if (quiet_) return;
    if (!bar_.has_value()) bar_.emplace(STDERR_FILENO, "train");
    bar_->Show(step, steps);
  }

 private:
  const bool quiet_;
  std::optional<ProgressBar> bar_;
};

// The steps of a run, and what is written after them.
class TrainingRun {
 public:
  TrainingRun(const TrainConfig& config, const Config& model, const OutputFolder* folder,
              Trainer* trainer, MetricsFile metrics, double peak_flops)
      : config_(config),
        model_(model),
        folder_(folder),
        trainer_(trainer),
        metrics_(std::move(metrics)),
        peak_flops_(peak_flops),
        first_step_(trainer->state().step),
        console_(config.quiet()) {}

  absl::Status Run(const Interrupt& interrupt);

 private:
  absl::Status Report(const StepResult* result, bool validate);
  absl::Status Validate(MetricsRow& row);
  absl::Status WriteModel(absl::string_view name) const;
  absl::Status Save() const;

  const TrainConfig& config_;
  const Config model_;
  const OutputFolder* folder_;
  Trainer* trainer_;
  MetricsFile metrics_;
  const double peak_flops_;
  const int64_t first_step_;
  Console console_;
  std::chrono::steady_clock::time_point begin_;  // of the first step
  // Of the steps since the last report.
  double seconds_ = 0;
  int64_t steps_ = 0;
};

absl::Status TrainingRun::Run(const Interrupt& interrupt) {
  const int64_t last = config_.steps();
  if (trainer_->state().step == 0) {
    // Before hours of work: can this folder be written to at all?
    RETURN_IF_ERROR(Report(nullptr, true));
    RETURN_IF_ERROR(Save());
  }
  begin_ = std::chrono::steady_clock::now();
  bool stop = interrupt.signal() != 0;
  while (!stop && trainer_->state().step < last) {
    console_.ShowProgress(trainer_->state().step, last);
    const auto begin = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const StepResult result, trainer_->Step());
    seconds_ += SecondsSince(begin);
    ++steps_;
    const auto is_due = [&](int64_t interval) {
      return result.step == last || result.step % interval == 0;
    };
    const bool validate = is_due(config_.eval_interval());
    if (validate || is_due(config_.log_interval())) {
      RETURN_IF_ERROR(Report(&result, validate));
    }
    stop = interrupt.signal() != 0;
    if (stop || is_due(config_.save_interval())) RETURN_IF_ERROR(Save());
  }
  return absl::OkStatus();
}

// A row of figures after a step; null: before the first.
absl::Status TrainingRun::Report(const StepResult* result, bool validate) {
  MetricsRow row = {.step = trainer_->state().step,
                    .unix_time = absl::ToUnixMillis(absl::Now()) / 1000.0};
  if (result != nullptr) {
    row.loss = result->loss;
    row.learning_rate = result->learning_rate;
    row.gradient_norm = result->gradient_norm;
    const int64_t tokens = config_.batch_size() * config_.gradient_accumulation_steps() *
                           config_.seq_len() * steps_;
    row.tokens_per_second = static_cast<double>(tokens) / seconds_;
    row.gflops = trainer_->FlopsPerStep() * static_cast<double>(steps_) / seconds_ / 1e9;
    seconds_ = 0;
    steps_ = 0;
  }
  if (validate) RETURN_IF_ERROR(Validate(row));
  RETURN_IF_ERROR(metrics_.Append(row));

  StepLineOptions options = {.last_step = config_.steps(), .peak_gflops = peak_flops_ / 1e9};
  const int64_t done = row.step - first_step_;
  if (done > 0) {
    options.seconds_left =
        SecondsSince(begin_) / static_cast<double>(done) * (config_.steps() - row.step);
  }
  console_.PrintLine(StepLine(row, options));
  return absl::OkStatus();
}

absl::Status TrainingRun::Validate(MetricsRow& row) {
  row.validation_loss = trainer_->ValidationLoss(config_.eval_windows());
  return trainer_->NoteValidationLoss(*row.validation_loss) ? WriteModel("best.bin")
                                                            : absl::OkStatus();
}

absl::Status TrainingRun::WriteModel(absl::string_view name) const {
  return WriteCheckpoint(folder_->Path(name), {{CheckpointVersion::kV0}, model_},
                         WeightsAt(model_, trainer_->state().parameters.data()));
}

// The state comes last: where there is one, the model beside it is as new.
absl::Status TrainingRun::Save() const {
  RETURN_IF_ERROR(WriteModel("model.bin"));
  return folder_->Save(trainer_->state());
}

// Lets `trainer` go on from where the folder's last state stands. Returns whether there is
// one.
absl::StatusOr<bool> Resume(const TrainConfig& config, const Messages& messages,
                            Trainer& trainer) {
  ASSIGN_OR_RETURN(NewestState newest, FindNewestState(config.output()));
  for (const std::string& error : newest.damaged) {
    messages.Print(absl::StrCat(error, "; taking an older one"));
  }
  if (!newest.state.has_value()) return false;
  if (const absl::Status status = trainer.Resume(*std::move(newest.state)); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(newest.path, ": ", status.message(),
                                                    "; --force starts at step 0"));
  }
  return true;
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
  ASSIGN_OR_RETURN(const Dataset dataset, LoadDataset(config, vocabulary, interrupt));
  const TrainerOptions options = TrainerOptionsOf(config, vocabulary.size());
  ASSIGN_OR_RETURN(Trainer trainer,
                   Trainer::Create(options, &dataset, machine.threads, machine.isa));
  int64_t last_row = -1;
  if (!config.force()) {
    ASSIGN_OR_RETURN(const bool resumed, Resume(config, messages, trainer));
    const int64_t step = trainer.state().step;
    if (resumed && step >= config.steps()) {
      return absl::FailedPreconditionError(
          absl::StrCat(config.output(), ": training is finished: found step ", step, " of ",
                       config.steps(), "; --force starts at step 0"));
    }
    if (resumed) note(absl::StrCat("resuming after step ", step));
    if (step > 0) last_row = step;
  }
  RETURN_IF_ERROR(WriteTokenizerBin(vocabulary.tokens(), folder.Path("tokenizer.bin")));
  ASSIGN_OR_RETURN(MetricsFile metrics,
                   MetricsFile::Open(folder.Path("metrics.csv"), last_row));
  const double peak_flops = PeakFlops(machine);
  note(Describe(options.model));
  note(absl::StrFormat("%d tokens to learn from, %d held out", dataset.training_tokens(),
                       dataset.held_out_tokens()));
  note(absl::StrFormat("%d threads, %s, %.3g GFLOP/s at most", machine.threads,
                       IsaName(machine.isa), peak_flops / 1e9));
  TrainingRun run(config, options.model, &folder, &trainer, std::move(metrics), peak_flops);
  return run.Run(interrupt);
}

absl::StatusOr<std::string> EvaluateModel(const TrainConfig& config, const Interrupt& interrupt,
                                          const Messages& messages) {
  ASSIGN_OR_RETURN(const Machine machine, MachineOf(config));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::Load(config.tokenizer()));
  ASSIGN_OR_RETURN(const Dataset dataset, LoadDataset(config, vocabulary, interrupt));
  ASSIGN_OR_RETURN(Trainer trainer, Trainer::Create(TrainerOptionsOf(config, vocabulary.size()),
                                                    &dataset, machine.threads, machine.isa));
  ASSIGN_OR_RETURN(const bool resumed, Resume(config, messages, trainer));
  if (!resumed) {
    return absl::NotFoundError(
        absl::StrCat(config.output(), ": found no training state, expected one to evaluate"));
  }
  return absl::StrFormat("step %d: validation loss %.4f nats a token, over %d windows\n",
                         trainer.state().step, trainer.ValidationLoss(config.eval_windows()),
                         config.eval_windows());
}

}  // namespace llama2
