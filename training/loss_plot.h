// The loss curves of a training run as a picture: an SVG that needs nothing else.
//
//   file.Append(LossPlot(metrics.rows(), "stories1M"));
#ifndef LLAMA2_TRAINING_LOSS_PLOT_H_
#define LLAMA2_TRAINING_LOSS_PLOT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "training/metrics.h"

namespace llama2 {

// The losses over the steps, on a logarithmic scale: those of training, averaged over
// neighbours where there are more than the picture is wide, and those of the held-out
// part. Losses that are missing are left out; with none, the axes alone.
// `title` may be any text.
std::string LossPlot(absl::Span<const MetricsRow> rows, absl::string_view title);

}  // namespace llama2

#endif  // LLAMA2_TRAINING_LOSS_PLOT_H_
