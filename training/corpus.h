// Text files as the stories that they hold: what a vocabulary and a model learn from.
//
//   ASSIGN_OR_RETURN(const Corpus corpus, Corpus::Open({"a.txt", "b.txt"}));
//   for (absl::string_view story : corpus.stories()) Learn(story);
#ifndef LLAMA2_TRAINING_CORPUS_H_
#define LLAMA2_TRAINING_CORPUS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mapped_file.h"

namespace llama2 {

// What stands between two stories. It is no part of them, nor of any vocabulary.
inline constexpr absl::string_view kEndOfStory = "<|endoftext|>";

// The stories of `text`, which they point into: what is between two kEndOfStory, or, in a
// text that has none, between two blank lines (a line of nothing but white space is blank).
// White space around a story is cut off, and a story of nothing else is left out.
std::vector<absl::string_view> SplitStories(absl::string_view text);

// Immutable and move-only; holds the files mapped, not in memory. Thread-safe.
class Corpus {
 public:
  // The most bytes of a story: it is encoded as a whole. Real ones have some thousand.
  static constexpr size_t kMaxStoryBytes = size_t{16} << 20;

  // Maps the files at `paths` and reads through all of them. A text is UTF-8 and has no NUL
  // bytes.
  // Errors name the file: InvalidArgument (no paths; a file that is empty; one that is not such
  // a text, with the line and the first wrong byte; a story longer than kMaxStoryBytes), and
  // those of MappedFile::Open.
  static absl::StatusOr<Corpus> Open(absl::Span<const std::string> paths);

  Corpus(Corpus&&) = default;
  Corpus& operator=(Corpus&&) = default;

  // In the files' order; at least one, none is empty. They live as long as the corpus.
  absl::Span<const absl::string_view> stories() const { return stories_; }

  // Of all stories together.
  int64_t bytes() const { return bytes_; }

  // Of the files' contents, in their order, and of where one ends.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  Corpus() = default;

  std::vector<MappedFile> files_;
  std::vector<absl::string_view> stories_;
  int64_t bytes_ = 0;
  uint64_t fingerprint_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_CORPUS_H_
