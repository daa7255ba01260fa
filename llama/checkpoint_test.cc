#include "llama/checkpoint.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <numeric>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "llama/checkpoint_writer.h"
#include "quant/int8_matrix.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum CheckpointVersion;

// The bytes of a small checkpoint.
std::string CheckpointBytes(const CheckpointFormat& format, const Config& config) {
  const TestFolder folder;
  EXPECT_THAT(WriteCheckpoint(folder.Path("bytes.bin"), {format, config},
                              MakeTinyModel(config, 1).weights()),
              IsOk());
  return folder.Read("bytes.bin");
}

constexpr Config kSmall = {.dim = 8,
                           .hidden_dim = 12,
                           .n_layers = 2,
                           .n_heads = 4,
                           .n_kv_heads = 2,
                           .vocab_size = 5,
                           .seq_len = 3,
                           .shared_classifier = false};

// The rows of each matrix fill more panels than they would where a size is another.
constexpr Config kOfPanels = {.dim = 64,
                              .hidden_dim = 48,
                              .n_layers = 2,
                              .n_heads = 4,
                              .n_kv_heads = 2,
                              .vocab_size = 33,
                              .seq_len = 3,
                              .shared_classifier = false};

// Rows of 12 values straddle groups of 8.
constexpr CheckpointFormat kFormats[] = {{kV0}, {kV1}, {kV2, 8}, {kV3, 8}};

// The largest group size that a model can have.
int64_t LargestGroupSize(const Config& config) {
  int64_t size = 0;
  for (const TensorLayout& t : LayoutOf({kV2, 1}, config)) {
    if (t.group_size != 0) size = std::gcd(size, t.matrix_elements());
  }
  return size;
}

// Of a file's bytes in memory, which is much quicker than a file.
absl::Status ErrorOf(absl::string_view bytes) {
  // An array of its own: aligned, and of exactly this size for a sanitizer to watch.
  const auto alignment = static_cast<std::align_val_t>(kCacheLineBytes);
  auto* aligned = static_cast<uint8_t*>(operator new(bytes.size(), alignment));
  std::copy(bytes.begin(), bytes.end(), aligned);
  const absl::Status status =
      Checkpoint::Parse(absl::MakeConstSpan(aligned, bytes.size()), "model.bin").status();
  operator delete(aligned, alignment);
  return status;
}

void SetInt(std::string& bytes, size_t offset, int32_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

void ExpectSame(MatrixView<const float> x, MatrixView<const float> y) {
  ASSERT_EQ(x.rows(), y.rows());
  for (int64_t i = 0; i < x.rows(); ++i) ASSERT_THAT(y.Row(i), BitsEqual(x.Row(i)));
}

template <typename Int8>
void ExpectSame(const Int8& x, const Int8& y) {
  EXPECT_EQ(x.rows(), y.rows());
  EXPECT_EQ(x.cols(), y.cols());
  EXPECT_EQ(x.group_size(), y.group_size());
  EXPECT_TRUE(x.bytes() == y.bytes());
}

template <typename Matrix>
void ExpectSame(const BasicWeights<Matrix>& a, const BasicWeights<Matrix>& b) {
  ExpectSame(a.token_embedding, b.token_embedding);
  ExpectSame(a.classifier, b.classifier);
  EXPECT_THAT(b.final_norm, BitsEqual(a.final_norm));
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (size_t l = 0; l < a.layers.size(); ++l) {
    const BasicLayerWeights<Matrix>& x = a.layers[l];
    const BasicLayerWeights<Matrix>& y = b.layers[l];
    EXPECT_THAT(y.attention_norm, BitsEqual(x.attention_norm));
    EXPECT_THAT(y.feed_forward_norm, BitsEqual(x.feed_forward_norm));
    ExpectSame(x.wq, y.wq);
    ExpectSame(x.wk, y.wk);
    ExpectSame(x.wv, y.wv);
    ExpectSame(x.wo, y.wo);
    ExpectSame(x.w1, y.w1);
    ExpectSame(x.w2, y.w2);
    ExpectSame(x.w3, y.w3);
  }
}

class EveryConfig : public ::testing::TestWithParam<Config> {};
INSTANTIATE_TEST_SUITE_P(Awkward, EveryConfig, ::testing::ValuesIn(AwkwardConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(EveryConfig, Float32IsReadAsItWasWritten) {
  const TestFolder folder;
  const TinyModel model = MakeTinyModel(GetParam(), 7);
  for (const CheckpointFormat& format : {CheckpointFormat{kV0}, CheckpointFormat{kV1}}) {
    const std::string path = folder.Path("model.bin");
    ASSERT_THAT(WriteCheckpoint(path, {format, model.config}, model.weights()), IsOk());
    ASSERT_OK_AND_ASSIGN(const Checkpoint read, Checkpoint::Open(path));
    EXPECT_EQ(read.format(), format);
    EXPECT_EQ(read.config(), model.config);
    ASSERT_FALSE(read.is_int8());
    ExpectSame(model.weights(), read.weights());
  }
}

TEST_P(EveryConfig, Int8IsReadAsItWasWritten) {
  const TestFolder folder;
  const TinyModel model = MakeTinyModel(GetParam(), 7);
  for (const CheckpointVersion version : {kV2, kV3}) {
    const CheckpointHeader header = {{version, LargestGroupSize(model.config)}, model.config};
    ASSERT_THAT(WriteCheckpoint(folder.Path("q.bin"), header, model.weights()), IsOk());
    ASSERT_OK_AND_ASSIGN(const Checkpoint first, Checkpoint::Open(folder.Path("q.bin")));
    EXPECT_EQ(first.format(), header.format);
    EXPECT_EQ(first.config(), model.config);
    ASSERT_TRUE(first.is_int8());
    ASSERT_THAT(WriteCheckpoint(folder.Path("q2.bin"), header.format, first), IsOk());
    ASSERT_OK_AND_ASSIGN(const Checkpoint second, Checkpoint::Open(folder.Path("q2.bin")));
    if (version == kV2) {
      ExpectSame(first.int8_weights(), second.int8_weights());
    } else {
      ExpectSame(first.packed_weights(), second.packed_weights());
    }
  }
}

TEST_P(EveryConfig, Version3HasTheWeightsOfVersion2) {
  const TinyModel model = MakeTinyModel(GetParam(), 7);
  const int64_t group_size = LargestGroupSize(model.config);
  ASSERT_OK_AND_ASSIGN(
      const Checkpoint v2,
      ConvertCheckpoint("v2", {{kV2, group_size}, model.config}, model.weights()));
  ASSERT_OK_AND_ASSIGN(const Checkpoint v3, ConvertCheckpoint("v3", {kV3, group_size}, v2));
  for (const TensorLayout& t : LayoutOf(v3.format(), v3.config())) {
    EXPECT_EQ(t.packed ? t.offset % 64 : 0, 0) << t.name;
    std::vector<float> expected(t.cols), row(t.cols);
    for (int64_t i = 0; i < t.count; ++i) {
      for (int64_t r = 0; r < t.rows; ++r) {
        ReadRow(v2.Stored(t.kind, i), r, absl::MakeSpan(expected));
        ReadRow(v3.Stored(t.kind, i), r, absl::MakeSpan(row));
        ASSERT_THAT(row, BitsEqual(expected)) << t.MatrixName(i) << ", row " << r;
      }
    }
  }
}

// Bug 1 of llama2.c's runq: a file whose rows are not whole groups is right as it is.
// Every weight read back is within half a step of the one that was quantised.
TEST_P(EveryConfig, GroupsRunOverTheRowsOfAMatrix) {
  const TestFolder folder;
  const TinyModel model = MakeTinyModel(GetParam(), 7);
  const CheckpointFormat format = {kV2, LargestGroupSize(model.config)};
  ASSERT_THAT(WriteCheckpoint(folder.Path("q.bin"), {format, model.config}, model.weights()),
              IsOk());
  ASSERT_OK_AND_ASSIGN(const Checkpoint read, Checkpoint::Open(folder.Path("q.bin")));
  for (size_t l = 0; l < model.weights().layers.size(); ++l) {
    const MatrixView<const float> w2 = model.weights().layers[l].w2;
    const Int8Matrix q = read.int8_weights().layers[l].w2;
    EXPECT_EQ(q.straddles(), w2.cols() % format.group_size != 0);
    const StoredMatrix stored = read.Stored(TensorKind::kW2, l);
    std::vector<float> row(w2.cols());
    for (int64_t i = 0; i < w2.rows(); ++i) {
      ReadRow(stored, i, absl::MakeSpan(row));
      for (int64_t j = 0; j < w2.cols(); ++j) {
        const float scale = q.Scale((i * w2.cols() + j) / format.group_size);
        ASSERT_NEAR(row[j], w2.Row(i)[j], scale * 0.5001f) << i << " " << j;
      }
    }
  }
}

TEST(Checkpoint, ScalesMayLieAtAnyAddress) {
  const TestFolder folder;
  // 9 x 18 values of the embedding, then its 9 scales, at byte 2 of a float.
  const Config odd = {.dim = 18,
                      .hidden_dim = 7,
                      .n_layers = 1,
                      .n_heads = 3,
                      .n_kv_heads = 1,
                      .vocab_size = 9,
                      .seq_len = 4};
  const TinyModel model = MakeTinyModel(odd, 1);
  ASSERT_THAT(WriteCheckpoint(folder.Path("odd.bin"), {{kV2, 18}, odd}, model.weights()),
              IsOk());
  ASSERT_OK_AND_ASSIGN(const Checkpoint read, Checkpoint::Open(folder.Path("odd.bin")));
  const Int8Matrix embedding = read.int8_weights().token_embedding;
  ASSERT_EQ(reinterpret_cast<uintptr_t>(embedding.scale_bytes().data()) % 4, 2u);
  for (int64_t v = 0; v < 9; ++v) {
    float largest = 0;
    for (float w : model.weights().token_embedding.Row(v)) {
      largest = std::max(largest, std::abs(w));
    }
    EXPECT_EQ(embedding.Scale(v), largest / 127.0f);
  }
}

TEST(Checkpoint, EveryWrongLengthIsRefused) {
  for (const CheckpointFormat& format : kFormats) {
    const std::string bytes = CheckpointBytes(format, kSmall);
    for (size_t length = 0; length < bytes.size(); ++length) {
      ASSERT_THAT(
          ErrorOf(absl::string_view(bytes).substr(0, length)),
          StatusIs(absl::StatusCode::kInvalidArgument,
                   AllOf(StartsWith("model.bin: "), HasSubstr(absl::StrCat("found ", length)),
                         HasSubstr("expected"))));
    }
    EXPECT_THAT(ErrorOf(bytes + '\0'),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr(absl::StrCat("size: found ", bytes.size() + 1,
                                                " bytes, expected ", bytes.size()))));
  }
}

TEST(Checkpoint, SaysInWhichMatrixAFileEnds) {
  const auto error_of = [](const CheckpointFormat& format, size_t length) {
    return ErrorOf(CheckpointBytes(format, kSmall).substr(0, length));
  };
  EXPECT_THAT(error_of({kV0}, 300),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it ends inside wq[0]")));
  // Of 8 x 8 values and 8 scales for each layer from byte 476 on: the last scale.
  EXPECT_THAT(error_of({kV2, 8}, 476 + 2 * 96 - 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it ends inside wq[1]")));
  // Norms of 5 x 8 values reach to byte 416; the embedding begins at 448, a panel of a
  // quad's two lines and one of scales, and then wq, of panels as large.
  EXPECT_THAT(error_of({kV3, 8}, 416), StatusIs(absl::StatusCode::kInvalidArgument,
                                                HasSubstr("it ends inside token_embedding")));
  EXPECT_THAT(error_of({kV3, 8}, 448 + 3 * 64 - 1),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("it ends inside token_embedding")));
  EXPECT_THAT(error_of({kV3, 8}, 448 + 2 * 3 * 64),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it ends inside wq[1]")));
}

TEST(Checkpoint, EveryHeaderFieldIsCheckedAtItsLimits) {
  const int32_t extremes[] = {0, -1, 1, 3, 1 << 20, (1 << 20) + 1, INT32_MAX, INT32_MIN};
  for (const CheckpointFormat& format : kFormats) {
    const std::string good =
        CheckpointBytes(format, format.version == kV3 ? kOfPanels : kSmall);
    const size_t sizes = format.version == kV0 ? 0 : 8;
    for (int field = 0; field < 7; ++field) {
      for (int32_t value : extremes) {
        std::string bytes = good;
        SetInt(bytes, sizes + 4 * field, value);
        if (bytes == good) continue;
        // Only in version 0 has seq_len a part in the file's size; 0 is no context.
        const bool fits =
            format.version != kV0 && field == 6 && value > 0 && value <= kMaxConfigValue;
        const absl::Status status = ErrorOf(bytes);
        EXPECT_EQ(status.ok(), fits) << field << " " << value << " " << status;
      }
    }
  }
}

TEST(Checkpoint, AGroupSizeThatCannotBeIsRefused) {
  for (const CheckpointVersion version : {kV2, kV3}) {
    std::string bytes = CheckpointBytes({version, 8}, kSmall);
    for (int32_t size : {0, -1, -8, 3, 16, 1 << 17, INT32_MAX, INT32_MIN}) {
      SetInt(bytes, 37, size);
      EXPECT_THAT(ErrorOf(bytes),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           StartsWith(absl::StrCat("model.bin: group_size: found ", size,
                                                   ", expected"))));
    }
    // One that divides all, but then there are more scales than the file has.
    SetInt(bytes, 37, 4);
    EXPECT_THAT(ErrorOf(bytes),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("size: found")));
  }
}

TEST(Checkpoint, OtherFilesAreRefusedByName) {
  std::string bytes = CheckpointBytes({kV1}, kSmall);
  SetInt(bytes, 4, 77);
  EXPECT_THAT(ErrorOf(bytes),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("version: found 77")));
  SetInt(bytes, 4, 1);
  bytes[36] = 2;
  EXPECT_THAT(ErrorOf(bytes), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("shared_classifier: found 2")));
  SetInt(bytes, 0, 0x616b3433);
  EXPECT_THAT(ErrorOf(bytes), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("magic number 0x616b3432")));
  EXPECT_THAT(ErrorOf("GGUF" + bytes),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a GGUF file")));
}

TEST(Checkpoint, WhatIsNoFileIsRefused) {
  const TestFolder folder;
  EXPECT_THAT(Checkpoint::Open(folder.Path("missing.bin")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("missing.bin")));
  EXPECT_THAT(Checkpoint::Open(folder.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a directory")));
  const std::string fifo = folder.Path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(Checkpoint::Open(fifo),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a FIFO")));
}

TEST(Checkpoint, ReadsStories260K) {
  const auto path = SharedDataPath("stories260K.bin");
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(*path));
  EXPECT_EQ(Describe(checkpoint.config()),
            "dim 64, hidden_dim 172, 5 layers, 8/4 heads, vocabulary 512, context 512, "
            "shared classifier");
}

}  // namespace
}  // namespace llama2
