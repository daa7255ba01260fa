#include "llama/int8.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/aligned_buffer.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/test_logits.h"
#include "quant/int8_matrix.h"
#include "quant/packed_int8_matrix.h"
#include "quant/quantize.h"
#include "testing/matchers.h"
#include "testing/oracle.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using enum CheckpointVersion;

struct Case {
  Config config;
  int64_t group_size;
};

// Each shape with groups that straddle no row, with llama2.c's choice (the largest power
// of two up to 64 that divides dim: rows of hidden_dim may straddle), and with rows of
// one group.
std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const Config& config : AwkwardConfigs()) {
    int64_t power = 64;
    while (config.dim % power != 0) power /= 2;
    const int64_t straight = DefaultGroupSize({config.dim, config.hidden_dim, config.kv_dim()});
    for (int64_t group_size : {straight, power, config.dim}) {
      const bool there = std::any_of(cases.begin(), cases.end(), [&](const Case& c) {
        return c.config == config && c.group_size == group_size;
      });
      if (!there) cases.push_back({config, group_size});
    }
  }
  return cases;
}

std::string CaseName(const ::testing::TestParamInfo<Case>& test) {
  return absl::StrCat(ConfigName(test.param.config), "_GS", test.param.group_size);
}

// The bytes of a version 3 file with 0xff, of which NaN is made as a scale, wherever no
// weight of `model`, which has its layout, is: there only are the bytes 0 where
// all that is packed is 1.
std::string WithOtherFilling(std::string bytes, const Checkpoint& model) {
  for (const TensorLayout& t : LayoutOf(model.format(), model.config())) {
    if (!t.packed) continue;
    std::vector<uint8_t> ones(Int8Matrix::Bytes(t.rows, t.cols, t.group_size), 1);
    AlignedBuffer<uint8_t> packed(t.matrix_bytes());
    Pack(Int8Matrix(ones, t.rows, t.cols, t.group_size), packed.span());
    for (int64_t i = 0; i < t.bytes(); ++i) {
      if (packed[i % t.matrix_bytes()] == 0) bytes[t.offset + i] = '\xff';
    }
  }
  return bytes;
}

class EveryCase : public ::testing::TestWithParam<Case> {
 protected:
  EveryCase() : tiny_(MakeTinyModel(GetParam().config, 11)) {}

  const Config& config() const { return GetParam().config; }

  Checkpoint Int8(CheckpointVersion version = kV2) const {
    return *ConvertCheckpoint("tiny", {{version, GetParam().group_size}, config()},
                              tiny_.weights());
  }
  std::unique_ptr<const Transformer> Model(Isa isa) const {
    return *MakeInt8Transformer(Int8(), Kernels(isa));
  }

  const TinyModel tiny_;
};
INSTANTIATE_TEST_SUITE_P(Awkward, EveryCase, ::testing::ValuesIn(Cases()), CaseName);

TEST_P(EveryCase, SameBitsOnEveryIsaThreadCountAndChunk) {
  const std::vector<int> tokens = SomeTokens(config());
  const Logits expected = LogitsOf(*Model(Isa::kScalar), tokens, 1, 1);
  for (Isa isa : SupportedIsas()) {
    const auto model = Model(isa);
    for (const auto& [threads, chunk] : {std::pair(1, 64), {1, 2}, {2, 16}, {3, 5}}) {
      ExpectSameBits(LogitsOf(*model, tokens, threads, chunk), expected,
                     absl::StrCat(IsaName(isa), ", ", threads, " threads, chunks of ", chunk));
    }
  }
}

// A file that holds panels, and what fills them there, which is read and changes nothing.
TEST_P(EveryCase, Version3HasTheBitsOfVersion2) {
  const std::vector<int> tokens = SomeTokens(config());
  const Logits expected = LogitsOf(*Model(Isa::kScalar), tokens, 1, 1);
  const TestFolder folder;
  ASSERT_THAT(WriteCheckpoint(folder.Path("v3.bin"), {kV3, GetParam().group_size}, Int8()),
              IsOk());
  folder.Write("filled.bin", WithOtherFilling(folder.Read("v3.bin"), Int8(kV3)));
  for (const char* file : {"v3.bin", "filled.bin"}) {
    for (Isa isa : SupportedIsas()) {
      ASSERT_OK_AND_ASSIGN(Checkpoint v3, Checkpoint::Open(folder.Path(file)));
      const auto model = *MakeInt8Transformer(std::move(v3), Kernels(isa));
      for (const auto& [threads, chunk] : {std::pair(1, 1), {2, 16}}) {
        ExpectSameBits(LogitsOf(*model, tokens, threads, chunk), expected,
                       absl::StrCat(file, ", ", IsaName(isa), ", ", threads, " threads"));
      }
    }
  }
}

// Rounding to 127 steps on either side costs weights (uniform in a group) 0.4% of their
// size and activations (their group's largest two to three times the typical one) 0.6%
// in each of the eight products that a token goes through in two layers. Groups read at
// the wrong place cost 17% and more in one.
constexpr double kMostError = 0.05;

// The root of the mean square of the differences, as a part of that of `expected`.
template <typename T>
double RelativeError(const Logits& actual, const std::vector<std::vector<T>>& expected) {
  double noise = 0;
  double signal = 0;
  for (size_t t = 0; t < actual.size(); ++t) {
    for (size_t v = 0; v < actual[t].size(); ++v) {
      const double difference = actual[t][v] - static_cast<double>(expected[t][v]);
      noise += difference * difference;
      signal += static_cast<double>(expected[t][v]) * expected[t][v];
    }
  }
  return std::sqrt(noise / signal);
}

// Of the weights that it has, what the oracle computes in double, but for the rounding
// of activations to 8 bits.
TEST_P(EveryCase, IsWhatTheOracleSaysOfItsWeights) {
  const std::vector<int> tokens = SomeTokens(config());
  const Logits logits = LogitsOf(*Model(BestIsa()), tokens, 1, 16);
  const Checkpoint fp32 = *ConvertCheckpoint("tiny", {kV1}, Int8());
  EXPECT_LT(RelativeError(logits, OracleLogits(config(), fp32.weights(), tokens)), kMostError);
}

TEST_P(EveryCase, IsNearFp32) {
  const std::vector<int> tokens = SomeTokens(config());
  const Logits logits = LogitsOf(*Model(BestIsa()), tokens, 1, 16);
  const auto fp32 = MakeFp32Transformer(config(), tiny_.weights(), Kernels(BestIsa()));
  EXPECT_LT(RelativeError(logits, LogitsOf(*fp32, tokens, 1, 16)), kMostError);
}

TEST(Int8, AnActivationThatIsNotFiniteShows) {
  const Config config = AwkwardConfigs().front();
  TinyModel tiny = MakeTinyModel(config, 5);
  // The first embedding overflows the first norm's sum of squares.
  std::fill_n(tiny.storage.data(), config.dim, std::numeric_limits<float>::max());
  const auto model = *MakeInt8Transformer(
      *ConvertCheckpoint("tiny", {{kV2, 4}, config}, tiny.weights()), Kernels(BestIsa()));
  const Logits logits = LogitsOf(*model, {0, 1}, 1, 2);
  EXPECT_TRUE(std::isnan(logits[0][0]));
}

// 172 is no multiple of 64: llama2.c's runq says "Once upon upon upon" with this.
TEST(Int8, GroupsThatStraddleRowsOfStories260KAreNearFp32) {
  const auto path = SharedDataPath("stories260K.bin");
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  ASSERT_OK_AND_ASSIGN(Checkpoint fp32, Checkpoint::Open(*path));
  ASSERT_OK_AND_ASSIGN(Checkpoint int8,
                       ConvertCheckpoint(*path, {{kV2, 64}, fp32.config()}, fp32.weights()));
  ASSERT_TRUE(int8.int8_weights().layers[0].w2.straddles());
  // "Once upon a time, there was a little girl ...".
  const std::vector<int> tokens = {1,   403, 407, 261, 378, 432, 383, 286, 261, 376,
                                   298, 315, 421, 395, 317, 426, 338, 401, 396, 267};
  const auto from_int8 = *MakeInt8Transformer(std::move(int8), Kernels(BestIsa()));
  const auto from_fp32 = MakeFp32Transformer(std::move(fp32), Kernels(BestIsa()));
  EXPECT_LT(
      RelativeError(LogitsOf(*from_int8, tokens, 1, 8), LogitsOf(*from_fp32, tokens, 1, 8)),
      kMostError);
}

}  // namespace
}  // namespace llama2
