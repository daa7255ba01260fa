// Reports of studies that nobody made, for the tests of what is shown of them.
//
//   const StudyReport report = MakeStudyReport(/*models=*/1, /*prompts=*/3, 1, 1);
#ifndef LLAMA2_TOOLS_STUDY_STUDY_REPORTS_H_
#define LLAMA2_TOOLS_STUDY_STUDY_REPORTS_H_

#include "analysis/study.pb.h"

namespace llama2 {

// Models "model 0", "model 1", ...; prompts "prompt 0" of text "Text 0", ...; temperatures and
// values of top-p 0, 0.25, ...; seeds 1 and 2. The means of the cell number c are c / 100, with
// errors of 0.005; the sample of seed 2 is picked, whose text is " continued c".
StudyReport MakeStudyReport(int models, int prompts, int temperatures, int top_ps);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_STUDY_STUDY_REPORTS_H_
