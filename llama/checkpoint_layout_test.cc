#include "llama/checkpoint_layout.h"

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using enum CheckpointVersion;

constexpr Config kConfig = {.dim = 8,
                            .hidden_dim = 12,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 5,
                            .seq_len = 3,
                            .shared_classifier = false};

// "wk@608 2x(4,8)" for each tensor: where it begins, and its matrices.
std::vector<std::string> Lines(const CheckpointFormat& format) {
  std::vector<std::string> lines;
  for (const TensorLayout& t : LayoutOf(format, kConfig)) {
    lines.push_back(absl::StrCat(t.name, "@", t.offset, " ", t.count, "x(", t.rows, ",", t.cols,
                                 t.packed            ? " panels"
                                 : t.group_size != 0 ? " int8"
                                                     : "",
                                 ")"));
  }
  return lines;
}

TEST(CheckpointLayout, OfVersion0) {
  EXPECT_THAT(Lines({kV0}),
              ::testing::ElementsAre("token_embedding@28 1x(5,8)", "attention_norm@188 2x(1,8)",
                                     "wq@252 2x(8,8)", "wk@764 2x(4,8)", "wv@1020 2x(4,8)",
                                     "wo@1276 2x(8,8)", "feed_forward_norm@1788 2x(1,8)",
                                     "w1@1852 2x(12,8)", "w2@2620 2x(8,12)", "w3@3388 2x(12,8)",
                                     "final_norm@4156 1x(1,8)", "rope_cosines@4188 1x(3,1)",
                                     "rope_sines@4200 1x(3,1)", "classifier@4212 1x(5,8)"));
  EXPECT_EQ(FileBytes({kV0}, kConfig), 4212 + 5 * 8 * 4);
}

TEST(CheckpointLayout, OfVersion1) {
  EXPECT_THAT(Lines({kV1}),
              ::testing::ElementsAre(
                  "attention_norm@256 2x(1,8)", "feed_forward_norm@320 2x(1,8)",
                  "final_norm@384 1x(1,8)", "token_embedding@416 1x(5,8)", "wq@576 2x(8,8)",
                  "wk@1088 2x(4,8)", "wv@1344 2x(4,8)", "wo@1600 2x(8,8)", "w1@2112 2x(12,8)",
                  "w2@2880 2x(8,12)", "w3@3648 2x(12,8)", "classifier@4416 1x(5,8)"));
  EXPECT_EQ(FileBytes({kV1}, kConfig), 4416 + 5 * 8 * 4);
}

// A matrix of n elements takes n bytes and n / 4 scales of 4 bytes: 2 n.
TEST(CheckpointLayout, OfVersion2) {
  EXPECT_THAT(Lines({kV2, 4}),
              ::testing::ElementsAre(
                  "attention_norm@256 2x(1,8)", "feed_forward_norm@320 2x(1,8)",
                  "final_norm@384 1x(1,8)", "token_embedding@416 1x(5,8 int8)",
                  "wq@496 2x(8,8 int8)", "wk@752 2x(4,8 int8)", "wv@880 2x(4,8 int8)",
                  "wo@1008 2x(8,8 int8)", "w1@1264 2x(12,8 int8)", "w2@1648 2x(8,12 int8)",
                  "w3@2032 2x(12,8 int8)", "classifier@2416 1x(5,8 int8)"));
  EXPECT_EQ(FileBytes({kV2, 4}, kConfig), 2416 + 5 * 8 * 2);
}

// Each panel of 16 rows has for each group of 4 a line of quads and one of scales.
TEST(CheckpointLayout, OfVersion3) {
  EXPECT_THAT(
      Lines({kV3, 4}),
      ::testing::ElementsAre("attention_norm@256 2x(1,8)", "feed_forward_norm@320 2x(1,8)",
                             "final_norm@384 1x(1,8)", "token_embedding@448 1x(5,8 panels)",
                             "wq@704 2x(8,8 panels)", "wk@1216 2x(4,8 panels)",
                             "wv@1728 2x(4,8 panels)", "wo@2240 2x(8,8 panels)",
                             "w1@2752 2x(12,8 panels)", "w2@3264 2x(8,12 panels)",
                             "w3@4032 2x(12,8 panels)", "classifier@4544 1x(5,8 panels)"));
  EXPECT_EQ(FileBytes({kV3, 4}, kConfig), 4544 + 2 * 2 * 64);
}

TEST(CheckpointLayout, ASharedClassifierIsNotInTheFile) {
  Config shared = kConfig;
  shared.shared_classifier = true;
  EXPECT_EQ(FileBytes({kV1}, shared), FileBytes({kV1}, kConfig) - 5 * 8 * 4);
}

TEST(CheckpointLayout, NamesEachLayersMatrix) {
  for (const TensorLayout& t : LayoutOf({kV1}, kConfig)) {
    if (t.kind == TensorKind::kWk) {
      EXPECT_EQ(t.MatrixName(1), "wk[1]");
      EXPECT_EQ(t.matrix_bytes(), 4 * 8 * 4);
    }
    if (t.kind == TensorKind::kFinalNorm) {
      EXPECT_EQ(t.MatrixName(0), "final_norm");
    }
  }
}

TEST(CheckpointFormat, IsDescribed) {
  EXPECT_EQ(Describe({kV0}), "version 0 (float32)");
  EXPECT_EQ(Describe({kV2, 64}), "version 2 (int8 in groups of 64)");
  EXPECT_EQ(Describe({kV3, 64}), "version 3 (int8 in groups of 64, in panels)");
}

// Of the matrices of kConfig, token_embedding has 40 elements, the others have 64, 32
// and 96.
TEST(CheckpointFormat, AGroupSizeDividesEveryMatrix) {
  for (int64_t good : {1, 2, 4, 8}) {
    EXPECT_THAT(Validate({kV2, good}, kConfig), IsOk()) << good;
    EXPECT_THAT(Validate({kV3, good}, kConfig), IsOk()) << good;
  }
  EXPECT_THAT(Validate({kV2, 3}, kConfig),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "group_size: found 3, expected a divisor of the 40 elements of "
                       "token_embedding (5 x 8)"));
  EXPECT_THAT(Validate({kV2, 40}, kConfig),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("a divisor of the 64 elements of wq (8 x 8)")));
  for (int64_t bad : {int64_t{0}, int64_t{-1}, int64_t{INT32_MIN}, int64_t{(1 << 16) + 1},
                      int64_t{INT32_MAX}}) {
    for (const CheckpointVersion version : {kV2, kV3}) {
      EXPECT_THAT(Validate({version, bad}, kConfig),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           absl::StrCat("group_size: found ", bad, ", expected 1 to 65536")));
    }
  }
}

TEST(CheckpointFormat, Float32HasNoGroups) {
  EXPECT_THAT(Validate({kV1, 0}, kConfig), IsOk());
  EXPECT_THAT(Validate({kV1, 4}, kConfig),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "group_size: found 4, expected 0 (float32)"));
}

}  // namespace
}  // namespace llama2
