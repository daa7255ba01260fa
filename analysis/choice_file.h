// Files of multiple-choice questions: JSON lines, each a ChoiceTask (choice_task.proto).
//
//   ASSIGN_OR_RETURN(const std::vector<Question> questions, ReadQuestions("tasks.jsonl"));
//   ChoiceTask task = questions[0].task;
#ifndef LLAMA2_ANALYSIS_CHOICE_FILE_H_
#define LLAMA2_ANALYSIS_CHOICE_FILE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "analysis/choice_task.pb.h"

namespace llama2 {

inline constexpr int kMaxEndings = 64;

// Each ending is encoded behind the context: together with kMaxEndings this bounds the memory
// that a line can ask for.
inline constexpr size_t kMaxQuestionBytes = size_t{1} << 20;

struct Question {
  ChoiceTask task;
  std::string where;  // "tasks.jsonl:7", for messages
};

// The questions in `text`, the content of the file `path`; at least one. Lines of white space
// are passed over.
// InvalidArgument, naming file, line and field, where the text is not UTF-8; a line is not a
// JSON object, is longer than kMaxQuestionBytes, has a field that ChoiceTask does not have, no
// context, fewer than two endings or more than kMaxEndings, an empty one, no answer, or one
// that is no ending's index; or there is no question.
absl::StatusOr<std::vector<Question>> ParseQuestions(absl::string_view text,
                                                     absl::string_view path);

// The same of the file at `path`. Errors are also those of MappedFile::Open.
absl::StatusOr<std::vector<Question>> ReadQuestions(absl::string_view path);

// `task` as a line of such a file, with the line break.
std::string QuestionLine(const ChoiceTask& task);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_CHOICE_FILE_H_
