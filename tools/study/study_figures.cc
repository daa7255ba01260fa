#include "tools/study/study_figures.h"

#include <cstddef>
#include <limits>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "report/chart.h"

namespace llama2 {
namespace {

using Place = StudyCells::Place;
using Dimension = StudyCells::Dimension;

constexpr int kMostLines = 6;     // in a picture: as many as there are colours
constexpr size_t kMostTicks = 8;  // each value that was tried has one, if there are no more
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// The places of one picture: in the dimension `along` an axis, and the lines or series.
struct Layout {
  Dimension along = StudyCells::kPrompt;
  std::vector<Place> lines;  // with 0 in `along`
};

// All places that have 0 in `along`, and this prompt, if any.
std::vector<Place> Lines(const StudyCells& cells, Dimension along, int prompt) {
  std::vector<Place> lines;
  const auto count = [&](Dimension d) { return d == along ? 1 : cells.size(d); };
  for (int m = 0; m < count(StudyCells::kModel); ++m) {
    for (int p = 0; p < count(StudyCells::kPrompt); ++p) {
      if (prompt >= 0 && p != prompt) continue;
      for (int t = 0; t < count(StudyCells::kTemperature); ++t) {
        for (int q = 0; q < count(StudyCells::kTopP); ++q) lines.push_back({m, p, t, q});
      }
    }
  }
  return lines;
}

Dimension Along(const StudyCells& cells) {
  for (const Dimension d : {StudyCells::kTemperature, StudyCells::kTopP, StudyCells::kPrompt}) {
    if (cells.size(d) > 1) return d;
  }
  return StudyCells::kModel;
}

double ValueOf(const StudyMean& mean) { return mean.has_mean() ? mean.mean() : kNone; }

Axis AxisOf(const StudyMetric& metric) {
  Axis axis = {.label = metric.unit};
  if (metric.from_zero) axis.least = 0;
  if (metric.to_one) axis.most = 1;
  return axis;
}

std::string LineFigure(const StudyMetric& metric, const std::string& title,
                       const StudyCells& cells, const Layout& layout,
                       const std::vector<Dimension>& unnamed) {
  const bool of_temperature = layout.along == StudyCells::kTemperature;
  LineChart chart = {.title = title,
                     .x = {.label = of_temperature ? "temperature" : "top-p"},
                     .y = AxisOf(metric)};
  std::set<double> ticks;
  for (const Place& place : layout.lines) {
    LineChart::Line line = {.name = cells.Name(place, unnamed)};
    for (int i = 0; i < cells.size(layout.along); ++i) {
      Place at = place;
      at[layout.along] = i;
      const StudyCell& cell = cells.At(at);
      const StudyMean& mean = (cell.*metric.mean)();
      line.points.push_back({.x = of_temperature ? cell.temperature() : cell.top_p(),
                             .y = ValueOf(mean),
                             .error = mean.standard_error()});
    }
    for (const LineChart::Point& p : line.points) ticks.insert(p.x);
    absl::c_sort(line.points, [](const auto& a, const auto& b) { return a.x < b.x; });
    // Of the first model there is no agreement with itself; each has its colour all the same.
    const auto has_place = [](const LineChart::Point& p) { return p.y == p.y; };
    if (!absl::c_any_of(line.points, has_place)) line.name.clear();
    chart.lines.push_back(std::move(line));
  }
  if (ticks.size() <= kMostTicks) chart.x.ticks.assign(ticks.begin(), ticks.end());
  return LineChartSvg(chart);
}

std::string BarFigure(const StudyMetric& metric, const std::string& title,
                      const StudyCells& cells, const Layout& layout,
                      const std::vector<Dimension>& unnamed) {
  BarChart chart = {.title = title, .y = AxisOf(metric)};
  for (int i = 0; i < cells.size(layout.along); ++i) {
    chart.groups.push_back(cells.Name(layout.along, i));
  }
  for (const Place& place : layout.lines) {
    BarChart::Series series = {.name = cells.Name(place, unnamed)};
    for (int i = 0; i < cells.size(layout.along); ++i) {
      Place at = place;
      at[layout.along] = i;
      const StudyMean& mean = (cells.At(at).*metric.mean)();
      series.bars.push_back({ValueOf(mean), mean.standard_error()});
    }
    const auto has_place = [](const BarChart::Bar& bar) { return bar.value == bar.value; };
    if (!absl::c_any_of(series.bars, has_place)) series.name.clear();
    chart.series.push_back(std::move(series));
  }
  return BarChartSvg(chart);
}

std::string Figure(const StudyMetric& metric, const std::string& title, const StudyCells& cells,
                   const Layout& layout, bool one_prompt) {
  std::vector<Dimension> unnamed = {layout.along};
  if (one_prompt) unnamed.push_back(StudyCells::kPrompt);
  const bool lines =
      layout.along == StudyCells::kTemperature || layout.along == StudyCells::kTopP;
  return lines ? LineFigure(metric, title, cells, layout, unnamed)
               : BarFigure(metric, title, cells, layout, unnamed);
}

}  // namespace

std::vector<StudyMetric> StudyMetrics(const StudyReport& report) {
  using C = StudyCell;
  std::vector<StudyMetric> metrics = {
      {"log_likelihood", "log-likelihood", "How likely the model finds its text",
       "mean ln p of a token, nats",
       "The mean over a text's tokens of ln p, in nats, where p is what the model itself gives "
       "each token at temperature 1 and without top-p, however it was sampled. Nearer to 0 is "
       "more predictable, not better.",
       &C::log_likelihood},
      {"repetition", "repetition", "Repetition", "share of runs of 4 words that came before",
       "Of a text's runs of four words, the share that stood in it before (seq-rep-4, Welleck "
       "et al. 2020): how much it goes in circles.",
       &C::repetition, 3, /*from_zero=*/true},
      {"distinct_1", "distinct-1", "Different words", "distinct-1: share of all words",
       "Different words over all words of a text (Li et al. 2016). Falls as a text gets "
       "longer, "
       "as do the next two.",
       &C::distinct_1},
      {"distinct_2", "distinct-2", "Different pairs of words", "distinct-2: share of all pairs",
       "Different pairs of neighbouring words over all such pairs.", &C::distinct_2},
      {"distinct_3", "distinct-3", "Different triples of words",
       "distinct-3: share of all triples", "Different runs of three words over all such runs.",
       &C::distinct_3},
      {"tokens", "tokens", "Length", "tokens behind the prompt",
       "Tokens that were sampled, the end not among them.", &C::tokens, 1, /*from_zero=*/true},
      {"ended", "ended", "Texts that end by themselves", "share of texts",
       "The share of texts that the model ended, or a stop string, before the limit of tokens "
       "did.",
       &C::ended, 2, /*from_zero=*/true, /*to_one=*/true}};
  if (report.models_size() > 1) {
    metrics.push_back(
        {"agreement", "agreement", absl::StrCat("Agreement with ", report.models(0)),
         "share of tokens before they part",
         absl::StrCat("How far a text is, token for token, the one that ", report.models(0),
                      " gives with the same seed: the tokens before the first difference over "
                      "those of the longer text. After it, two texts go their own ways."),
         &C::agreement, 3, /*from_zero=*/true, /*to_one=*/true});
  }
  return metrics;
}

StudyCells::StudyCells(const StudyReport& report)
    : report_(report),
      sizes_{report.models_size(), report.prompts_size(), report.temperatures_size(),
             report.top_ps_size()} {}

const StudyCell& StudyCells::At(const Place& place) const {
  int cell = 0;
  for (int d = 0; d < kDimensions; ++d) cell = cell * sizes_[d] + place[d];
  return report_.cells(cell);
}

StudyCells::Place StudyCells::PlaceOf(int cell) const {
  Place place;
  for (int d = kDimensions - 1; d >= 0; --d) {
    place[d] = cell % sizes_[d];
    cell /= sizes_[d];
  }
  return place;
}

std::string StudyCells::Name(Dimension dimension, int index) const {
  switch (dimension) {
    case kModel:
      return report_.models(index);
    case kPrompt:
      return report_.prompts(index).label();
    case kTemperature:
      return absl::StrCat("temperature ", report_.temperatures(index));
    case kTopP:
      break;
  }
  return absl::StrCat("top-p ", report_.top_ps(index));
}

std::string StudyCells::Name(const Place& place, const std::vector<Dimension>& without) const {
  std::vector<std::string> names;
  for (const Dimension d : {kModel, kPrompt, kTemperature, kTopP}) {
    if (sizes_[d] > 1 && !absl::c_linear_search(without, d)) names.push_back(Name(d, place[d]));
  }
  return absl::StrJoin(names, ", ");
}

std::vector<StudyFigure> StudyFigures(const StudyReport& report) {
  const StudyCells cells(report);
  const Dimension along = Along(cells);
  const Layout all = {along, Lines(cells, along, -1)};
  const bool by_prompt = all.lines.size() > kMostLines && cells.size(StudyCells::kPrompt) > 1 &&
                         along != StudyCells::kPrompt;
  std::vector<StudyFigure> figures;
  for (const StudyMetric& metric : StudyMetrics(report)) {
    if (!by_prompt) {
      figures.push_back(
          {metric.name, Figure(metric, metric.title, cells, all, false), metric.explanation});
      continue;
    }
    for (int p = 0; p < cells.size(StudyCells::kPrompt); ++p) {
      const std::string title =
          absl::StrCat(metric.title, ": ", cells.Name(StudyCells::kPrompt, p));
      figures.push_back({absl::StrCat(metric.name, "-", p + 1),
                         Figure(metric, title, cells, {along, Lines(cells, along, p)}, true),
                         metric.explanation});
    }
  }
  return figures;
}

}  // namespace llama2
