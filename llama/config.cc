#include "llama/config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

absl::Status CheckMultiple(absl::string_view what, int64_t value, absl::string_view of,
                           int64_t divisor) {
  if (value % divisor == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      what, ": found ", value, ", expected a multiple of ", of, " (", divisor, ")"));
}

}  // namespace

int64_t Config::parameters() const {
  const int64_t attention = 2 * dim * dim + 2 * dim * kv_dim();
  const int64_t feed_forward = 3 * dim * hidden_dim;
  const int64_t norms = 2 * dim;
  return (shared_classifier ? 1 : 2) * vocab_size * dim +
         n_layers * (attention + feed_forward + norms) + dim;
}

absl::Status Validate(const Config& config) {
  const std::pair<absl::string_view, int64_t> sizes[] = {
      {"dim", config.dim},
      {"hidden_dim", config.hidden_dim},
      {"n_layers", config.n_layers},
      {"n_heads", config.n_heads},
      {"n_kv_heads", config.n_kv_heads},
      {"vocab_size", config.vocab_size},
      {"seq_len", config.seq_len},
  };
  for (const auto& [name, value] : sizes) {
    const int64_t least = name == "vocab_size" ? kMinVocabulary : 1;
    if (value < least || value > kMaxConfigValue) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": found ", value, ", expected ", least, " to ", kMaxConfigValue));
    }
  }
  RETURN_IF_ERROR(CheckMultiple("dim", config.dim, "n_heads", config.n_heads));
  RETURN_IF_ERROR(CheckMultiple("n_heads", config.n_heads, "n_kv_heads", config.n_kv_heads));
  if (config.head_dim() % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("dim / n_heads: found ", config.head_dim(),
                     ", expected an even number (RoPE rotates pairs)"));
  }
  if (config.parameters() > kMaxParameters) {
    return absl::InvalidArgumentError(absl::StrCat("parameters: found ", config.parameters(),
                                                   ", expected at most ", kMaxParameters));
  }
  return absl::OkStatus();
}

std::string Describe(const Config& config) {
  return absl::StrCat("dim ", config.dim, ", hidden_dim ", config.hidden_dim, ", ",
                      config.n_layers, " layers, ", config.n_heads, "/", config.n_kv_heads,
                      " heads, vocabulary ", config.vocab_size, ", context ", config.seq_len,
                      config.shared_classifier ? ", shared classifier" : "");
}

}  // namespace llama2
