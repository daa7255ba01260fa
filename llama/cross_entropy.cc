#include "llama/cross_entropy.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace llama2 {

double CrossEntropy(const Kernels& kernels, int64_t target, absl::Span<float> logits) {
  const int64_t best = kernels.Argmax(logits);
  const double behind = static_cast<double>(logits[best]) - logits[target];
  kernels.Softmax(logits);
  // The best one's is 1 / sum, whose logarithm no probability that rounds to 0 spoils.
  return behind - std::log(static_cast<double>(logits[best]));
}

absl::Status CheckLoss(double nats) {
  if (std::isfinite(nats)) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the loss is ", nats,
                   "; expected a finite number: the checkpoint's weights are damaged"));
}

}  // namespace llama2
