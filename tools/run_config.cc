#include "tools/run_config.h"

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "tools/cli/field_value.h"

namespace llama2 {

absl::Status Validate(const RunConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  if (!config.isa().empty()) RETURN_IF_ERROR(ParseIsa(config.isa()).status());
  return Validate(SamplerOptionsOf(config));
}

absl::StatusOr<std::string> TokenizerPath(const RunConfig& config) {
  if (config.has_tokenizer()) return config.tokenizer();
  const std::string& checkpoint = config.checkpoint();
  const std::string beside = checkpoint.substr(0, checkpoint.rfind('/') + 1);
  for (const std::string& folder : {beside, std::string()}) {
    for (const absl::string_view name : {"tokenizer.bin", "tokenizer.model"}) {
      const std::string path = absl::StrCat(folder, name);
      std::error_code error;
      if (std::filesystem::exists(path, error)) return path;
    }
  }
  return absl::NotFoundError(
      absl::StrCat("tokenizer: none given, and found no tokenizer.bin or tokenizer.model "
                   "beside ",
                   checkpoint, " or in the current folder; expected --tokenizer=PATH"));
}

SamplerOptions SamplerOptionsOf(const RunConfig& config) {
  SamplerOptions options;
  options.temperature = config.temperature();
  options.top_p = config.top_p();
  options.top_k = config.top_k();
  options.min_p = config.min_p();
  options.repetition_penalty = config.repetition_penalty();
  options.repetition_window = config.repetition_window();
  options.seed = config.seed();
  return options;
}

}  // namespace llama2
