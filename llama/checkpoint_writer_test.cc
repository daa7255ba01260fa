#include "llama/checkpoint_writer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "llama/checkpoint.h"
#include "quant/int8_matrix.h"
#include "quant/packed_int8_matrix.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using enum CheckpointVersion;

// The bytes of the file that WriteCheckpoint makes of the weights.
std::string Written(const CheckpointHeader& header, const Weights& weights) {
  const TestFolder folder;
  EXPECT_THAT(WriteCheckpoint(folder.Path("written.bin"), header, weights), IsOk());
  return folder.Read("written.bin");
}

// Copies the checkpoint at one path to another as `export` does it.
absl::Status Convert(const std::string& from, const std::string& to,
                     const CheckpointFormat& format) {
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(from));
  ASSIGN_OR_RETURN(CheckpointWriter writer,
                   CheckpointWriter::Create(to, {format, checkpoint.config()}));
  while (!writer.done()) {
    RETURN_IF_ERROR(writer.Append(checkpoint.Stored(writer.tensor().kind, writer.matrix())));
  }
  return writer.Commit();
}

// A matrix's bytes in its file.
std::string BytesOfMatrix(const StoredMatrix& matrix) {
  const void* bytes;
  if (const auto* floats = std::get_if<MatrixView<const float>>(&matrix)) {
    bytes = floats->data();
  } else if (const auto* int8 = std::get_if<Int8Matrix>(&matrix)) {
    bytes = int8->bytes().data();
  } else {
    bytes = std::get<PackedInt8Matrix>(matrix).bytes().data();
  }
  return std::string(static_cast<const char*>(bytes), BytesOf(matrix));
}

// A file of versions 1 to 3 put together a second time, from the description of the formats
// in docs/formats.md and from nothing else.
class ExpectedFile {
 public:
  void Ints(absl::Span<const int32_t> values) { Add(values); }
  void PadTo(size_t size) { bytes_.resize(size, '\0'); }
  void Byte(char byte) { bytes_ += byte; }
  void Floats(absl::Span<const float> values) { Add(values); }

  // One matrix, as float32.
  void Matrix(MatrixView<const float> m) {
    for (int64_t i = 0; i < m.rows(); ++i) Floats(m.Row(i));
  }

  // One matrix, as int8 values and then the scales.
  void Matrix(MatrixView<const float> m, int64_t group_size) {
    const auto [values, scales] = Quantized(m, group_size);
    Add(absl::MakeConstSpan(values));
    Floats(scales);
  }

  // One matrix, in panels.
  void Panels(MatrixView<const float> m, int64_t group_size) {
    const auto [values, scales] = Quantized(m, group_size);
    const int64_t piece = std::gcd(m.cols(), group_size);
    for (int64_t panel = 0; panel < m.rows(); panel += 16) {
      for (int64_t begin = 0; begin < m.cols(); begin += piece) {
        for (int64_t quad = 0; quad < piece; quad += 4) {
          for (int64_t row = panel; row < panel + 16; ++row) {
            for (int64_t i = quad; i < quad + 4; ++i) {
              const bool there = row < m.rows() && i < piece;
              Byte(there ? values[row * m.cols() + begin + i] : 0);
            }
          }
        }
        for (int64_t row = panel; row < panel + 16; ++row) {
          const bool there = row < m.rows();
          Floats({there ? scales[(row * m.cols() + begin) / group_size] : 0.0f});
        }
      }
    }
  }

  size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }

 private:
  static std::pair<std::vector<int8_t>, std::vector<float>> Quantized(MatrixView<const float> m,
                                                                      int64_t group_size) {
    const float* flat = m.data();
    std::vector<int8_t> values;
    std::vector<float> scales;
    for (int64_t begin = 0; begin < m.rows() * m.cols(); begin += group_size) {
      float largest = 0;
      for (int64_t i = 0; i < group_size; ++i) {
        largest = std::max(largest, std::fabs(flat[begin + i]));
      }
      const float scale = largest / 127.0f;
      scales.push_back(scale);
      for (int64_t i = 0; i < group_size; ++i) {
        // Rounded half to even.
        const float quotient = scale == 0 ? 0 : flat[begin + i] / scale;
        const double below = std::floor(static_cast<double>(quotient));
        const double rest = quotient - below;
        const bool up = rest > 0.5 || (rest == 0.5 && std::fmod(below, 2) != 0);
        values.push_back(static_cast<int8_t>(below + (up ? 1 : 0)));
      }
    }
    return {values, scales};
  }

  template <typename T>
  void Add(absl::Span<const T> values) {
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }

  std::string bytes_;
};

// Of version 1, 2 or 3.
std::string Expected(const CheckpointFormat& format, const Config& c, const Weights& w) {
  const int32_t group_size = static_cast<int32_t>(format.group_size);
  ExpectedFile file;
  const auto size = [](int64_t value) { return static_cast<int32_t>(value); };
  file.Ints({0x616b3432, static_cast<int>(format.version), size(c.dim), size(c.hidden_dim),
             size(c.n_layers), size(c.n_heads), size(c.n_kv_heads), size(c.vocab_size),
             size(c.seq_len)});
  file.Byte(c.shared_classifier ? 1 : 0);
  if (group_size != 0) file.Ints({group_size});
  file.PadTo(256);
  for (const LayerWeights& layer : w.layers) file.Floats(layer.attention_norm);
  for (const LayerWeights& layer : w.layers) file.Floats(layer.feed_forward_norm);
  file.Floats(w.final_norm);
  if (format.version == kV3) file.PadTo((file.size() + 63) / 64 * 64);
  const auto matrix = [&](MatrixView<const float> m) {
    if (format.version == kV1) file.Matrix(m);
    if (format.version == kV2) file.Matrix(m, group_size);
    if (format.version == kV3) file.Panels(m, group_size);
  };
  matrix(w.token_embedding);
  for (const LayerWeights& layer : w.layers) matrix(layer.wq);
  for (const LayerWeights& layer : w.layers) matrix(layer.wk);
  for (const LayerWeights& layer : w.layers) matrix(layer.wv);
  for (const LayerWeights& layer : w.layers) matrix(layer.wo);
  for (const LayerWeights& layer : w.layers) matrix(layer.w1);
  for (const LayerWeights& layer : w.layers) matrix(layer.w2);
  for (const LayerWeights& layer : w.layers) matrix(layer.w3);
  if (!c.shared_classifier) matrix(w.classifier);
  return file.bytes();
}

// Every tensor can be cut into groups of 64; rows of 172 values straddle groups of 8, 32
// and 64.
constexpr Config kLikeStories260K = {.dim = 64,
                                     .hidden_dim = 172,
                                     .n_layers = 2,
                                     .n_heads = 8,
                                     .n_kv_heads = 4,
                                     .vocab_size = 80,
                                     .seq_len = 16,
                                     .shared_classifier = true};

// A model with what a random one lacks: groups of zeros, ties, a -0 and denormals.
TinyModel MakeSpecialModel(const Config& config) {
  TinyModel model = MakeTinyModel(config, 3);
  float* wq = const_cast<float*>(model.weights().layers[0].wq.data());
  std::fill_n(wq, 64, 0.0f);
  wq[64] = 127.0f;  // the scale is 1
  for (int i = 1; i < 64; ++i) wq[64 + i] = static_cast<float>(i - 32) + 0.5f;
  std::fill_n(wq + 128, 64, -0.0f);
  std::fill_n(wq + 192, 64, std::numeric_limits<float>::denorm_min());
  std::fill_n(wq + 256, 64, -std::numeric_limits<float>::max());
  return model;
}

TEST(CheckpointWriter, Version1IsByteForByteAsDescribed) {
  Config separate = kLikeStories260K;
  separate.shared_classifier = false;
  for (const Config& config : {kLikeStories260K, separate}) {
    const TinyModel model = MakeSpecialModel(config);
    EXPECT_EQ(Written({{kV1}, config}, model.weights()),
              Expected({kV1}, config, model.weights()));
  }
}

TEST(CheckpointWriter, Int8IsByteForByteAsDescribed) {
  Config separate = kLikeStories260K;
  separate.shared_classifier = false;
  for (const Config& config : {kLikeStories260K, separate}) {
    const TinyModel model = MakeSpecialModel(config);
    for (const CheckpointVersion version : {kV2, kV3}) {
      for (int64_t group_size : {1, 2, 4, 8, 32, 64}) {
        const CheckpointFormat format = {version, group_size};
        EXPECT_EQ(Written({format, config}, model.weights()),
                  Expected(format, config, model.weights()))
            << Describe(format);
      }
    }
  }
}

TEST(CheckpointWriter, Stories260KIsByteForByteAsDescribed) {
  const auto path = SharedDataPath("stories260K.bin");
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(*path));
  const Config& config = checkpoint.config();
  for (const CheckpointFormat& format :
       {CheckpointFormat{kV1}, {kV2, 4}, {kV2, 8}, {kV2, 32}, {kV2, 64}, {kV3, 4}, {kV3, 64}}) {
    EXPECT_EQ(Written({format, config}, checkpoint.weights()),
              Expected(format, config, checkpoint.weights()))
        << Describe(format);
  }
}

// The layout, spelled out a second time from the format's description.
TEST(CheckpointWriter, Version0IsWhatLlama2cReads) {
  const Config config = {.dim = 8,
                         .hidden_dim = 12,
                         .n_layers = 2,
                         .n_heads = 4,
                         .n_kv_heads = 2,
                         .vocab_size = 5,
                         .seq_len = 3,
                         .shared_classifier = false};
  const TinyModel model = MakeTinyModel(config, 1);
  const Weights w = model.weights();
  ExpectedFile expected;
  expected.Ints({8, 12, 2, 4, 2, -5, 3});
  expected.Matrix(w.token_embedding);
  for (const LayerWeights& layer : w.layers) expected.Floats(layer.attention_norm);
  for (const LayerWeights& layer : w.layers) expected.Matrix(layer.wq);
  for (const LayerWeights& layer : w.layers) expected.Matrix(layer.wk);
  for (const LayerWeights& layer : w.layers) expected.Matrix(layer.wv);
  for (const LayerWeights& layer : w.layers) expected.Matrix(layer.wo);
  for (const LayerWeights& layer : w.layers) expected.Floats(layer.feed_forward_norm);
  for (const LayerWeights& layer : w.layers) expected.Matrix(layer.w1);
  for (const LayerWeights& layer : w.layers) expected.Matrix(layer.w2);
  for (const LayerWeights& layer : w.layers) expected.Matrix(layer.w3);
  expected.Floats(w.final_norm);
  // Head dimension 2: one frequency, 1; angles 0, 1, 2.
  expected.Floats({1.0f, 0.540302277f, -0.416146845f});
  expected.Floats({0.0f, 0.841470957f, 0.909297407f});
  expected.Matrix(w.classifier);
  EXPECT_EQ(Written({{kV0}, config}, w), expected.bytes());
}

TEST(CheckpointWriter, Version0And1GiveEachOtherBack) {
  const TestFolder folder;
  for (const Config& config : AwkwardConfigs()) {
    const TinyModel model = MakeTinyModel(config, 1);
    ASSERT_THAT(WriteCheckpoint(folder.Path("v0.bin"), {{kV0}, config}, model.weights()),
                IsOk());
    ASSERT_THAT(Convert(folder.Path("v0.bin"), folder.Path("v1.bin"), {kV1}), IsOk());
    ASSERT_THAT(Convert(folder.Path("v1.bin"), folder.Path("again.bin"), {kV0}), IsOk());
    EXPECT_EQ(folder.Read("again.bin"), folder.Read("v0.bin")) << ConfigName(config);
  }
}

// Whatever fills the panels of the version 3 in between.
TEST(CheckpointWriter, Version2And3GiveEachOtherBack) {
  const TestFolder folder;
  const std::string v2 = folder.Path("v2.bin"), v3 = folder.Path("v3.bin");
  for (const Config& config : AwkwardConfigs()) {
    for (int64_t group_size : {int64_t{1}, int64_t{2}, config.dim}) {
      const TinyModel model = MakeTinyModel(config, 1);
      const CheckpointHeader header = {{kV2, group_size}, config};
      ASSERT_THAT(WriteCheckpoint(v2, header, model.weights()), IsOk());
      ASSERT_THAT(Convert(v2, v3, {kV3, group_size}), IsOk());
      ASSERT_THAT(Convert(v3, folder.Path("again.bin"), header.format), IsOk());
      EXPECT_EQ(folder.Read("again.bin"), folder.Read("v2.bin")) << ConfigName(config);
      ASSERT_THAT(Convert(v3, folder.Path("v3_again.bin"), {kV3, group_size}), IsOk());
      EXPECT_EQ(folder.Read("v3_again.bin"), folder.Read("v3.bin")) << ConfigName(config);
      EXPECT_EQ(folder.Read("v3.bin"), Written({{kV3, group_size}, config}, model.weights()));
    }
  }
}

// Of 12 rows the last 4 of their panel are missing; groups of 2 leave half of a quad.
TEST(CheckpointWriter, WhatFillsPanelsIsZeroWhateverItWas) {
  const TestFolder folder;
  const Config config = {.dim = 6,
                         .hidden_dim = 12,
                         .n_layers = 1,
                         .n_heads = 1,
                         .n_kv_heads = 1,
                         .vocab_size = 5,
                         .seq_len = 3};
  const CheckpointFormat format = {kV3, 2};
  const TinyModel model = MakeTinyModel(config, 1);
  ASSERT_THAT(WriteCheckpoint(folder.Path("a.bin"), {format, config}, model.weights()), IsOk());
  const std::string good = folder.Read("a.bin");
  const int64_t w1 = LayoutOf(format, config)[8].offset;
  std::string filled = good;
  filled[w1 + 2] = filled[w1 + 12 * 4] = filled[w1 + 64 + 12 * 4] = '\xff';
  ASSERT_NE(filled, good);
  folder.Write("filled.bin", filled);
  ASSERT_THAT(Convert(folder.Path("filled.bin"), folder.Path("b.bin"), format), IsOk());
  EXPECT_EQ(folder.Read("b.bin"), good);
}

// Not quantised once more: a scale may come out one unit in the last place off.
TEST(CheckpointWriter, Int8WithTheSameGroupsIsCopied) {
  const TestFolder folder;
  const TinyModel model = MakeTinyModel(kLikeStories260K, 5);
  const CheckpointHeader header = {{kV2, 32}, kLikeStories260K};
  ASSERT_THAT(WriteCheckpoint(folder.Path("a.bin"), header, model.weights()), IsOk());
  ASSERT_THAT(Convert(folder.Path("a.bin"), folder.Path("b.bin"), header.format), IsOk());
  EXPECT_EQ(folder.Read("b.bin"), folder.Read("a.bin"));
}

TEST(CheckpointWriter, Int8IsWrittenInOtherGroupsAndAsFloat32) {
  const TestFolder folder;
  const TinyModel model = MakeTinyModel(kLikeStories260K, 5);
  ASSERT_THAT(
      WriteCheckpoint(folder.Path("q64.bin"), {{kV2, 64}, kLikeStories260K}, model.weights()),
      IsOk());
  ASSERT_THAT(Convert(folder.Path("q64.bin"), folder.Path("v1.bin"), {kV1}), IsOk());
  ASSERT_THAT(Convert(folder.Path("q64.bin"), folder.Path("q4.bin"), {kV2, 4}), IsOk());
  ASSERT_OK_AND_ASSIGN(const Checkpoint q64, Checkpoint::Open(folder.Path("q64.bin")));
  ASSERT_OK_AND_ASSIGN(const Checkpoint v1, Checkpoint::Open(folder.Path("v1.bin")));
  const Int8Matrix w2 = q64.int8_weights().layers[1].w2;
  for (int64_t i : {int64_t{0}, int64_t{171}, w2.rows() * w2.cols() - 1}) {
    EXPECT_EQ(v1.weights().layers[1].w2.data()[i], w2.values()[i] * w2.Scale(i / 64)) << i;
  }
  EXPECT_EQ(folder.Read("q4.bin"), Expected({kV2, 4}, kLikeStories260K, v1.weights()));
  ASSERT_THAT(Convert(folder.Path("q64.bin"), folder.Path("p64.bin"), {kV3, 64}), IsOk());
  ASSERT_THAT(Convert(folder.Path("p64.bin"), folder.Path("p4.bin"), {kV3, 4}), IsOk());
  EXPECT_EQ(folder.Read("p4.bin"), Expected({kV3, 4}, kLikeStories260K, v1.weights()));
  ASSERT_THAT(Convert(folder.Path("p64.bin"), folder.Path("v1_again.bin"), {kV1}), IsOk());
  EXPECT_EQ(folder.Read("v1_again.bin"), folder.Read("v1.bin"));
}

// From float32 and from int8.
TEST(CheckpointWriter, MemoryHoldsWhatAFileWould) {
  const TestFolder folder;
  const std::string path = folder.Path("file.bin");
  const TinyModel model = MakeTinyModel(kLikeStories260K, 5);
  ASSERT_OK_AND_ASSIGN(
      const Checkpoint int8,
      ConvertCheckpoint("int8", {{kV2, 64}, kLikeStories260K}, model.weights()));
  for (const CheckpointFormat& format :
       {CheckpointFormat{kV0}, {kV1}, {kV2, 4}, {kV2, 64}, {kV3, 4}, {kV3, 64}}) {
    const auto expect_same = [&](const auto& header, const auto& source) {
      ASSERT_THAT(WriteCheckpoint(path, header, source), IsOk());
      ASSERT_OK_AND_ASSIGN(const Checkpoint file, Checkpoint::Open(path));
      ASSERT_OK_AND_ASSIGN(const Checkpoint memory, ConvertCheckpoint("m", header, source));
      EXPECT_EQ(memory.config(), kLikeStories260K);
      EXPECT_EQ(memory.format(), format);
      for (const TensorLayout& t : LayoutOf(format, kLikeStories260K)) {
        for (int64_t i = 0; i < t.count; ++i) {
          EXPECT_EQ(BytesOfMatrix(memory.Stored(t.kind, i)),
                    BytesOfMatrix(file.Stored(t.kind, i)))
              << Describe(format) << ", " << t.MatrixName(i);
        }
      }
    };
    expect_same(CheckpointHeader{format, kLikeStories260K}, model.weights());
    expect_same(format, int8);
  }
}

TEST(CheckpointWriter, TakesAMatrixInParts) {
  const TestFolder folder;
  const Config& config = kLikeStories260K;
  const TinyModel model = MakeTinyModel(config, 5);
  const std::string v1 = folder.Path("v1.bin");
  ASSERT_THAT(WriteCheckpoint(v1, {{kV1}, config}, model.weights()), IsOk());
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(v1));
  for (int64_t part : {1, 7, 64, 5000}) {
    for (const CheckpointFormat& format : {CheckpointFormat{kV2, 32}, {kV3, 32}}) {
      ASSERT_OK_AND_ASSIGN(
          CheckpointWriter writer,
          CheckpointWriter::Create(folder.Path("parts.bin"), {format, config}));
      while (!writer.done()) {
        const auto matrix = std::get<MatrixView<const float>>(
            checkpoint.Stored(writer.tensor().kind, writer.matrix()));
        absl::Span<const float> rest(matrix.data(), matrix.rows() * matrix.cols());
        while (!rest.empty()) {
          const auto head = rest.subspan(0, part);
          ASSERT_THAT(writer.Append(head), IsOk());
          rest.remove_prefix(head.size());
        }
      }
      ASSERT_THAT(writer.Commit(), IsOk());
      EXPECT_EQ(folder.Read("parts.bin"), Expected(format, config, model.weights())) << part;
    }
  }
}

TEST(CheckpointWriter, WhatIsNotFiniteCannotBecomeInt8) {
  for (float bad :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    const TestFolder folder;
    const TinyModel model = MakeTinyModel(kLikeStories260K, 5);
    const_cast<float*>(model.weights().layers[1].w2.data())[100] = bad;
    const std::string path = folder.Path("bad.bin");
    EXPECT_THAT(WriteCheckpoint(path, {{kV2, 32}, kLikeStories260K}, model.weights()),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(StartsWith(path), HasSubstr("w2[1]: found a weight of"))));
    EXPECT_THAT(folder.Names(), IsEmpty());
    EXPECT_THAT(ConvertCheckpoint("m", {{kV2, 32}, kLikeStories260K}, model.weights()),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         StartsWith("m: w2[1]: found a weight of")));
    // Float32 holds it.
    EXPECT_THAT(WriteCheckpoint(path, {{kV1}, kLikeStories260K}, model.weights()), IsOk());
  }
}

TEST(CheckpointWriter, WhatCannotBeStoredIsRefused) {
  const TestFolder folder;
  const std::string path = folder.Path("refused.bin");
  EXPECT_THAT(CheckpointWriter::Create(path, {{kV2, 512}, kLikeStories260K}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(StartsWith(path), HasSubstr("group_size: found 512"))));
  for (int64_t group_size : {int64_t{-1}, int64_t{0}, int64_t{3}, int64_t{1} << 31}) {
    EXPECT_THAT(CheckpointWriter::CreateInMemory("m", {{kV2, group_size}, kLikeStories260K}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         StartsWith(absl::StrCat("m: group_size: found ", group_size))));
  }
  Config bad = kLikeStories260K;
  bad.n_heads = 7;
  EXPECT_THAT(CheckpointWriter::Create(path, {{kV1}, bad}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("n_heads")));
  EXPECT_THAT(
      CheckpointWriter::Create(folder.Path("no/such/folder.bin"), {{kV1}, kLikeStories260K})
          .status(),
      StatusIs(absl::StatusCode::kNotFound));
}

TEST(CheckpointWriter, NothingIsThereBeforeCommit) {
  const TestFolder folder;
  const std::string path = folder.Path("uncommitted.bin");
  {
    ASSERT_OK_AND_ASSIGN(CheckpointWriter writer,
                         CheckpointWriter::Create(path, {{kV1}, kLikeStories260K}));
    ASSERT_THAT(writer.Append(std::vector<float>(64)), IsOk());
  }
  EXPECT_THAT(folder.Names(), IsEmpty());
}

}  // namespace
}  // namespace llama2
