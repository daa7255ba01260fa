#include "tools/train_run.h"

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/atomic_file_writer.h"
#include "base/status_macros.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/weights.h"
#include "tools/cli/progress_bar.h"
#include "tools/train_report.h"
#include "training/loss_plot.h"
#include "training/training_state.h"

namespace llama2 {
namespace {

double UnixTime() { return static_cast<double>(absl::ToUnixMillis(absl::Now())) / 1000; }

void PrintLine(absl::string_view line) {
  const std::string text = absl::StrCat(line, "\n");
  // A report is a courtesy: where it cannot be printed, training goes on.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

absl::StatusOr<TrainRun> TrainRun::Create(const TrainConfig& config, const Config& model,
                                          double peak_flops, const OutputFolder* folder,
                                          Trainer* trainer) {
  // Step 0 is reported again when it is where the run starts.
  const int64_t step = trainer->state().step;
  ASSIGN_OR_RETURN(MetricsFile metrics, MetricsFile::Open(folder->Path("metrics.csv"),
                                                          /*last_step=*/step > 0 ? step : -1));
  ASSIGN_OR_RETURN(EventFile events,
                   EventFile::Create(folder->Path(kEventFileName), metrics.rows(), UnixTime()));
  return TrainRun(config, model, peak_flops, folder, trainer, std::move(metrics),
                  std::move(events));
}

TrainRun::TrainRun(const TrainConfig& config, const Config& model, double peak_flops,
                   const OutputFolder* folder, Trainer* trainer, MetricsFile metrics,
                   EventFile events)
    : config_(&config),
      model_(model),
      peak_flops_(peak_flops),
      folder_(folder),
      trainer_(trainer),
      metrics_(std::move(metrics)),
      events_(std::move(events)),
      first_step_(trainer->state().step) {}

absl::Status TrainRun::ToTheEnd(const Interrupt& interrupt) {
  const int64_t last = config_->steps();
  if (first_step_ == 0) {
    // Before hours of work: can this folder be written to at all?
    RETURN_IF_ERROR(Report(nullptr, /*validate=*/true));
    RETURN_IF_ERROR(Save());
  }
  since_begin_ = Stopwatch();
  std::optional<ProgressBar> bar;
  bool stop = interrupt.signal() != 0;
  while (!stop && trainer_->state().step < last) {
    if (!config_->quiet()) {
      if (!bar.has_value()) bar.emplace(STDERR_FILENO, "train");
      bar->Show(trainer_->state().step, last);
    }
    const Stopwatch watch;
    ASSIGN_OR_RETURN(const StepResult result, trainer_->Step());
    seconds_ += watch.Seconds();
    ++steps_;
    const auto is_due = [&](int64_t interval) {
      return result.step == last || result.step % interval == 0;
    };
    const bool validate = is_due(config_->eval_interval());
    if (validate || is_due(config_->log_interval())) {
      bar.reset();
      RETURN_IF_ERROR(Report(&result, validate));
    }
    stop = interrupt.signal() != 0;
    if (stop || is_due(config_->save_interval())) RETURN_IF_ERROR(Save());
  }
  return WritePlot();
}

// A row of figures after a step; null: before the first.
absl::Status TrainRun::Report(const StepResult* result, bool validate) {
  MetricsRow row = {.step = trainer_->state().step, .unix_time = UnixTime()};
  if (result != nullptr) {
    row.loss = result->loss;
    row.learning_rate = result->learning_rate;
    row.gradient_norm = result->gradient_norm;
    const double rate = static_cast<double>(steps_) / seconds_;  // in steps a second
    row.tokens_per_second = rate * trainer_->TokensPerStep();
    row.gflops = rate * trainer_->FlopsPerStep() / 1e9;
    seconds_ = 0;
    steps_ = 0;
  }
  if (validate) {
    row.validation_loss = trainer_->ValidationLoss(config_->eval_windows());
    if (trainer_->NoteValidationLoss(*row.validation_loss)) {
      RETURN_IF_ERROR(WriteModel("best.bin"));
    }
  }
  RETURN_IF_ERROR(metrics_.Append(row));
  RETURN_IF_ERROR(events_.Append(row));
  if (validate) RETURN_IF_ERROR(WritePlot());
  if (config_->quiet()) return absl::OkStatus();

  StepLineOptions options = {.last_step = config_->steps(), .peak_gflops = peak_flops_ / 1e9};
  if (const int64_t done = row.step - first_step_; done > 0) {
    options.seconds_left = since_begin_.Seconds() / static_cast<double>(done) *
                           static_cast<double>(config_->steps() - row.step);
  }
  PrintLine(StepLine(row, options));
  return absl::OkStatus();
}

absl::Status TrainRun::WriteModel(absl::string_view name) const {
  return WriteCheckpoint(folder_->Path(name), {{CheckpointVersion::kV0}, model_},
                         WeightsAt(model_, trainer_->state().parameters.data()));
}

absl::Status TrainRun::WritePlot() const {
  const std::string title =
      std::filesystem::path(config_->output()).lexically_normal().filename().string();
  ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(folder_->Path("loss.svg")));
  RETURN_IF_ERROR(file.Append(LossPlot(metrics_.rows(), title)));
  return file.Commit();
}

// The state comes last: where there is one, the model beside it is at least as new.
absl::Status TrainRun::Save() const {
  RETURN_IF_ERROR(WriteModel("model.bin"));
  return folder_->Save(trainer_->state());
}

}  // namespace llama2
