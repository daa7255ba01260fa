#include "training/metrics.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

struct Column {
  const char* name;
  std::optional<double> MetricsRow::*value;
};

// Behind "step" and "unix_time".
constexpr Column kColumns[] = {
    {"loss", &MetricsRow::loss},
    {"validation_loss", &MetricsRow::validation_loss},
    {"learning_rate", &MetricsRow::learning_rate},
    {"gradient_norm", &MetricsRow::gradient_norm},
    {"tokens_per_second", &MetricsRow::tokens_per_second},
    {"gflops", &MetricsRow::gflops},
};

// The shortest text that reads back as `value`.
std::string Cell(std::optional<double> value) {
  if (!value.has_value()) return "";
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof(text), *value).ptr);
}

std::vector<MetricsRow> ParseRows(absl::string_view text, int64_t last_step) {
  std::vector<MetricsRow> rows;
  if (!absl::ConsumePrefix(&text, absl::StrCat(MetricsHeader(), "\n"))) return rows;
  while (true) {
    const size_t end = text.find('\n');
    if (end == absl::string_view::npos) return rows;  // a line that was cut does not count
    const std::optional<MetricsRow> row = ParseMetricsRow(text.substr(0, end));
    if (!row.has_value() || row->step > last_step) return rows;
    rows.push_back(*row);
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string MetricsHeader() {
  std::string header = "step,unix_time";
  for (const Column& column : kColumns) absl::StrAppend(&header, ",", column.name);
  return header;
}

std::string FormatMetricsRow(const MetricsRow& row) {
  std::string line = absl::StrFormat("%d,%.3f", row.step, row.unix_time);
  for (const Column& column : kColumns) {
    absl::StrAppend(&line, ",", Cell(row.*column.value));
  }
  return line;
}

std::optional<MetricsRow> ParseMetricsRow(absl::string_view line) {
  const std::vector<absl::string_view> cells = absl::StrSplit(line, ',');
  MetricsRow row;
  if (cells.size() != 2 + std::size(kColumns) || !absl::SimpleAtoi(cells[0], &row.step) ||
      row.step < 0 || !absl::SimpleAtod(cells[1], &row.unix_time) ||
      !std::isfinite(row.unix_time)) {
    return std::nullopt;
  }
  for (size_t i = 0; i < std::size(kColumns); ++i) {
    const absl::string_view cell = cells[2 + i];
    if (cell.empty()) continue;
    double value;
    if (!absl::SimpleAtod(cell, &value) || !std::isfinite(value)) return std::nullopt;
    row.*kColumns[i].value = value;
  }
  return row;
}

absl::StatusOr<MetricsFile> MetricsFile::Open(absl::string_view path, int64_t last_step) {
  std::vector<MetricsRow> rows;
  const absl::StatusOr<MappedFile> old = MappedFile::Open(path);
  if (old.ok()) {
    const absl::Span<const uint8_t> bytes = old->bytes();
    rows = ParseRows({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, last_step);
  } else if (!absl::IsNotFound(old.status())) {
    return old.status();
  }
  std::string content = absl::StrCat(MetricsHeader(), "\n");
  for (const MetricsRow& row : rows) absl::StrAppend(&content, FormatMetricsRow(row), "\n");
  ASSIGN_OR_RETURN(AppendFile file, AppendFile::Create(path, content));
  return MetricsFile(std::move(rows), std::move(file));
}

absl::Status MetricsFile::Append(const MetricsRow& row) {
  rows_.push_back(row);
  return file_.Append(absl::StrCat(FormatMetricsRow(row), "\n"));
}

}  // namespace llama2
