// A file of tokens: text that was encoded once, to be trained on many times. Each story is
// BOS and its tokens. docs/formats.md describes the file.
//
//   ASSIGN_OR_RETURN(ShardWriter writer, ShardWriter::Create("a.tokens", vocabulary, hash));
//   RETURN_IF_ERROR(writer.Append(encoder.Encode(story, {.add_bos = true})));
//   RETURN_IF_ERROR(writer.Commit());
//
//   ASSIGN_OR_RETURN(const Shard shard, Shard::Open("a.tokens", vocabulary));
//   shard.Copy(0, absl::MakeSpan(first_hundred));
#ifndef LLAMA2_TRAINING_SHARD_H_
#define LLAMA2_TRAINING_SHARD_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/atomic_file_writer.h"
#include "base/mapped_file.h"
#include "tokenizer/vocabulary.h"
#include "training/fingerprint.h"

namespace llama2 {

// Of the vocabulary's tokens: that of its tokenizer.bin.
uint64_t FingerprintOf(const Vocabulary& vocabulary);

// Writes a shard from beginning to end, whole or not at all. Move-only.
// Thread-safety: one thread at a time.
class ShardWriter {
 public:
  // Of tokens of `vocabulary`; `text_fingerprint` is the number by which their text can be
  // told from another. Errors: those of AtomicFileWriter::Create.
  static absl::StatusOr<ShardWriter> Create(absl::string_view path,
                                            const Vocabulary& vocabulary,
                                            uint64_t text_fingerprint);

  // Adds a story: BOS, then tokens of the vocabulary, none of them BOS.
  // Errors: those of AtomicFileWriter::Append.
  absl::Status Append(absl::Span<const int> story);

  // Ends the file and puts it in its place. Called once, after at least one story.
  absl::Status Commit();

 private:
  ShardWriter(AtomicFileWriter file, int vocab_size)
      : file_(std::move(file)), vocab_size_(vocab_size) {}
  absl::Status Write(absl::string_view bytes);

  AtomicFileWriter file_;
  int vocab_size_;
  Fingerprint checksum_;
  uint64_t tokens_ = 0;
  uint64_t stories_ = 0;
};

// The tokens of such a file, mapped. Immutable and move-only. Thread-safe.
class Shard {
 public:
  // Opens the file at `path` and reads through all of it.
  // Errors name the file and the field, what was found and what was expected:
  //   InvalidArgument     it is no shard, or one of a version that is not known
  //   DataLoss            it is one that is truncated or damaged
  //   FailedPrecondition  its tokens are those of another vocabulary
  // and those of MappedFile::Open.
  static absl::StatusOr<Shard> Open(absl::string_view path, const Vocabulary& vocabulary);

  // How many tokens; at least 1. The first is BOS.
  int64_t size() const { return size_; }

  // How many of them are BOS.
  int64_t stories() const { return stories_; }

  // 0 <= i < size().
  int32_t token(int64_t i) const;

  // Sets `tokens` to those from `begin` on, which are there.
  void Copy(int64_t begin, absl::Span<int32_t> tokens) const;

  // What ShardWriter::Create was given.
  uint64_t text_fingerprint() const { return text_fingerprint_; }

  // Of all that is in the file.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  Shard() = default;
  absl::Status Parse(const Vocabulary& vocabulary);
  absl::Status CheckTokens(int vocab_size) const;

  MappedFile file_;
  int bytes_per_token_ = 0;
  int64_t size_ = 0;
  int64_t stories_ = 0;
  uint64_t text_fingerprint_ = 0;
  uint64_t fingerprint_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_SHARD_H_
