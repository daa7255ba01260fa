// What a study is told (study_config.proto), beyond what its schema can say.
//
//   RETURN_IF_ERROR(Validate(config));
//   ASSIGN_OR_RETURN(StudyReport report, RunStudy(PlanOf(config), models, ...));
#ifndef LLAMA2_TOOLS_STUDY_STUDY_PLAN_H_
#define LLAMA2_TOOLS_STUDY_STUDY_PLAN_H_

#include "absl/status/status.h"
#include "analysis/study.h"
#include "tools/study/study_config.pb.h"

namespace llama2 {

// InvalidArgument, naming the field, what was found and what was expected, where a value does
// not keep to the schema's limits, a text is not UTF-8, or there would be no cell at all;
// FailedPrecondition where this CPU lacks the instruction set.
absl::Status Validate(const StudyConfig& config);

// The plan of a `config` that Validate accepts.
StudyPlan PlanOf(const StudyConfig& config);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_STUDY_STUDY_PLAN_H_
