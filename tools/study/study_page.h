// A study as a page: figures, numbers, and texts beside each other.
//
//   Write("index.html", StudyPage(report, StudyFigures(report), PrintConfig(config)));
#ifndef LLAMA2_TOOLS_STUDY_STUDY_PAGE_H_
#define LLAMA2_TOOLS_STUDY_STUDY_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analysis/study.pb.h"
#include "tools/study/study_figures.h"

namespace llama2 {

// One self-contained HTML document. `config` is shown for who wants to make the study again.
std::string StudyPage(const StudyReport& report, absl::Span<const StudyFigure> figures,
                      absl::string_view config);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_STUDY_STUDY_PAGE_H_
