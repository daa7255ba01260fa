#include "llama/checkpoint_header.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using enum CheckpointVersion;

constexpr Config kConfig = {.dim = 64,
                            .hidden_dim = 172,
                            .n_layers = 5,
                            .n_heads = 8,
                            .n_kv_heads = 4,
                            .vocab_size = 512,
                            .seq_len = 300,
                            .shared_classifier = false};

absl::StatusOr<CheckpointHeader> Parse(absl::string_view bytes) {
  return ParseCheckpointHeader(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

std::string Ints(absl::Span<const int32_t> values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4);
}

// `head` and zeros, to the 256 bytes of a header of version 1 and later.
std::string Padded(std::string head) {
  head.resize(256, '\0');
  return head;
}

TEST(CheckpointHeader, HasTheBytesThatLlama2cWrites) {
  EXPECT_EQ(SerializeCheckpointHeader({{kV0}, kConfig}), Ints({64, 172, 5, 8, 4, -512, 300}));
  EXPECT_EQ(SerializeCheckpointHeader({{kV1}, kConfig}),
            Padded("24ka" + Ints({1, 64, 172, 5, 8, 4, 512, 300})));
  EXPECT_EQ(SerializeCheckpointHeader({{kV2, 64}, kConfig}),
            Padded("24ka" + Ints({2, 64, 172, 5, 8, 4, 512, 300}) + '\0' + Ints({64})));
}

TEST(CheckpointHeader, OfVersion3IsThatOfVersion2) {
  EXPECT_EQ(SerializeCheckpointHeader({{kV3, 64}, kConfig}),
            Padded("24ka" + Ints({3, 64, 172, 5, 8, 4, 512, 300}) + '\0' + Ints({64})));
}

TEST(CheckpointHeader, ASharedClassifierIsAPositiveVocabularyOrAFlag) {
  Config shared = kConfig;
  shared.shared_classifier = true;
  EXPECT_EQ(SerializeCheckpointHeader({{kV0}, shared}), Ints({64, 172, 5, 8, 4, 512, 300}));
  EXPECT_EQ(SerializeCheckpointHeader({{kV2, 64}, shared})[36], 1);
}

TEST(CheckpointHeader, IsReadAsItWasWritten) {
  Config shared = kConfig;
  shared.shared_classifier = true;
  for (const Config& config : {kConfig, shared}) {
    for (const CheckpointFormat& format :
         {CheckpointFormat{kV0}, {kV1}, {kV2, 32}, {kV3, 32}}) {
      const std::string bytes = SerializeCheckpointHeader({format, config});
      ASSERT_OK_AND_ASSIGN(const CheckpointHeader read, Parse(bytes + "weights"));
      EXPECT_EQ(read.format, format);
      EXPECT_EQ(read.config, config);
      EXPECT_THAT(Validate(read), IsOk());
    }
  }
}

TEST(CheckpointHeader, TooFewBytesAreRefused) {
  const std::string v0 = SerializeCheckpointHeader({{kV0}, kConfig});
  for (size_t n = 0; n < v0.size(); ++n) {
    EXPECT_THAT(Parse(v0.substr(0, n)),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         absl::StrCat("header: found ", n, " bytes, expected at least 28")));
  }
  const std::string v2 = SerializeCheckpointHeader({{kV2, 64}, kConfig});
  for (size_t n = 4; n < v2.size(); ++n) {
    EXPECT_THAT(Parse(v2.substr(0, n)),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         absl::StrCat("header: found ", n, " bytes, expected at least 256")));
  }
}

TEST(CheckpointHeader, UnknownVersionsAndFlagsAreRefused) {
  for (int32_t version : {0, 4, -1, INT32_MAX}) {
    EXPECT_THAT(Parse(Padded("24ka" + Ints({version}))),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         absl::StrCat("version: found ", version, ", expected 0, 1, 2 or 3")));
  }
  std::string bytes = SerializeCheckpointHeader({{kV1}, kConfig});
  bytes[36] = 2;
  EXPECT_THAT(Parse(bytes), StatusIs(absl::StatusCode::kInvalidArgument,
                                     "shared_classifier: found 2, expected 0 or 1"));
}

TEST(CheckpointHeader, OtherKindsOfFilesAreNamed) {
  EXPECT_THAT(Parse("GGUF, and then some more bytes to read"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a GGUF file")));
  EXPECT_THAT(Parse("PK\3\4"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a zip archive")));
}

// So that a damaged file can be described.
TEST(CheckpointHeader, IsReadWhateverItSaysAndCheckedThen) {
  ASSERT_OK_AND_ASSIGN(
      const CheckpointHeader sizes,
      Parse(Padded("24ka" + Ints({2, 64, 172, 5, 7, 4, 512, 300}) + '\0' + Ints({-3}))));
  EXPECT_EQ(sizes.config.n_heads, 7);
  EXPECT_EQ(sizes.format, (CheckpointFormat{kV2, -3}));
  EXPECT_THAT(Validate(sizes), StatusIs(absl::StatusCode::kInvalidArgument,
                                        "dim: found 64, expected a multiple of n_heads (7)"));

  ASSERT_OK_AND_ASSIGN(
      const CheckpointHeader group,
      Parse(Padded("24ka" + Ints({2, 64, 172, 5, 8, 4, 512, 300}) + '\0' + Ints({3}))));
  EXPECT_THAT(Validate(group),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("group_size: found 3")));
}

TEST(CheckpointHeader, WhatHasNoMagicNumberIsSaidToBeReadAsVersion0) {
  ASSERT_OK_AND_ASSIGN(const CheckpointHeader header,
                       Parse("Once upon a time, there was a little girl"));
  EXPECT_THAT(Validate(header),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("read as a version 0 header, for want of the magic number "
                                 "0x616b3432")));
  // -2^31 has no absolute value in 32 bits.
  ASSERT_OK_AND_ASSIGN(const CheckpointHeader least,
                       Parse(Ints({64, 172, 5, 8, 4, INT32_MIN, 300})));
  EXPECT_THAT(Validate(least), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("vocab_size: found 2147483648")));
}

}  // namespace
}  // namespace llama2
