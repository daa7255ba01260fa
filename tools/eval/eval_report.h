// What `eval` prints: its reports as lines for a person, or as JSON.
//
//   std::cout << (json ? ReportJson(report) : ReportText(report));
#ifndef LLAMA2_TOOLS_EVAL_EVAL_REPORT_H_
#define LLAMA2_TOOLS_EVAL_EVAL_REPORT_H_

#include <string>

#include "analysis/evaluation.pb.h"
#include "google/protobuf/message.h"

namespace llama2 {

// Lines for a person. "±" is the standard error, where there is one.
std::string ReportText(const EvalReport& report);
std::string ReportText(const ComparisonReport& report);
std::string ReportText(const ChoicesReport& report);

// One JSON object, its members named as the fields of `report`.
std::string ReportJson(const google::protobuf::Message& report);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_EVAL_EVAL_REPORT_H_
