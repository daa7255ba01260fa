#include "tools/study/study_reports.h"

#include "absl/strings/str_cat.h"

namespace llama2 {
namespace {

StudyCell MakeCell(int index, bool of_first_model) {
  StudyCell cell;
  StudyMean mean;
  mean.set_mean(index / 100.0);
  mean.set_standard_error(0.005);
  mean.set_count(2);
  *cell.mutable_log_likelihood() = mean;
  *cell.mutable_repetition() = mean;
  *cell.mutable_distinct_1() = mean;
  *cell.mutable_distinct_2() = mean;
  *cell.mutable_distinct_3() = mean;
  *cell.mutable_tokens() = mean;
  *cell.mutable_ended() = mean;
  if (!of_first_model) *cell.mutable_agreement() = mean;
  for (const int seed : {1, 2}) {
    StudySample* sample = cell.add_samples();
    sample->set_seed(seed);
    sample->set_text(seed == 2 ? absl::StrCat(" continued ", index) : " otherwise");
    sample->set_tokens(2);
  }
  cell.set_picked(1);
  return cell;
}

}  // namespace

StudyReport MakeStudyReport(int models, int prompts, int temperatures, int top_ps) {
  StudyReport report;
  report.set_title("A study");
  report.set_steps(32);
  for (int i = 0; i < models; ++i) report.add_models(absl::StrCat("model ", i));
  for (int i = 0; i < prompts; ++i) {
    report.add_prompts()->set_label(absl::StrCat("prompt ", i));
    report.mutable_prompts(i)->set_text(absl::StrCat("Text ", i));
  }
  for (int i = 0; i < temperatures; ++i) report.add_temperatures(i * 0.25f);
  for (int i = 0; i < top_ps; ++i) report.add_top_ps(i * 0.25f);
  for (const int seed : {1, 2}) report.add_seeds(seed);
  for (const auto& model : report.models()) {
    for (const StudyPrompt& prompt : report.prompts()) {
      for (const float temperature : report.temperatures()) {
        for (const float top_p : report.top_ps()) {
          StudyCell cell = MakeCell(report.cells_size(), model == report.models(0));
          cell.set_model(model);
          cell.set_prompt(prompt.label());
          cell.set_temperature(temperature);
          cell.set_top_p(top_p);
          *report.add_cells() = cell;
        }
      }
    }
  }
  return report;
}

}  // namespace llama2
