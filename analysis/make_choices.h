// Multiple-choice questions out of stories: how does this one go on?
//
//   ASSIGN_OR_RETURN(const std::vector<ChoiceTask> tasks,
//                    MakeChoices(corpus.stories(), {.count = 200, .endings = 4, .seed = 1}));
#ifndef LLAMA2_ANALYSIS_MAKE_CHOICES_H_
#define LLAMA2_ANALYSIS_MAKE_CHOICES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analysis/choice_task.pb.h"

namespace llama2 {

struct MakeChoicesOptions {
  int64_t count = 200;  // questions, each from a story of its own; 1 or more
  int endings = 4;      // of each; 2 to kMaxEndings (choice_file.h)
  uint64_t seed = 1;    // of which stories, which wrong endings, and where the right one stands
};

// A question's context is a story up to the first end of a sentence in its second half; the
// right ending is the next sentence. The wrong ones are the same sentences of other stories,
// drawn from those whose length is nearest to the right one's, so that length tells nothing. A
// story that has no sentence there makes no question. A function of its arguments alone.
// InvalidArgument, naming the field, where there are too few stories.
absl::StatusOr<std::vector<ChoiceTask>> MakeChoices(absl::Span<const absl::string_view> stories,
                                                    const MakeChoicesOptions& options);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_MAKE_CHOICES_H_
