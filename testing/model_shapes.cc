#include "testing/model_shapes.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

struct NamedShape {
  absl::string_view name;
  absl::string_view long_name;
  Config config;
};

// The tinyllamas as llama2.c's README lists them (260K: its doc/stories260K.md);
// TinyLlama: Zhang et al., 2024, table 1.
constexpr NamedShape kShapes[] = {
    {"260K", "stories260K", {64, 172, 5, 8, 4, 512, 512}},
    {"15M", "stories15M", {288, 768, 6, 6, 6, 32000, 256}},
    {"42M", "stories42M", {512, 1376, 8, 8, 8, 32000, 1024}},
    {"110M", "stories110M", {768, 2048, 12, 12, 12, 32000, 1024}},
    {"1.1B", "TinyLlama", {2048, 5632, 22, 32, 4, 32000, 2048, /*shared_classifier=*/false}},
};

constexpr std::pair<absl::string_view, int64_t Config::*> kSizes[] = {
    {"dim", &Config::dim},
    {"hidden_dim", &Config::hidden_dim},
    {"n_layers", &Config::n_layers},
    {"n_heads", &Config::n_heads},
    {"n_kv_heads", &Config::n_kv_heads},
    {"vocab_size", &Config::vocab_size},
    {"seq_len", &Config::seq_len},
};

// Sets what `assignment`, such as "dim=64", names; false where it names nothing.
bool Assign(absl::string_view assignment, Config& config) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(assignment, absl::MaxSplits('=', 1));
  int64_t value;
  if (!absl::SimpleAtoi(parts.second, &value)) return false;
  if (parts.first == "shared_classifier" && (value == 0 || value == 1)) {
    config.shared_classifier = value == 1;
    return true;
  }
  for (const auto& [name, size] : kSizes) {
    if (parts.first != name) continue;
    config.*size = value;
    return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Config> ParseShape(absl::string_view text) {
  for (const NamedShape& shape : kShapes) {
    if (text == shape.name || text == shape.long_name) return shape.config;
  }
  Config config;
  for (const absl::string_view assignment : absl::StrSplit(text, ',')) {
    if (!Assign(assignment, config)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "shape: found '", assignment,
          "', expected 260K, 15M, 42M, 110M, 1.1B or sizes, as in dim=64,hidden_dim=172,"
          "n_layers=5,n_heads=8,n_kv_heads=4,vocab_size=512,seq_len=512,shared_classifier=0"));
    }
  }
  RETURN_IF_ERROR(Validate(config));
  return config;
}

}  // namespace llama2
