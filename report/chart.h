// Numbers as pictures: lines over a number, bars over names, each with its error.
//
//   LineChart chart = {.title = "Distinct bigrams",
//                      .x = {.label = "temperature"},
//                      .y = {.label = "share of all"}};
//   chart.lines.push_back({.name = "top-p 0.9",
//                          .points = {{.x = 0.5, .y = 0.71, .error = 0.02}, ...}});
//   file.Append(LineChartSvg(chart));
//
// A chart is SVG (report/svg.h). Its axes reach as far as the numbers do and have round ticks;
// numbers that are not finite, or beyond kMostValue (report/scale.h), are left out, and of none
// at all there are the axes alone. Lines and bars differ in colour and in shape or order, in
// which the legend names them; markers and bars say their numbers where the mouse rests.
#ifndef LLAMA2_REPORT_CHART_H_
#define LLAMA2_REPORT_CHART_H_

#include <optional>
#include <string>
#include <vector>

namespace llama2 {

struct ChartSize {
  double width = 560, height = 360;  // in pixels
};

struct Axis {
  std::string label;
  bool logarithmic = false;     // then numbers of 0 and below are left out
  std::optional<double> least;  // where the axis begins, if no number is below it
  std::optional<double> most;   // and ends, if none is above
  std::vector<double> ticks;    // by itself round numbers, as many as there is room for
};

struct LineChart {
  struct Point {
    double x = 0;
    double y = 0;
    double error = 0;  // how far the whiskers reach up and down; 0: none
  };
  struct Line {
    std::string name;  // in the legend; none without it
    std::vector<Point> points;
    bool markers = true;
    double width = 1.75;
  };

  std::string title;
  Axis x, y;
  std::vector<Line> lines;
  ChartSize size;
};

std::string LineChartSvg(const LineChart& chart);

// Bars from 0, in groups.
struct BarChart {
  struct Bar {
    double value = 0;
    double error = 0;
  };
  struct Series {
    std::string name;
    std::vector<Bar> bars;  // one for each group
  };

  std::string title;
  Axis y;  // not logarithmic
  std::vector<std::string> groups;
  std::vector<Series> series;
  ChartSize size;
};

std::string BarChartSvg(const BarChart& chart);

}  // namespace llama2

#endif  // LLAMA2_REPORT_CHART_H_
