// A study's numbers in lines for a person.
//
//   std::cout << StudyTable(report);
//   // 24 texts: 3 temperatures x 8 seeds; means over the seeds
//   //
//   // temperature  log-likelihood  repetition  ...
//   //         0.5          -0.812       0.104
#ifndef LLAMA2_TOOLS_STUDY_STUDY_TABLE_H_
#define LLAMA2_TOOLS_STUDY_STUDY_TABLE_H_

#include <string>
#include <vector>

#include "analysis/study.pb.h"

namespace llama2 {

// "24 texts: 3 temperatures x 8 seeds".
std::string StudySize(const StudyReport& report);

// One word for each cell: a heading, then the cells of the report in their order. First what
// makes them, as far as there are several of it, then the means.
struct StudyColumn {
  std::string heading;
  std::vector<std::string> values;
  std::vector<std::string> errors;  // standard errors, empty where there is none
  bool number = true;
};

std::vector<StudyColumn> StudyColumns(const StudyReport& report);

// What they make together, with spaces between them.
std::string StudyTable(const StudyReport& report);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_STUDY_STUDY_TABLE_H_
