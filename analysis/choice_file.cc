#include "analysis/choice_file.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "tokenizer/check_text.h"

namespace llama2 {
namespace {

using ::google::protobuf::util::JsonStringToMessage;

absl::Status Error(absl::string_view where, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", what));
}

absl::Status CheckTask(const ChoiceTask& task, absl::string_view where) {
  if (!task.has_context()) return Error(where, "context: missing, expected a text");
  const int count = task.endings_size();
  if (count < 2 || count > kMaxEndings) {
    return Error(where,
                 absl::StrCat("endings: found ", count, ", expected 2 to ", kMaxEndings));
  }
  for (int i = 0; i < count; ++i) {
    if (!task.endings(i).empty()) continue;
    return Error(where, absl::StrCat("endings[", i, "]: found an empty one, expected a text"));
  }
  if (!task.has_answer()) {
    return Error(where, absl::StrCat("answer: missing, expected 0 to ", count - 1,
                                     ", the index of an ending"));
  }
  if (task.answer() < 0 || task.answer() >= count) {
    return Error(where, absl::StrCat("answer: found ", task.answer(), ", expected 0 to ",
                                     count - 1, ", the index of an ending"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ChoiceTask> ParseTask(absl::string_view line, absl::string_view where) {
  if (line.size() > kMaxQuestionBytes) {
    return Error(where, absl::StrCat("found a line of ", line.size(), " bytes, expected up to ",
                                     kMaxQuestionBytes));
  }
  ChoiceTask task;
  const auto status = JsonStringToMessage({line.data(), line.size()}, &task);
  if (!status.ok()) {
    // The parser's message goes on with a picture of the place.
    const std::string what(status.message().data(), status.message().size());
    return Error(
        where, absl::StrCat("expected a question in JSON: ", what.substr(0, what.find('\n'))));
  }
  RETURN_IF_ERROR(CheckTask(task, where));
  return task;
}

}  // namespace

absl::StatusOr<std::vector<Question>> ParseQuestions(absl::string_view text,
                                                     absl::string_view path) {
  RETURN_IF_ERROR(CheckIsText(path, text));
  std::vector<Question> questions;
  int64_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    Question question = {.where = absl::StrCat(path, ":", ++number)};
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    ASSIGN_OR_RETURN(question.task, ParseTask(line, question.where));
    questions.push_back(std::move(question));
  }
  if (questions.empty()) {
    return Error(path, "found no question, expected a JSON object in each line");
  }
  return questions;
}

absl::StatusOr<std::vector<Question>> ReadQuestions(absl::string_view path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  return ParseQuestions(
      {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path);
}

std::string QuestionLine(const ChoiceTask& task) {
  std::string json;
  CHECK(google::protobuf::util::MessageToJsonString(task, &json).ok());
  return absl::StrCat(json, "\n");
}

}  // namespace llama2
