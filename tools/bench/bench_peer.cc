#include "tools/bench/bench_peer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "tools/bench/bench_process.h"

namespace llama2 {
namespace {

// A prompt or a generation at a rate; nothing for a test of another kind, or no number.
std::optional<BenchPhase> PhaseOf(int prompt, int generated, double rate) {
  if ((prompt > 0) == (generated > 0) || !std::isfinite(rate) || rate <= 0) return {};
  BenchPhase phase;
  phase.set_name(std::string(PhaseName(prompt > 0 ? Phase::kPrefill : Phase::kDecode)));
  phase.set_tokens(std::max(prompt, generated));
  phase.set_tokens_per_second(rate);
  return phase;
}

// What a row of a table, whose columns `header` names, says.
std::optional<BenchPhase> ParseRow(const std::vector<std::string>& header,
                                   const std::vector<std::string>& row) {
  const auto cell = [&](absl::string_view name) -> absl::string_view {
    const size_t column = std::find(header.begin(), header.end(), name) - header.begin();
    return column < row.size() ? absl::string_view(row[column]) : "";
  };
  int prompt = 0, generated = 0;
  double rate = 0;
  absl::string_view test = cell("test");  // pp128 or tg256, in the table for people
  if (!absl::SimpleAtoi(cell("n_prompt"), &prompt) && absl::ConsumePrefix(&test, "pp")) {
    if (!absl::SimpleAtoi(test, &prompt)) return {};
  }
  if (!absl::SimpleAtoi(cell("n_gen"), &generated) && absl::ConsumePrefix(&test, "tg")) {
    if (!absl::SimpleAtoi(test, &generated)) return {};
  }
  // "306.06 ± 1.22" in the table for people.
  const absl::string_view text = cell("avg_ts").empty() ? cell("t/s") : cell("avg_ts");
  if (!absl::SimpleAtod(text.substr(0, text.find(' ')), &rate)) return {};
  return PhaseOf(prompt, generated, rate);
}

// The cells of "| a | b |"; none of another line.
std::vector<std::string> MarkdownCells(absl::string_view line) {
  std::vector<std::string> cells;
  if (!absl::ConsumePrefix(&line, "|") || !absl::ConsumeSuffix(&line, "|")) return cells;
  for (absl::string_view cell : absl::StrSplit(line, '|')) {
    cells.emplace_back(absl::StripAsciiWhitespace(cell));
  }
  return cells;
}

// The cells of `a,"b, ""c"""`.
std::vector<std::string> CsvCells(absl::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back().push_back(c);
    }
  }
  return cells;
}

// Of each table in `text`, from its header on, which has the column `rate`.
std::vector<BenchPhase> ParseTable(absl::string_view text, absl::string_view rate,
                                   std::vector<std::string> (*cells)(absl::string_view)) {
  std::vector<BenchPhase> phases;
  std::vector<std::string> header;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    std::vector<std::string> row = cells(absl::StripAsciiWhitespace(line));
    if (std::find(row.begin(), row.end(), rate) != row.end()) {
      header = std::move(row);
    } else if (!header.empty()) {
      const std::optional<BenchPhase> phase = ParseRow(header, row);
      if (phase.has_value()) phases.push_back(*phase);
    }
  }
  return phases;
}

std::vector<BenchPhase> ParseJson(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty() || text[0] != '[') return {};
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  LlamaBenchOutput output;
  if (!google::protobuf::util::JsonStringToMessage(absl::StrCat("{\"test\":", text, "}"),
                                                   &output, options)
           .ok()) {
    return {};
  }
  std::vector<BenchPhase> phases;
  for (const LlamaBenchTest& test : output.test()) {
    const std::optional<BenchPhase> phase =
        PhaseOf(test.n_prompt(), test.n_gen(), test.avg_ts());
    if (phase.has_value()) phases.push_back(*phase);
  }
  return phases;
}

// The number behind the last "achieved tok/s:", which may stand behind generated text.
std::vector<BenchPhase> ParseAchieved(absl::string_view text) {
  constexpr absl::string_view kMark = "achieved tok/s:";
  const size_t begin = text.rfind(kMark);
  if (begin == absl::string_view::npos) return {};
  text = absl::StripLeadingAsciiWhitespace(text.substr(begin + kMark.size()));
  double rate = 0;
  if (!absl::SimpleAtod(text.substr(0, text.find_first_of(" \r\n")), &rate)) return {};
  std::optional<BenchPhase> phase = PhaseOf(/*prompt=*/0, /*generated=*/1, rate);
  if (!phase.has_value()) return {};
  phase->clear_tokens();
  return {*phase};
}

}  // namespace

std::vector<BenchPhase> ParsePeerOutput(absl::string_view out, absl::string_view err) {
  std::vector<BenchPhase> phases = ParseJson(out);
  if (phases.empty()) phases = ParseTable(out, "t/s", MarkdownCells);
  if (phases.empty()) phases = ParseTable(out, "avg_ts", CsvCells);
  if (phases.empty()) phases = ParseAchieved(err);
  if (phases.empty()) phases = ParseAchieved(out);
  return phases;
}

absl::StatusOr<std::vector<BenchPhase>> RunPeer(const Peer& peer, const std::string& model,
                                                int threads) {
  const std::string command = absl::StrReplaceAll(
      peer.command, {{"{model}", model}, {"{threads}", absl::StrCat(threads)}});
  ReadFilesNamedIn(command);
  ASSIGN_OR_RETURN(const ProcessOutput output, RunProcess({"/bin/sh", "-c", command}));
  const absl::string_view said = LastLine(output.err.empty() ? output.out : output.err);
  if (output.exit_code != 0) {
    return absl::UnavailableError(
        absl::StrCat("peer ", peer.name, ": exit code ", output.exit_code, ": ", said));
  }
  std::vector<BenchPhase> phases = ParsePeerOutput(output.out, output.err);
  if (phases.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "peer ", peer.name, ": printed no rate, expected \"achieved tok/s: N\" or ",
        "what llama-bench prints; its last line: ", said));
  }
  return phases;
}

}  // namespace llama2
