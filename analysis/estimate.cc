#include "analysis/estimate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/check.h"

namespace llama2 {

double StandardErrorOfSum(absl::Span<const double> parts) {
  const double n = static_cast<double>(parts.size());
  double squares = 0;
  for (const double part : parts) squares += part * part;
  // n - 1, for the mean that the parts are reckoned from is that of the same groups.
  return std::sqrt(squares * n / (n - 1));
}

Estimate MeanOfGroups(absl::Span<const Group> groups) {
  Group total;
  for (const Group& group : groups) {
    total.sum += group.sum;
    total.count += group.count;
  }
  CHECK(total.count > 0);
  Estimate estimate;
  const double mean = total.sum / total.count;
  estimate.set_value(mean);
  if (groups.size() < 2) return estimate;
  std::vector<double> parts;
  for (const Group& group : groups) parts.push_back(group.sum - mean * group.count);
  estimate.set_standard_error(StandardErrorOfSum(parts) / total.count);
  return estimate;
}

double Quantile(std::vector<double> values, double q) {
  CHECK(!values.empty() && 0 < q && q <= 1);
  const auto rank = static_cast<int64_t>(std::ceil(q * static_cast<double>(values.size())));
  const auto nth = values.begin() + std::max<int64_t>(rank - 1, 0);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace llama2
