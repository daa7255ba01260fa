// Random models, the same on every machine, in every shape that can go wrong.
//
//   const TinyModel model = MakeTinyModel(config, /*seed=*/1);
//   std::vector<std::vector<double>> logits = OracleLogits(config, model.weights(), tokens);
//
//   class TransformerTest : public ::testing::TestWithParam<Config> {};
//   INSTANTIATE_TEST_SUITE_P(
//       Awkward, TransformerTest, ::testing::ValuesIn(AwkwardConfigs()),
//       [](const auto& test) { return ConfigName(test.param); });
#ifndef LLAMA2_TESTING_TINY_MODELS_H_
#define LLAMA2_TESTING_TINY_MODELS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "llama/config.h"
#include "llama/weights.h"

namespace llama2 {

// A model that owns its weights. Move-only; views stay good through a move.
struct TinyModel {
  Config config;
  // The tensors one after the other, as Weights lists them, without gaps: as in a
  // file, few of them begin at a cache line's start.
  AlignedBuffer<float> storage;

  // Views into `storage`.
  Weights weights() const;
};

// A model whose weights `seed` decides: matrices uniform with mean 0 and variance
// 1 / (their inputs), so that activations neither grow nor vanish; norm weights near
// 1. `config` is one that Validate accepts. Not for tiny ones only: a billion
// parameters take 4 GB, and well under a minute.
TinyModel MakeTinyModel(const Config& config, uint64_t seed);

// Shapes in which each assumption that a kernel, a layout or a loop may make does
// not hold: widths that are no multiple of a vector (16) or of a group of int8
// weights (64, 32), head dimensions 2, 6, 8, 48 and 64, grouped, single and separate
// key-value heads, one layer, one position, a classifier of its own, rows as long as a page.
std::vector<Config> AwkwardConfigs();

// A config as a test's name: "D64_H172_L2_NH8_NKV4_V65_S32_shared".
std::string ConfigName(const Config& config);

}  // namespace llama2

#endif  // LLAMA2_TESTING_TINY_MODELS_H_
