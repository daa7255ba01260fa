// What `eval` prints for a person: its reports as lines.
//
//   std::cout << ReportText(report);
#ifndef LLAMA2_TOOLS_EVAL_EVAL_REPORT_H_
#define LLAMA2_TOOLS_EVAL_EVAL_REPORT_H_

#include <string>

#include "analysis/evaluation.pb.h"

namespace llama2 {

// Lines for a person. "±" is the standard error, where there is one.
std::string ReportText(const EvalReport& report);
std::string ReportText(const ComparisonReport& report);
std::string ReportText(const ChoicesReport& report);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_EVAL_EVAL_REPORT_H_
