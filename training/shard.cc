#include "training/shard.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "tokenizer/token.h"
#include "tokenizer/tokenizer_bin.h"

namespace llama2 {
namespace {

// The file: a Header, the tokens, a Trailer. Not padded; the tokens are aligned.
struct Header {
  uint32_t magic;
  uint32_t version;
  uint32_t vocab_size;
  uint32_t bytes_per_token;
  uint64_t vocabulary_fingerprint;
  uint64_t text_fingerprint;
};
static_assert(sizeof(Header) == 32);

// At the end, for what is known only there.
struct Trailer {
  uint64_t tokens;
  uint64_t stories;
  uint64_t checksum;  // the fingerprint of all bytes before it
};
static_assert(sizeof(Trailer) == 24);

constexpr uint32_t kMagic = 0x6B6F7473;  // "stok"
constexpr uint32_t kVersion = 1;

// The narrowest type of a vocabulary's ids.
int BytesPerToken(int vocab_size) {
  return vocab_size <= 1 << 16 ? sizeof(uint16_t) : sizeof(uint32_t);
}

template <typename T>
absl::string_view BytesOf(const T& value) {
  return absl::string_view(reinterpret_cast<const char*>(&value), sizeof(value));
}

absl::string_view BytesOf(const MappedFile& file) {
  return absl::string_view(reinterpret_cast<const char*>(file.bytes().data()),
                           file.bytes().size());
}

std::string Difference(const MappedFile& file, absl::string_view field, uint64_t found,
                       absl::string_view expected) {
  return absl::StrCat(file.path(), ": ", field, ": found ", found, ", expected ", expected);
}

// Whether the file is a shard that we can read.
absl::Status CheckFormat(const MappedFile& file, const Header& header) {
  if (header.magic != kMagic) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: magic: found 0x%08x, expected 0x%08x: this is no file of tokens",
                        file.path(), header.magic, kMagic));
  }
  if (header.version != kVersion) {
    return absl::InvalidArgumentError(
        Difference(file, "version", header.version, absl::StrCat(kVersion)));
  }
  return absl::OkStatus();
}

// Whether its bytes are those that were written.
absl::Status CheckWhole(const MappedFile& file, const Header& header, const Trailer& trailer) {
  const uint64_t room = file.bytes().size() - sizeof(Header) - sizeof(Trailer);
  if (header.bytes_per_token != 2 && header.bytes_per_token != 4) {
    return absl::DataLossError(
        Difference(file, "bytes_per_token", header.bytes_per_token, "2 or 4"));
  }
  // Divided, not multiplied: no overflow.
  if (room % header.bytes_per_token != 0 || trailer.tokens != room / header.bytes_per_token) {
    return absl::DataLossError(absl::StrCat(
        Difference(
            file, "tokens", trailer.tokens,
            absl::StrCat("the ", room / header.bytes_per_token, " that it has room for")),
        " (is it truncated?)"));
  }
  absl::string_view bytes = BytesOf(file);
  bytes.remove_suffix(sizeof(trailer.checksum));
  const uint64_t checksum = FingerprintOf(bytes);
  if (checksum != trailer.checksum) {
    return absl::DataLossError(
        absl::StrFormat("%s: checksum: found %016x, expected %016x: the file is damaged",
                        file.path(), checksum, trailer.checksum));
  }
  return absl::OkStatus();
}

absl::Status CheckVocabulary(const MappedFile& file, const Header& header,
                             const Vocabulary& vocabulary) {
  const uint64_t expected = FingerprintOf(vocabulary);
  if (header.vocab_size == vocabulary.size() && header.vocabulary_fingerprint == expected) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s: vocabulary: found one of %d tokens (%016x), expected that of %d tokens (%016x)",
      file.path(), header.vocab_size, header.vocabulary_fingerprint, vocabulary.size(),
      expected));
}

}  // namespace

uint64_t FingerprintOf(const Vocabulary& vocabulary) {
  return FingerprintOf(SerializeTokenizerBin(vocabulary.tokens()));
}

absl::StatusOr<ShardWriter> ShardWriter::Create(absl::string_view path,
                                                const Vocabulary& vocabulary,
                                                uint64_t text_fingerprint) {
  ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(path));
  ShardWriter writer(std::move(file), vocabulary.size());
  const Header header = {
      .magic = kMagic,
      .version = kVersion,
      .vocab_size = static_cast<uint32_t>(vocabulary.size()),
      .bytes_per_token = static_cast<uint32_t>(BytesPerToken(vocabulary.size())),
      .vocabulary_fingerprint = FingerprintOf(vocabulary),
      .text_fingerprint = text_fingerprint};
  RETURN_IF_ERROR(writer.Write(BytesOf(header)));
  return writer;
}

absl::Status ShardWriter::Append(absl::Span<const int> story) {
  CHECK(!story.empty());
  CHECK_EQ(story.front(), kBosId);
  const int bytes_per_token = BytesPerToken(vocab_size_);
  std::string bytes;
  bytes.reserve(story.size() * bytes_per_token);
  for (const int id : story) {
    CHECK(id >= 0 && id < vocab_size_);
    bytes.append(reinterpret_cast<const char*>(&id), bytes_per_token);
  }
  CHECK_EQ(std::count(story.begin(), story.end(), kBosId), 1);
  tokens_ += story.size();
  ++stories_;
  return Write(bytes);
}

absl::Status ShardWriter::Commit() {
  CHECK_GT(stories_, 0);
  RETURN_IF_ERROR(Write(BytesOf(tokens_)));
  RETURN_IF_ERROR(Write(BytesOf(stories_)));
  RETURN_IF_ERROR(Write(BytesOf(checksum_.value())));
  return file_.Commit();
}

absl::Status ShardWriter::Write(absl::string_view bytes) {
  checksum_.Add(bytes);
  return file_.Append(bytes);
}

absl::StatusOr<Shard> Shard::Open(absl::string_view path, const Vocabulary& vocabulary) {
  Shard shard;
  ASSIGN_OR_RETURN(shard.file_, MappedFile::Open(path));
  RETURN_IF_ERROR(shard.Parse(vocabulary));
  RETURN_IF_ERROR(shard.CheckTokens(vocabulary.size()));
  return shard;
}

absl::Status Shard::Parse(const Vocabulary& vocabulary) {
  const absl::Span<const uint8_t> bytes = file_.bytes();
  Header header = {};
  std::copy_n(bytes.begin(), std::min(bytes.size(), sizeof(header)),
              reinterpret_cast<uint8_t*>(&header));
  RETURN_IF_ERROR(CheckFormat(file_, header));
  if (bytes.size() < sizeof(Header) + sizeof(Trailer)) {
    return absl::DataLossError(
        Difference(file_, "size", bytes.size(),
                   absl::StrCat("at least ", sizeof(Header) + sizeof(Trailer), " bytes")));
  }
  Trailer trailer;
  std::memcpy(&trailer, bytes.end() - sizeof(trailer), sizeof(trailer));
  RETURN_IF_ERROR(CheckWhole(file_, header, trailer));
  RETURN_IF_ERROR(CheckVocabulary(file_, header, vocabulary));
  bytes_per_token_ = static_cast<int>(header.bytes_per_token);
  size_ = static_cast<int64_t>(trailer.tokens);
  stories_ = static_cast<int64_t>(trailer.stories);
  text_fingerprint_ = header.text_fingerprint;
  fingerprint_ = trailer.checksum;
  return absl::OkStatus();
}

// A checksum can be right in a file that was made by hand.
absl::Status Shard::CheckTokens(int vocab_size) const {
  if (size_ == 0 || token(0) != kBosId) {
    return absl::DataLossError(absl::StrCat(file_.path(),
                                            ": tokens: found no BOS at the "
                                            "beginning, expected one"));
  }
  int64_t stories = 0;
  for (int64_t i = 0; i < size_; ++i) {
    const int32_t id = token(i);
    if (id < 0 || id >= vocab_size) {
      return absl::DataLossError(absl::StrCat(file_.path(), ": token ", i, ": found ",
                                              static_cast<uint32_t>(id),
                                              ", expected an id below ", vocab_size));
    }
    stories += id == kBosId;
  }
  if (stories != stories_) {
    return absl::DataLossError(
        Difference(file_, "stories", stories_, absl::StrCat("the ", stories, " that it has")));
  }
  return absl::OkStatus();
}

int32_t Shard::token(int64_t i) const {
  int32_t token;
  Copy(i, absl::MakeSpan(&token, 1));
  return token;
}

void Shard::Copy(int64_t begin, absl::Span<int32_t> tokens) const {
  DCHECK(begin >= 0 && begin <= size_ - static_cast<int64_t>(tokens.size()));
  const uint8_t* bytes = file_.bytes().data() + sizeof(Header) + begin * bytes_per_token_;
  if (bytes_per_token_ == sizeof(int32_t)) {
    std::memcpy(tokens.data(), bytes, tokens.size() * sizeof(int32_t));
    return;
  }
  for (int32_t& token : tokens) {
    uint16_t id;
    std::memcpy(&id, bytes, sizeof(id));
    token = id;
    bytes += sizeof(id);
  }
}

}  // namespace llama2
