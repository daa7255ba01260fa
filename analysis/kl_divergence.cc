#include "analysis/kl_divergence.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/check.h"

namespace llama2 {

double KlDivergence(absl::Span<const float> p, absl::Span<const float> q) {
  CHECK_EQ(p.size(), q.size());
  const double p_max = *std::max_element(p.begin(), p.end());
  const double q_max = *std::max_element(q.begin(), q.end());
  double p_sum = 0, q_sum = 0, weighted = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double p_behind = p[i] - p_max;
    const double q_behind = q[i] - q_max;
    const double p_weight = std::exp(p_behind);
    p_sum += p_weight;
    q_sum += std::exp(q_behind);
    weighted += p_weight * (p_behind - q_behind);
  }
  // ln P - ln Q = (p_behind - ln p_sum) - (q_behind - ln q_sum). What rounding leaves of
  // equal softmaxes may be less than 0; NaN stays NaN.
  const double divergence = weighted / p_sum - std::log(p_sum / q_sum);
  return divergence < 0 ? 0 : divergence;
}

}  // namespace llama2
