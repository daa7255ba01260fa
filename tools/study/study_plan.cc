#include "tools/study/study_plan.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "google/protobuf/repeated_field.h"
#include "kernels/isa.h"
#include "tokenizer/utf8.h"
#include "tools/cli/field_value.h"

namespace llama2 {
namespace {

constexpr float kTopP = 0.9f;  // of run

// Pages and JSON have no place for other bytes.
absl::Status CheckUtf8(absl::string_view field, absl::string_view text) {
  const size_t valid = ValidUtf8Prefix(text);
  if (valid == text.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      field, ": found a text that is not UTF-8 at byte ", valid, ", expected UTF-8"));
}

absl::Status CheckUtf8(absl::string_view field,
                       const google::protobuf::RepeatedPtrField<std::string>& texts) {
  for (const std::string& text : texts) RETURN_IF_ERROR(CheckUtf8(field, text));
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const StudyConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  RETURN_IF_ERROR(CheckUtf8("title", config.title()));
  RETURN_IF_ERROR(CheckUtf8("prompt", config.prompt()));
  RETURN_IF_ERROR(CheckUtf8("label", config.label()));
  RETURN_IF_ERROR(CheckUtf8("stop", config.stop()));
  RETURN_IF_ERROR(CheckUtf8("checkpoint", config.checkpoint()));
  if (config.prompt().empty()) {
    return absl::InvalidArgumentError("prompt: missing, expected at least one text");
  }
  if (config.temperature().empty()) {
    return absl::InvalidArgumentError("temperature: missing, expected at least one number");
  }
  if (!config.label().empty() && config.label_size() != config.prompt_size()) {
    return absl::InvalidArgumentError(absl::StrCat("label: found ", config.label_size(),
                                                   ", expected none or one for each of the ",
                                                   config.prompt_size(), " prompts"));
  }
  if (!config.has_output()) {
    return absl::InvalidArgumentError("output: missing, expected a folder for the report");
  }
  if (config.has_isa()) return ParseIsa(config.isa()).status();
  return absl::OkStatus();
}

StudyPlan PlanOf(const StudyConfig& config) {
  StudyPlan plan = {.temperatures = {config.temperature().begin(), config.temperature().end()},
                    .top_ps = {config.top_p().begin(), config.top_p().end()},
                    .seeds = {config.seed().begin(), config.seed().end()},
                    .steps = config.steps(),
                    .stops = {config.stop().begin(), config.stop().end()}};
  for (int i = 0; i < config.prompt_size(); ++i) {
    const std::string& label = config.label().empty() ? config.prompt(i) : config.label(i);
    plan.prompts.push_back({label.empty() ? "(nothing)" : label, config.prompt(i)});
  }
  if (plan.top_ps.empty()) plan.top_ps = {kTopP};
  if (plan.seeds.empty()) {
    for (int seed = 1; seed <= config.seeds(); ++seed) plan.seeds.push_back(seed);
  }
  return plan;
}

}  // namespace llama2
