#include "tools/inspect_checkpoint.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using enum CheckpointVersion;

constexpr Config kConfig = {.dim = 8,
                            .hidden_dim = 12,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 5,
                            .seq_len = 3};

class InspectCheckpointTest : public ::testing::Test {
 protected:
  // A model whose second wq is all 0.5 but for a -2 and a 127.
  InspectCheckpointTest() : model_(MakeTinyModel(kConfig, 1)) {
    float* wq = const_cast<float*>(model_.weights().layers[0].wq.data());
    std::fill_n(wq, 64, 0.5f);
    wq = const_cast<float*>(model_.weights().layers[1].wq.data());
    std::fill_n(wq, 64, 1.0f);
    wq[3] = -2;
    wq[60] = 127;
  }

  std::string Bytes(const CheckpointFormat& format) {
    EXPECT_THAT(WriteCheckpoint(folder_.Path("made.bin"), {format, kConfig}, model_.weights()),
                IsOk());
    return folder_.Read("made.bin");
  }

  Inspection Inspect(const std::string& bytes) {
    const auto inspection = InspectCheckpoint(folder_.Write("model.bin", bytes));
    EXPECT_THAT(inspection, IsOk());
    return inspection.value_or(Inspection());
  }

  // The line of a tensor, spaces folded.
  static std::string LineOf(const std::string& text, const std::string& tensor) {
    const size_t begin = text.find("\n" + tensor + " ") + 1;
    std::string line;
    for (char c : text.substr(begin, text.find('\n', begin) - begin)) {
      if (c != ' ' || line.back() != ' ') line += c;
    }
    return line;
  }

  const TestFolder folder_;
  const TinyModel model_;
};

TEST_F(InspectCheckpointTest, SaysWhatAWholeFileIs) {
  const Inspection v1 = Inspect(Bytes({kV1}));
  EXPECT_THAT(v1.damage, IsOk());
  EXPECT_THAT(v1.text,
              HasSubstr("model.bin: 4416 bytes\n"
                        "version 1 (float32)\n"
                        "dim 8, hidden_dim 12, 2 layers, 4/2 heads, vocabulary 5, context 3, "
                        "shared classifier\n"
                        "1040 parameters\n"
                        "size: as the header says\n"));
  EXPECT_EQ(LineOf(v1.text, "wq"), "wq float32 2 x (8, 8) 576 512 -2 127");
  EXPECT_THAT(LineOf(v1.text, "token_embedding"),
              HasSubstr("token_embedding float32 (5, 8) 416 160 "));

  const Inspection v2 = Inspect(Bytes({kV2, 8}));
  EXPECT_THAT(v2.damage, IsOk());
  EXPECT_THAT(v2.text, HasSubstr("version 2 (int8 in groups of 8)\n"));
  EXPECT_EQ(LineOf(v2.text, "wq"), "wq int8 2 x (8, 8) 476 192 -2 127");
  const Inspection v3 = Inspect(Bytes({kV3, 8}));
  EXPECT_THAT(v3.damage, IsOk());
  EXPECT_THAT(v3.text, HasSubstr("version 3 (int8 in groups of 8, in panels)\n"));
  EXPECT_EQ(LineOf(v3.text, "wq"), "wq int8 2 x (8, 8) 640 384 -2 127");
  EXPECT_THAT(Inspect(Bytes({kV0})).text, HasSubstr("\nrope_sines "));
}

TEST_F(InspectCheckpointTest, CountsWhatIsNotFinite) {
  float* w3 = const_cast<float*>(model_.weights().layers[1].w3.data());
  w3[0] = std::numeric_limits<float>::quiet_NaN();
  w3[95] = std::numeric_limits<float>::infinity();
  const Inspection inspection = Inspect(Bytes({kV0}));
  EXPECT_THAT(inspection.damage, IsOk());
  EXPECT_THAT(LineOf(inspection.text, "w3"), HasSubstr(" 2 not finite"));
  EXPECT_THAT(LineOf(inspection.text, "w2"), Not(HasSubstr("not finite")));
}

TEST_F(InspectCheckpointTest, ShowsAsMuchOfACutFileAsThereIs) {
  // Into the second wk: 2 x (8, 8) values of wq before it, then 4 x 8.
  const Inspection inspection = Inspect(Bytes({kV1}).substr(0, 576 + 512 + 200));
  EXPECT_THAT(inspection.damage,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it ends inside wk[1]")));
  EXPECT_THAT(inspection.text, HasSubstr("size: 3128 bytes too few, the header says 4416\n"));
  EXPECT_EQ(LineOf(inspection.text, "wq"), "wq float32 2 x (8, 8) 576 512 -2 127");
  EXPECT_THAT(LineOf(inspection.text, "wk"), HasSubstr(" only 1 of 2"));
  EXPECT_EQ(LineOf(inspection.text, "w3"), "w3 float32 2 x (12, 8) 3648 768 missing");
}

TEST_F(InspectCheckpointTest, ShowsAFileThatIsTooLong) {
  const Inspection inspection = Inspect(Bytes({kV1}) + "more");
  EXPECT_FALSE(inspection.damage.ok());
  EXPECT_THAT(inspection.text, AllOf(HasSubstr("size: 4 bytes too many, the header says 4416"),
                                     HasSubstr("\nw3 ")));
}

TEST_F(InspectCheckpointTest, ShowsAHeaderThatMakesNoSense) {
  std::string bytes = Bytes({kV2, 8});
  const int32_t zero = 0;
  std::memcpy(bytes.data() + 37, &zero, sizeof(zero));
  const Inspection inspection = Inspect(bytes);
  EXPECT_THAT(inspection.damage,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("group_size: found 0")));
  EXPECT_THAT(inspection.text, AllOf(HasSubstr("version 2 (int8 in groups of 0)\ndim 8, "),
                                     Not(HasSubstr("parameters"))));
  // What is no checkpoint is read as version 0.
  EXPECT_THAT(Inspect("Once upon a time, there was a little girl").text,
              HasSubstr("version 0 (float32)\ndim 1701015119, "));
}

TEST_F(InspectCheckpointTest, WithoutAHeaderThereIsTheSize) {
  const Inspection inspection = Inspect("short");
  EXPECT_THAT(inspection.damage,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("header: found 5 bytes")));
  EXPECT_EQ(inspection.text, absl::StrCat(folder_.Path("model.bin"), ": 5 bytes\n"));
}

TEST_F(InspectCheckpointTest, WhatCannotBeReadIsAnError) {
  EXPECT_THAT(InspectCheckpoint(folder_.Path("missing")),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(InspectCheckpoint(folder_.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a directory")));
}

}  // namespace
}  // namespace llama2
