#include "tools/bench/bench_report.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace llama2 {
namespace {

using Row = std::vector<std::string>;

constexpr char kOurName[] = "llama2.cc";

// Three digits or more.
std::string Number(double value) {
  return absl::StrFormat("%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

// Columns as wide as their widest cell, two spaces apart; the first `words` of them begin at
// the left.
std::string Table(absl::Span<const Row> rows, size_t words) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ", i < words ? "" : space, row[i],
                      i < words ? space : "");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

std::string ProgramName(const BenchResult& result) {
  return result.has_peer() ? result.peer() : kOurName;
}

std::string PhaseTable(const BenchModel& model) {
  std::vector<Row> rows = {{"phase", "program", "threads", "tok/s", "min", "max", "of limit",
                            "ours/theirs", "peak MiB"}};
  for (const BenchTeam& team : model.team()) {
    for (const BenchResult& result : team.result()) {
      const BenchSpread& rate = result.tokens_per_second();
      const bool ours = !result.has_peer();
      rows.push_back({absl::StrCat(result.phase(), " ", result.tokens()), ProgramName(result),
                      absl::StrCat(team.threads()), Number(rate.median()), Number(rate.min()),
                      Number(rate.max()),
                      ours ? absl::StrFormat("%s %3.0f%%", result.limit(),
                                             100 * result.of_limit().median())
                           : "",
                      ours ? "" : absl::StrFormat("%.2f", result.ratio().median()),
                      ours ? Number(result.peak_mib()) : ""});
    }
  }
  return Table(rows, /*words=*/2);
}

std::string MachineTable(const BenchModel& model) {
  std::vector<Row> rows = {
      {"threads", "load ms", "first token ms", "read GB/s", "fp32 GFLOP/s", "int8 GOP/s"}};
  for (const BenchTeam& team : model.team()) {
    rows.push_back({absl::StrCat(team.threads()), Number(team.load_ms().median()),
                    Number(team.first_token_ms().median()),
                    Number(team.read_gb_per_second().median()),
                    Number(team.fp32_gflop_per_second().median()),
                    Number(team.int8_gop_per_second().median())});
  }
  return Table(rows, /*words=*/0);
}

std::string CsvText(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// Three cells; empty ones where there is no such spread.
std::string CsvSpread(bool has, const BenchSpread& spread) {
  if (!has) return ",,";
  return absl::StrCat(spread.min(), ",", spread.median(), ",", spread.max());
}

}  // namespace

std::string BenchReportText(const BenchReport& report) {
  std::string text;
  for (const BenchModel& model : report.model()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", model.checkpoint(), ": ", model.format(),
                    ", ", model.config(), "\n", report.isa(), ", ", report.rounds(),
                    report.rounds() == 1 ? " round" : " rounds", "\n");
    for (const std::string& note : model.note()) absl::StrAppend(&text, note, "\n");
    absl::StrAppend(&text, "\n", PhaseTable(model), "\n", MachineTable(model));
  }
  return text;
}

std::string BenchReportCsv(const BenchReport& report) {
  std::string text =
      "checkpoint,format,isa,threads,phase,tokens,program,"
      "tokens_per_second_min,tokens_per_second_median,tokens_per_second_max,"
      "ratio_min,ratio_median,ratio_max,of_limit_min,of_limit_median,of_limit_max,limit,"
      "peak_mib,load_ms,first_token_ms\n";
  for (const BenchModel& model : report.model()) {
    for (const BenchTeam& team : model.team()) {
      for (const BenchResult& result : team.result()) {
        const bool ours = !result.has_peer();
        const Row cells = {CsvText(model.checkpoint()),
                           CsvText(model.format()),
                           report.isa(),
                           absl::StrCat(team.threads()),
                           result.phase(),
                           absl::StrCat(result.tokens()),
                           CsvText(ProgramName(result)),
                           CsvSpread(true, result.tokens_per_second()),
                           CsvSpread(result.has_ratio(), result.ratio()),
                           CsvSpread(result.has_of_limit(), result.of_limit()),
                           result.limit(),
                           ours ? absl::StrCat(result.peak_mib()) : "",
                           ours ? absl::StrCat(team.load_ms().median()) : "",
                           ours ? absl::StrCat(team.first_token_ms().median()) : ""};
        absl::StrAppend(&text, absl::StrJoin(cells, ","), "\n");
      }
    }
  }
  return text;
}

}  // namespace llama2
