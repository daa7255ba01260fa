#include "training/loss_plot.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/str_format.h"
#include "report/chart.h"

namespace llama2 {
namespace {

constexpr size_t kMostPoints = 350;  // of a curve; more are noise in so many pixels

// Losses beyond these are drawn at them: a model is far from good or bad there.
constexpr double kLeastLoss = 1e-3, kMostLoss = 1e3;

using Point = LineChart::Point;

std::vector<Point> Points(absl::Span<const MetricsRow> rows,
                          std::optional<double> MetricsRow::*loss) {
  std::vector<Point> points;
  for (const MetricsRow& row : rows) {
    const std::optional<double> value = row.*loss;
    if (!value.has_value() || !std::isfinite(*value)) continue;
    points.push_back(
        {.x = static_cast<double>(row.step), .y = std::clamp(*value, kLeastLoss, kMostLoss)});
  }
  return points;
}

// Means of neighbours, so that there are at most kMostPoints.
std::vector<Point> Thin(const std::vector<Point>& points) {
  const size_t group = (points.size() + kMostPoints - 1) / kMostPoints;
  if (group <= 1) return points;
  std::vector<Point> thin;
  for (size_t begin = 0; begin < points.size(); begin += group) {
    const size_t end = std::min(begin + group, points.size());
    Point mean = {};
    for (size_t i = begin; i < end; ++i) {
      mean.x += points[i].x / (end - begin);
      mean.y += points[i].y / (end - begin);
    }
    thin.push_back(mean);
  }
  return thin;
}

}  // namespace

std::string LossPlot(absl::Span<const MetricsRow> rows, absl::string_view title) {
  LineChart chart = {.title = std::string(title),
                     .x = {.label = "step", .least = 0},
                     .y = {.label = "loss, nats a token", .logarithmic = true},
                     .size = {.width = 800, .height = 450}};
  const auto add = [&chart](absl::string_view name, const std::vector<Point>& points,
                            const std::vector<Point>& drawn) {
    if (points.empty()) return;
    chart.lines.push_back({.name = absl::StrFormat("%s, at last %.3f", name, points.back().y),
                           .points = drawn,
                           .markers = false});
  };
  const std::vector<Point> training = Points(rows, &MetricsRow::loss);
  const std::vector<Point> validation = Points(rows, &MetricsRow::validation_loss);
  add("training", training, Thin(training));
  add("validation", validation, validation);
  return LineChartSvg(chart);
}

}  // namespace llama2
