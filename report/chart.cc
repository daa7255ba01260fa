#include "report/chart.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "report/scale.h"
#include "report/svg.h"

namespace llama2 {
namespace {

// In pixels.
constexpr double kLeft = 58, kRight = 18;  // beside the box that the axes enclose
constexpr double kBelowBars = 30;          // it: ticks' labels
constexpr double kBelowLines = 48;         // and the axis' name
constexpr double kLine = 20;               // from one of the legend's lines to the next
constexpr double kSmall = 12;              // size of ticks' labels
constexpr double kTickRoomX = 64;          // from one tick to the next
constexpr double kTickRoomY = 30, kTickRoomLogarithmicY = 20;

bool HasPlace(double value, const Axis& axis) {
  return std::abs(value) <= kMostValue && (!axis.logarithmic || value >= 1 / kMostValue);
}

bool HasWhisker(double error) { return error > 0 && error <= kMostValue; }

// The least and the most of the numbers that an axis has to hold.
class Extent {
 public:
  explicit Extent(const Axis& axis) : axis_(axis) {
    if (axis.least.has_value()) Add(*axis.least);
    if (axis.most.has_value()) Add(*axis.most);
  }

  void Add(double value) {
    if (!HasPlace(value, axis_)) return;
    least_ = empty_ ? value : std::min(least_, value);
    most_ = empty_ ? value : std::max(most_, value);
    empty_ = false;
  }

  // From pixel `begin` to `end`, with `room` as a part of that at either end, but not where
  // the axis says where it begins or ends.
  Scale MakeScale(double begin, double end, double room) const {
    Scale scale = {.least = least_, .most = most_, .logarithmic = axis_.logarithmic};
    if (empty_) scale = {.least = 1, .most = 10, .logarithmic = axis_.logarithmic};
    scale = Widened(scale);
    scale.begin = axis_.least == scale.least ? begin : begin + room * (end - begin);
    scale.end = axis_.most == scale.most ? end : end - room * (end - begin);
    return scale;
  }

 private:
  const Axis& axis_;
  double least_ = 0, most_ = 0;
  bool empty_ = true;
};

std::vector<double> TicksOf(const Axis& axis, const Scale& scale, double room) {
  if (axis.ticks.empty()) return Ticks(scale, room);
  std::vector<double> ticks;
  for (const double tick : axis.ticks) {
    if (scale.least <= tick && tick <= scale.most) ticks.push_back(tick);
  }
  return ticks;
}

// What the legend has of one series.
struct Entry {
  enum class Key { kMarker, kStroke, kBox };
  std::string name;
  int series = 0;
  Key key = Key::kMarker;
};

// The frame of a picture: what stands around the numbers, and the box for these.
class Frame {
 public:
  // `below`: the pixels that are kept below the box.
  Frame(absl::string_view title, ChartSize size, double below, const Axis& y,
        absl::Span<const Entry> legend)
      : size_(size), svg_(size.width, size.height, title), bottom_(size.height - below) {
    svg_.Text({16, 28}, Svg::Anchor::kStart, Shortened(title, LettersIn(size.width - 48, 16)),
              kTextInk, 16, /*bold=*/true);
    const double legend_end = DrawLegend(legend, 52);
    svg_.Text({16, legend_end + 2}, Svg::Anchor::kStart,
              Shortened(y.label, LettersIn(size.width - 32, kSmall)), kSoftInk, kSmall);
    top_ = legend_end + 16;
  }

  double left() const { return kLeft; }
  double right() const { return size_.width - kRight; }
  double top() const { return top_; }
  double bottom() const { return bottom_; }
  Svg& svg() { return svg_; }

  void DrawY(const Scale& y, const Axis& axis) {
    const double room = y.logarithmic ? kTickRoomLogarithmicY : kTickRoomY;
    for (const double value : TicksOf(axis, y, room)) {
      const double place = y.Place(value);
      svg_.Line({left(), place}, {right(), place}, kGridInk);
      svg_.Text({left() - 8, place + 4}, Svg::Anchor::kEnd, TickLabel(value, y), kSoftInk,
                kSmall);
    }
  }

  void DrawX(const Scale& x, const Axis& axis) {
    for (const double value : TicksOf(axis, x, kTickRoomX)) {
      const double place = x.Place(value);
      svg_.Line({place, bottom()}, {place, bottom() + 5}, kAxisInk);
      DrawXLabel(place, TickLabel(value, x));
    }
    svg_.Line({left(), bottom()}, {right(), bottom()}, kAxisInk);
    svg_.Text({(left() + right()) / 2, size_.height - 10}, Svg::Anchor::kMiddle, axis.label,
              kSoftInk, kSmall);
  }

  void DrawXLabel(double place, absl::string_view label) {
    svg_.Text({place, bottom() + 19}, Svg::Anchor::kMiddle, label, kSoftInk, kSmall);
  }

  // From low to high, with caps.
  void DrawWhisker(double x, double low, double high, Ink ink) {
    svg_.Line({x, low}, {x, high}, ink);
    svg_.Line({x - 3, low}, {x + 3, low}, ink);
    svg_.Line({x - 3, high}, {x + 3, high}, ink);
  }

  std::string Finish() && { return std::move(svg_).Finish(); }

 private:
  // From left to right, in as many lines as it takes, the first at `y`; returns where the
  // next one would be.
  double DrawLegend(absl::Span<const Entry> legend, double y) {
    double x = 16;
    for (const Entry& entry : legend) {
      const std::string name = Shortened(entry.name, LettersIn(size_.width - 60));
      const double width = 24 + TextWidth(name) + 18;
      if (x > 16 && x + width > size_.width) {
        x = 16;
        y += kLine;
      }
      DrawKey({x + 8, y - 4.5}, entry);
      svg_.Text({x + 24, y}, Svg::Anchor::kStart, name, kTextInk);
      x += width;
    }
    return legend.empty() ? y : y + kLine + 2;
  }

  void DrawKey(Point at, const Entry& entry) {
    const Ink ink = SeriesInk(entry.series);
    if (entry.key == Entry::Key::kBox) return svg_.Box({at.x - 6, at.y - 6}, 12, 12, ink);
    const bool marker = entry.key == Entry::Key::kMarker;
    svg_.Line({at.x - 9, at.y}, {at.x + 9, at.y}, ink, marker ? 2 : 3);
    if (marker) svg_.Marker(at, entry.series, ink);
  }

  const ChartSize size_;
  Svg svg_;
  double top_ = 0;
  const double bottom_;
};

std::string WithError(double value, double error) {
  if (!HasWhisker(error)) return absl::StrFormat("%.4g", value);
  return absl::StrFormat("%.4g \xC2\xB1 %.2g", value, error);
}

std::string Named(absl::string_view name, absl::string_view rest) {
  return name.empty() ? std::string(rest) : absl::StrCat(name, ", ", rest);
}

void DrawLine(const LineChart& chart, int index, const Scale& x, const Scale& y, Frame& frame) {
  const LineChart::Line& line = chart.lines[index];
  const Ink ink = SeriesInk(index);
  std::vector<LineChart::Point> points;
  std::vector<Point> places;
  for (const LineChart::Point& p : line.points) {
    if (!HasPlace(p.x, chart.x) || !HasPlace(p.y, chart.y)) continue;
    points.push_back(p);
    places.push_back({x.Place(p.x), y.Place(p.y)});
  }
  frame.svg().Curve(places, ink, line.width);
  for (size_t i = 0; i < points.size(); ++i) {
    const LineChart::Point& p = points[i];
    if (HasWhisker(p.error) && HasPlace(p.y - p.error, chart.y)) {
      frame.DrawWhisker(places[i].x, y.Place(p.y - p.error), y.Place(p.y + p.error), ink);
    }
    if (!line.markers) continue;
    frame.svg().Marker(places[i], index, ink,
                       Named(line.name, absl::StrFormat("%s %g: %s", chart.x.label, p.x,
                                                        WithError(p.y, p.error))));
  }
}

void DrawBar(double x, double width, const BarChart::Bar& bar, const Scale& y, Ink ink,
             absl::string_view tooltip, Frame& frame) {
  const double from = y.Place(0), to = y.Place(bar.value);
  // What is 0 shows as a line, for it is there.
  frame.svg().Box({x, std::min(from, to)}, width, std::max(1.5, std::abs(from - to)), ink,
                  tooltip);
  if (HasWhisker(bar.error)) {
    frame.DrawWhisker(x + width / 2, y.Place(bar.value - bar.error),
                      y.Place(bar.value + bar.error), kTextInk);
  }
}

}  // namespace

std::string LineChartSvg(const LineChart& chart) {
  Extent x_extent(chart.x), y_extent(chart.y);
  std::vector<Entry> legend;
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const LineChart::Line& line = chart.lines[i];
    const int index = static_cast<int>(i);
    const Entry::Key key = line.markers ? Entry::Key::kMarker : Entry::Key::kStroke;
    if (!line.name.empty()) legend.push_back({line.name, index, key});
    for (const LineChart::Point& p : line.points) {
      if (!HasPlace(p.x, chart.x) || !HasPlace(p.y, chart.y)) continue;
      x_extent.Add(p.x);
      y_extent.Add(p.y);
      if (!HasWhisker(p.error)) continue;
      y_extent.Add(p.y - p.error);
      y_extent.Add(p.y + p.error);
    }
  }
  Frame frame(chart.title, chart.size, kBelowLines, chart.y, legend);
  const Scale x = x_extent.MakeScale(frame.left(), frame.right(), 0.02);
  const Scale y = y_extent.MakeScale(frame.bottom(), frame.top(), 0.04);
  frame.DrawY(y, chart.y);
  frame.DrawX(x, chart.x);
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    DrawLine(chart, static_cast<int>(i), x, y, frame);
  }
  return std::move(frame).Finish();
}

std::string BarChartSvg(const BarChart& chart) {
  CHECK(!chart.y.logarithmic);
  Extent extent(chart.y);
  extent.Add(0);
  std::vector<Entry> legend;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const BarChart::Series& series = chart.series[i];
    CHECK_EQ(series.bars.size(), chart.groups.size());
    if (!series.name.empty()) {
      legend.push_back({series.name, static_cast<int>(i), Entry::Key::kBox});
    }
    for (const BarChart::Bar& bar : series.bars) {
      extent.Add(bar.value);
      if (!HasWhisker(bar.error)) continue;
      extent.Add(bar.value - bar.error);
      extent.Add(bar.value + bar.error);
    }
  }
  Frame frame(chart.title, chart.size, kBelowBars, chart.y, legend);
  const Scale y = extent.MakeScale(frame.bottom(), frame.top(), 0.02);
  frame.DrawY(y, chart.y);

  const double group_width =
      (frame.right() - frame.left()) / std::max<size_t>(1, chart.groups.size());
  const double bars = std::max<size_t>(1, chart.series.size());
  const double width = std::min(48.0, 0.78 * group_width / bars);
  for (size_t g = 0; g < chart.groups.size(); ++g) {
    const double middle = frame.left() + (g + 0.5) * group_width;
    for (size_t s = 0; s < chart.series.size(); ++s) {
      const BarChart::Bar& bar = chart.series[s].bars[g];
      if (!HasPlace(bar.value, chart.y)) continue;
      DrawBar(middle + (s - bars / 2) * width, width - 1.5, bar, y,
              SeriesInk(static_cast<int>(s)),
              Named(chart.series[s].name,
                    absl::StrCat(chart.groups[g], ": ", WithError(bar.value, bar.error))),
              frame);
    }
    frame.DrawXLabel(middle, Shortened(chart.groups[g], LettersIn(group_width - 6, kSmall)));
  }
  frame.svg().Line({frame.left(), y.Place(0)}, {frame.right(), y.Place(0)}, kAxisInk);
  return std::move(frame).Finish();
}

}  // namespace llama2
