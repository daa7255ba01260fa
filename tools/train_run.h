// The steps of a training run, and what is printed and written after them.
//
//   ASSIGN_OR_RETURN(TrainRun run, TrainRun::Create(config, options.model, peak_flops,
//                                                   &folder, &trainer));
//   return run.ToTheEnd(interrupt);
#ifndef LLAMA2_TOOLS_TRAIN_RUN_H_
#define LLAMA2_TOOLS_TRAIN_RUN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/stopwatch.h"
#include "llama/config.h"
#include "tools/cli/interrupt.h"
#include "tools/train_config.pb.h"
#include "training/event_file.h"
#include "training/metrics.h"
#include "training/output_folder.h"
#include "training/trainer.h"

namespace llama2 {

// Move-only.
class TrainRun {
 public:
  // The run of `trainer`, of the model `model`, from where its state stands; reports of
  // later steps in `folder` are taken away. The machine does `peak_flops` operations a
  // second at most. All arguments outlive the run.
  // Errors name the file: those of MetricsFile and EventFile.
  static absl::StatusOr<TrainRun> Create(const TrainConfig& config, const Config& model,
                                         double peak_flops, const OutputFolder* folder,
                                         Trainer* trainer);

  // Trains until step config.steps or until a signal comes. In both cases all is saved when
  // it returns with OK. Errors: those of Trainer::Step and of the files, with what was saved
  // before still whole.
  absl::Status ToTheEnd(const Interrupt& interrupt);

 private:
  TrainRun(const TrainConfig& config, const Config& model, double peak_flops,
           const OutputFolder* folder, Trainer* trainer, MetricsFile metrics, EventFile events);

  absl::Status Report(const StepResult* result, bool validate);
  absl::Status WriteModel(absl::string_view name) const;
  absl::Status WritePlot() const;
  absl::Status Save() const;

  const TrainConfig* config_;
  const Config model_;
  const double peak_flops_;
  const OutputFolder* folder_;
  Trainer* trainer_;
  MetricsFile metrics_;
  EventFile events_;
  int64_t first_step_;
  Stopwatch since_begin_;  // of the first step
  // Of the steps since the last report.
  double seconds_ = 0;
  int64_t steps_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_TRAIN_RUN_H_
