#include "training/corpus.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "tokenizer/check_text.h"
#include "training/fingerprint.h"

namespace llama2 {
namespace {

void AppendStory(absl::string_view text, std::vector<absl::string_view>* stories) {
  const absl::string_view story = absl::StripAsciiWhitespace(text);
  if (!story.empty()) stories->push_back(story);
}

std::vector<absl::string_view> SplitAtBlankLines(absl::string_view text) {
  std::vector<absl::string_view> stories;
  size_t begin = 0;  // of the story
  for (size_t line = 0; line < text.size();) {
    const size_t newline = text.find('\n', line);
    const size_t end = newline == absl::string_view::npos ? text.size() : newline + 1;
    if (absl::StripAsciiWhitespace(text.substr(line, end - line)).empty()) {
      AppendStory(text.substr(begin, line - begin), &stories);
      begin = end;
    }
    line = end;
  }
  AppendStory(text.substr(begin), &stories);
  return stories;
}

absl::Status CheckStories(absl::string_view path, absl::Span<const absl::string_view> stories) {
  if (stories.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": found no text, expected stories"));
  }
  for (absl::string_view story : stories) {
    if (story.size() <= Corpus::kMaxStoryBytes) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": found a story of ", story.size(), " bytes, expected at most ",
        Corpus::kMaxStoryBytes, ": ", kEndOfStory, " or a blank line ends a story"));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<absl::string_view> SplitStories(absl::string_view text) {
  if (!absl::StrContains(text, kEndOfStory)) return SplitAtBlankLines(text);
  std::vector<absl::string_view> stories;
  for (absl::string_view part : absl::StrSplit(text, kEndOfStory)) {
    AppendStory(part, &stories);
  }
  return stories;
}

absl::StatusOr<Corpus> Corpus::Open(absl::Span<const std::string> paths) {
  if (paths.empty()) {
    return absl::InvalidArgumentError("text: found no files, expected at least one");
  }
  Corpus corpus;
  Fingerprint fingerprint;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
    const absl::string_view text(reinterpret_cast<const char*>(file.bytes().data()),
                                 file.bytes().size());
    RETURN_IF_ERROR(CheckIsText(path, text));
    const std::vector<absl::string_view> stories = SplitStories(text);
    RETURN_IF_ERROR(CheckStories(path, stories));
    fingerprint.AddNumber(text.size());
    fingerprint.Add(text);
    for (absl::string_view story : stories) corpus.bytes_ += story.size();
    corpus.stories_.insert(corpus.stories_.end(), stories.begin(), stories.end());
    corpus.files_.push_back(std::move(file));
  }
  corpus.fingerprint_ = fingerprint.value();
  return corpus;
}

}  // namespace llama2
