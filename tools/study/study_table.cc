#include "tools/study/study_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "report/svg.h"
#include "tools/study/study_figures.h"

namespace llama2 {
namespace {

constexpr int kMostLetters = 24;  // of a name on a terminal

std::string Count(int64_t count, absl::string_view one, absl::string_view several) {
  return absl::StrCat(count, " ", count == 1 ? one : several);
}

StudyColumn Values(const StudyReport& report, StudyCells::Dimension dimension) {
  using C = StudyCells;
  static constexpr const char* kHeadings[] = {"model", "prompt", "temperature", "top-p"};
  StudyColumn column = {.heading = kHeadings[dimension],
                        .number = dimension == C::kTemperature || dimension == C::kTopP};
  for (const StudyCell& cell : report.cells()) {
    column.values.push_back(dimension == C::kModel         ? cell.model()
                            : dimension == C::kPrompt      ? cell.prompt()
                            : dimension == C::kTemperature ? absl::StrCat(cell.temperature())
                                                           : absl::StrCat(cell.top_p()));
    column.errors.emplace_back();
  }
  return column;
}

// How wide a text is on a terminal, about: characters.
size_t Width(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace

std::string StudySize(const StudyReport& report) {
  std::vector<std::string> factors;
  const auto add = [&factors](int count, absl::string_view several) {
    if (count > 1) factors.push_back(absl::StrCat(count, " ", several));
  };
  add(report.models_size(), "models");
  add(report.prompts_size(), "prompts");
  add(report.temperatures_size(), "temperatures");
  add(report.top_ps_size(), "values of top-p");
  add(report.seeds_size(), "seeds");
  const int64_t texts = int64_t{1} * report.cells_size() * report.seeds_size();
  const std::string count = Count(texts, "text", "texts");
  return factors.empty() ? count : absl::StrCat(count, ": ", absl::StrJoin(factors, " x "));
}

std::vector<StudyColumn> StudyColumns(const StudyReport& report) {
  std::vector<StudyColumn> columns;
  const StudyCells cells(report);
  for (const StudyCells::Dimension dimension :
       {StudyCells::kModel, StudyCells::kPrompt, StudyCells::kTemperature, StudyCells::kTopP}) {
    if (cells.size(dimension) > 1) columns.push_back(Values(report, dimension));
  }
  for (const StudyMetric& metric : StudyMetrics(report)) {
    StudyColumn column = {.heading = metric.heading};
    for (const StudyCell& cell : report.cells()) {
      const StudyMean& mean = (cell.*metric.mean)();
      const auto write = [&](bool has, double value) {
        return has ? absl::StrFormat("%.*f", metric.decimals, value) : "";
      };
      column.values.push_back(mean.has_mean() ? write(true, mean.mean()) : "-");
      column.errors.push_back(write(mean.has_standard_error(), mean.standard_error()));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string StudyTable(const StudyReport& report) {
  std::vector<StudyColumn> columns = StudyColumns(report);
  std::vector<std::string> lines(report.cells_size() + 1);
  for (size_t c = 0; c < columns.size(); ++c) {
    StudyColumn& column = columns[c];
    column.values.insert(column.values.begin(), column.heading);
    size_t width = 0;
    for (std::string& value : column.values) {
      for (char& letter : value) letter = letter == '\n' ? ' ' : letter;
      value = Shortened(value, kMostLetters);
      width = std::max(width, Width(value));
    }
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string& value = column.values[i];
      const std::string space(width - Width(value), ' ');
      absl::StrAppend(&lines[i], c > 0 ? "  " : "", column.number ? space : "", value,
                      column.number ? "" : space);
    }
  }
  return absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
}

}  // namespace llama2
