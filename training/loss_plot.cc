#include "training/loss_plot.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace llama2 {
namespace {

// In pixels: the picture, and in it the box that the axes enclose.
constexpr double kWidth = 800, kHeight = 450;
constexpr double kLeft = 64, kRight = 776, kTop = 48, kBottom = 398;

constexpr size_t kMostPoints = 350;  // of a curve; more are noise in so many pixels

// Losses beyond these are drawn at them: a model is far from good or bad there.
constexpr double kLeastLoss = 1e-3, kMostLoss = 1e3;

constexpr char kTrainingColor[] = "#8fb3dd";
constexpr char kValidationColor[] = "#c8551b";

struct Point {
  double step;
  double loss;
};

struct Axis {
  double least, most;  // values
  double begin, end;   // their places in pixels
  bool logarithmic;

  double Place(double value) const {
    const auto scale = [this](double v) { return logarithmic ? std::log(v) : v; };
    const double part = (scale(value) - scale(least)) / (scale(most) - scale(least));
    return begin + part * (end - begin);
  }
};

std::vector<Point> Points(absl::Span<const MetricsRow> rows,
                          std::optional<double> MetricsRow::*loss) {
  std::vector<Point> points;
  for (const MetricsRow& row : rows) {
    const std::optional<double> value = row.*loss;
    if (!value.has_value() || !std::isfinite(*value)) continue;
    points.push_back(
        {static_cast<double>(row.step), std::clamp(*value, kLeastLoss, kMostLoss)});
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
      mean.step += points[i].step / (end - begin);
      mean.loss += points[i].loss / (end - begin);
    }
    thin.push_back(mean);
  }
  return thin;
}

// Places for ticks on an axis from 0: multiples of 1, 2 or 5 times a power of ten, about
// `count` of them.
std::vector<double> LinearTicks(double most, int count) {
  const double power = std::pow(10, std::floor(std::log10(most / count)));
  double step = power;
  for (const double factor : {2, 5, 10}) {
    if (most / step > count) step = factor * power;
  }
  std::vector<double> ticks;
  for (int i = 0; i * step <= most * (1 + 1e-9); ++i) ticks.push_back(i * step);
  return ticks;
}

// Places for ticks on a logarithmic axis: as many round numbers as fit with some room
// between them.
std::vector<double> LogarithmicTicks(const Axis& axis) {
  constexpr double kRoom = 20;  // in pixels
  const std::vector<std::vector<double>> kMantissas = {
      {1,   1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.2, 2.4,
       2.6, 2.8, 3,   3.5, 4,   4.5, 5,   5.5, 6,   7,   8, 9},
      {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 8},
      {1, 1.5, 2, 3, 5, 7},
      {1, 2, 5},
      {1}};
  std::vector<double> ticks;
  for (const std::vector<double>& mantissas : kMantissas) {
    ticks.clear();
    bool fits = true;
    for (double power = std::pow(10, std::floor(std::log10(axis.least))); power <= axis.most;
         power *= 10) {
      for (const double mantissa : mantissas) {
        const double value = mantissa * power;
        if (value < axis.least || value > axis.most) continue;
        fits = fits && (ticks.empty() ||
                        std::abs(axis.Place(value) - axis.Place(ticks.back())) >= kRoom);
        ticks.push_back(value);
      }
    }
    if (fits) break;
  }
  return ticks;
}

// On an axis that is long, 5000 as "5k".
std::string StepLabel(double step, double most) {
  if (step > 0 && most >= 1e6) return absl::StrFormat("%gM", step / 1e6);
  if (step > 0 && most >= 1e4) return absl::StrFormat("%gk", step / 1e3);
  return absl::StrFormat("%g", step);
}

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

class Picture {
 public:
  explicit Picture(absl::string_view title) {
    absl::StrAppendFormat(
        &svg_,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" "
        "height=\"%g\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" "
        "fill=\"#444\">\n<title>%s</title>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
        kWidth, kHeight, kWidth, kHeight, Escape(title));
    Text(kLeft, 22, "start", title, "font-size=\"15\" font-weight=\"bold\" fill=\"#222\"");
  }

  void Text(double x, double y, absl::string_view anchor, absl::string_view text,
            absl::string_view style = "") {
    absl::StrAppendFormat(&svg_,
                          "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>\n", x, y,
                          anchor, style, Escape(text));
  }

  void Line(double x1, double y1, double x2, double y2, absl::string_view color) {
    absl::StrAppendFormat(&svg_,
                          "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" fill=\"none\"/>\n",
                          x1, y1, x2, y2, color);
  }

  void Curve(const std::vector<Point>& points, const Axis& x, const Axis& y,
             absl::string_view color, double width) {
    std::string path;
    for (const Point& p : points) {
      absl::StrAppendFormat(&path, "%s%.1f %.1f", path.empty() ? "M" : "L", x.Place(p.step),
                            y.Place(p.loss));
    }
    // A single point, too, is a dot: round caps make one of a line of no length.
    if (points.size() == 1) absl::StrAppend(&path, "h0");
    absl::StrAppendFormat(&svg_,
                          "<path d=\"%s\" stroke=\"%s\" stroke-width=\"%g\" fill=\"none\" "
                          "stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n",
                          path, color, width);
  }

  std::string Finish() && { return absl::StrCat(svg_, "</svg>\n"); }

 private:
  std::string svg_;
};

void DrawAxes(const Axis& x, const Axis& y, Picture& picture) {
  for (const double step : LinearTicks(x.most, 8)) {
    const double place = x.Place(step);
    picture.Line(place, kBottom, place, kBottom + 5, "#888");
    picture.Text(place, kBottom + 19, "middle", StepLabel(step, x.most));
  }
  for (const double loss : LogarithmicTicks(y)) {
    const double place = y.Place(loss);
    picture.Line(kLeft, place, kRight, place, "#e6e6e6");
    picture.Text(kLeft - 8, place + 4, "end", absl::StrFormat("%g", loss));
  }
  picture.Line(kLeft, kBottom, kRight, kBottom, "#888");
  picture.Line(kLeft, kTop, kLeft, kBottom, "#888");
  picture.Text((kLeft + kRight) / 2, kHeight - 12, "middle", "step");
  picture.Text(kLeft, kTop - 6, "start", "loss, nats a token");
}

// The legend's line number `line`, in the upper right corner.
void DrawLegend(int line, absl::string_view color, absl::string_view text, Picture& picture) {
  const double y = kTop + 16 + 20 * line;
  picture.Curve({{0, 1}, {1, 1}}, {0, 1, kRight - 216, kRight - 192, false},
                {0, 1, y - 4, y - 4, false}, color, 3);
  picture.Text(kRight - 184, y, "start", text);
}

}  // namespace

std::string LossPlot(absl::Span<const MetricsRow> rows, absl::string_view title) {
  const std::vector<Point> training = Points(rows, &MetricsRow::loss);
  const std::vector<Point> validation = Points(rows, &MetricsRow::validation_loss);
  Axis x = {0, 1, kLeft, kRight, false};
  Axis y = {1, 10, kBottom, kTop, true};
  bool first = true;
  for (const std::vector<Point>& points : {Thin(training), validation}) {
    for (const Point& p : points) {
      x.most = std::max(x.most, p.step);
      y.least = first ? p.loss : std::min(y.least, p.loss);
      y.most = first ? p.loss : std::max(y.most, p.loss);
      first = false;
    }
  }
  y.least *= 0.95;
  y.most /= 0.95;

  Picture picture(title);
  DrawAxes(x, y, picture);
  if (!training.empty()) {
    picture.Curve(Thin(training), x, y, kTrainingColor, 1.5);
    DrawLegend(0, kTrainingColor,
               absl::StrFormat("training, at last %.3f", training.back().loss), picture);
  }
  if (!validation.empty()) {
    picture.Curve(validation, x, y, kValidationColor, 2);
    DrawLegend(1, kValidationColor,
               absl::StrFormat("validation, at last %.3f", validation.back().loss), picture);
  }
  return std::move(picture).Finish();
}

}  // namespace llama2
