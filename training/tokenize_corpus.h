// Text files -> a file of tokens (shard.h), once for a vocabulary.
//
//   const auto show = [&](int64_t done, int64_t total) { bar.Show(done, total); return true; };
//   ASSIGN_OR_RETURN(Shard shard,
//                    OpenOrTokenize({"a.txt", "b.txt"}, vocabulary, "stories.tokens", show));
#ifndef LLAMA2_TRAINING_TOKENIZE_CORPUS_H_
#define LLAMA2_TRAINING_TOKENIZE_CORPUS_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tokenizer/vocabulary.h"
#include "training/corpus.h"
#include "training/shard.h"

namespace llama2 {

// Is told after each story how many bytes of text are done; false ends the work.
using TokenizeProgress = absl::FunctionRef<bool(int64_t done, int64_t total)>;

// Writes the tokens of all stories, BOS in front of each, to `shard_path`, whole or not at
// all. Cancelled where `progress` says so; else the errors of AtomicFileWriter.
absl::Status TokenizeCorpus(const Corpus& corpus, const Vocabulary& vocabulary,
                            absl::string_view shard_path, TokenizeProgress progress);

// The shard at `shard_path`, which is made first, or made anew, unless it is whole and was
// made of just these texts with just this vocabulary.
// Errors: those of Corpus::Open and TokenizeCorpus. A file at `shard_path` that is no shard
// is left alone, with the error of Shard::Open.
absl::StatusOr<Shard> OpenOrTokenize(absl::Span<const std::string> text_paths,
                                     const Vocabulary& vocabulary, absl::string_view shard_path,
                                     TokenizeProgress progress);

}  // namespace llama2

#endif  // LLAMA2_TRAINING_TOKENIZE_CORPUS_H_
