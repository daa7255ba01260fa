#include "training/tokenize_corpus.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tokenizer/encoder.h"

namespace llama2 {
namespace {

// Whether what Shard::Open says of a file means that it may be replaced: there is none, or
// one of ours that is of no use.
bool MayReplace(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsDataLoss(status) ||
         absl::IsFailedPrecondition(status);
}

}  // namespace

absl::Status TokenizeCorpus(const Corpus& corpus, const Vocabulary& vocabulary,
                            absl::string_view shard_path, TokenizeProgress progress) {
  ASSIGN_OR_RETURN(ShardWriter writer,
                   ShardWriter::Create(shard_path, vocabulary, corpus.fingerprint()));
  const Encoder encoder(&vocabulary);
  int64_t done = 0;
  for (absl::string_view story : corpus.stories()) {
    RETURN_IF_ERROR(writer.Append(encoder.Encode(story, {.add_bos = true})));
    done += static_cast<int64_t>(story.size());
    if (!progress(done, corpus.bytes())) {
      return absl::CancelledError(absl::StrCat(shard_path, ": not written: interrupted"));
    }
  }
  return writer.Commit();
}

absl::StatusOr<Shard> OpenOrTokenize(absl::Span<const std::string> text_paths,
                                     const Vocabulary& vocabulary, absl::string_view shard_path,
                                     TokenizeProgress progress) {
  ASSIGN_OR_RETURN(const Corpus corpus, Corpus::Open(text_paths));
  absl::StatusOr<Shard> shard = Shard::Open(shard_path, vocabulary);
  if (shard.ok() && shard->text_fingerprint() == corpus.fingerprint()) return shard;
  if (!shard.ok() && !MayReplace(shard.status())) return shard;
  RETURN_IF_ERROR(TokenizeCorpus(corpus, vocabulary, shard_path, progress));
  return Shard::Open(shard_path, vocabulary);
}

}  // namespace llama2
