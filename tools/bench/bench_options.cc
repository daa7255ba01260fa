#include "tools/bench/bench_options.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "tools/cli/field_value.h"

namespace llama2 {
namespace {

// The numbers of "128,512".
absl::StatusOr<std::vector<int>> ParseList(absl::string_view field, absl::string_view text,
                                           int least, int most) {
  std::vector<int> numbers;
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    int number;
    if (!absl::SimpleAtoi(word, &number) || number < least || number > most) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ": found \"", text, "\", expected whole numbers from ", least,
                       " to ", most, " with commas between them"));
    }
    if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

absl::StatusOr<Peer> ParsePeer(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (parts.first.empty() || parts.second.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("peer: found \"", text, "\", expected NAME=COMMAND"));
  }
  return Peer{std::string(parts.first), std::string(parts.second)};
}

absl::Status AddPhases(Phase::Kind kind, absl::string_view text, std::vector<Phase>* phases) {
  ASSIGN_OR_RETURN(const std::vector<int> lengths,
                   ParseList(PhaseName(kind), text, 0, static_cast<int>(kMaxConfigValue)));
  for (int tokens : lengths) {
    if (tokens > 0) phases->push_back({kind, tokens});
  }
  return absl::OkStatus();
}

}  // namespace

absl::string_view PhaseName(Phase::Kind kind) {
  return kind == Phase::kPrefill ? "prefill" : "decode";
}

absl::StatusOr<BenchOptions> BenchOptionsOf(const BenchConfig& config) {
  BenchOptions options;
  RETURN_IF_ERROR(AddPhases(Phase::kPrefill, config.prefill(), &options.phases));
  RETURN_IF_ERROR(AddPhases(Phase::kDecode, config.decode(), &options.phases));
  if (options.phases.empty()) {
    return absl::InvalidArgumentError("prefill, decode: found 0, expected one above 0");
  }
  options.threads = {AvailableProcessors()};
  if (config.has_threads()) {
    ASSIGN_OR_RETURN(options.threads, ParseList("threads", config.threads(), 1, 1024));
  }
  options.isa = BestIsa();
  if (config.has_isa()) {
    ASSIGN_OR_RETURN(options.isa, ParseIsa(config.isa()));
  }
  for (const std::string& text : config.peer()) {
    ASSIGN_OR_RETURN(Peer peer, ParsePeer(text));
    const auto same = [&](const Peer& other) { return other.name == peer.name; };
    if (std::any_of(options.peers.begin(), options.peers.end(), same)) {
      return absl::InvalidArgumentError(
          absl::StrCat("peer: found ", peer.name, " twice, expected different names"));
    }
    options.peers.push_back(std::move(peer));
  }
  return options;
}

absl::Status Validate(const BenchConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  if (config.checkpoint().empty()) {
    return absl::InvalidArgumentError("checkpoint: missing, expected files or default");
  }
  if (config.json() && config.csv()) {
    return absl::InvalidArgumentError("csv: found with json, expected one of the two");
  }
  ASSIGN_OR_RETURN(const BenchOptions options, BenchOptionsOf(config));
  if (config.once() && (config.checkpoint().size() > 1 || options.threads.size() > 1)) {
    return absl::InvalidArgumentError(
        "once: found several models or numbers of threads, expected one of each");
  }
  return absl::OkStatus();
}

std::vector<Phase> PhasesOf(const BenchOptions& options, int64_t seq_len,
                            std::vector<std::string>* notes) {
  std::vector<Phase> phases;
  for (Phase phase : options.phases) {
    if (phase.tokens > seq_len) {
      notes->push_back(absl::StrCat(PhaseName(phase.kind), " ", phase.tokens, " cut to ",
                                    seq_len, ", the model's context"));
      phase.tokens = static_cast<int>(seq_len);
    }
    if (std::find(phases.begin(), phases.end(), phase) == phases.end()) {
      phases.push_back(phase);
    }
  }
  return phases;
}

}  // namespace llama2
