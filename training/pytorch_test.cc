// Ten steps of training a small model against PyTorch's: losses and gradient norms of
// pytorch/ten_steps.csv, which pytorch/ten_steps.py wrote. Data, weights and settings here
// are those of the script.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "llama/weights.h"
#include "training/adamw.h"
#include "training/batch_gradient.h"
#include "training/dropout.h"

namespace llama2 {
namespace {

constexpr int64_t kBatch = 4;
constexpr double kClip = 1;

Config ScriptConfig() {
  return {.dim = 32,
          .hidden_dim = 40,
          .n_layers = 2,
          .n_heads = 4,
          .n_kv_heads = 2,
          .vocab_size = 48,
          .seq_len = 24,
          .shared_classifier = true};
}

// Numbers between -0.25 and 0.25; norms are 1 more.
std::vector<float> ScriptParameters(const Config& config) {
  std::vector<float> parameters(config.parameters());
  std::minstd_rand random(1);
  for (float& value : parameters) {
    value = static_cast<float>(random() / 2147483647.0 / 2 - 0.25);
  }
  const MutableWeights weights = WeightsAt(config, parameters.data());
  const auto raise = [](absl::Span<float> norm) {
    for (float& value : norm) value += 1;
  };
  for (const auto& layer : weights.layers) {
    raise(layer.attention_norm);
    raise(layer.feed_forward_norm);
  }
  raise(weights.final_norm);
  return parameters;
}

struct Row {
  int64_t step;
  double loss, gradient_norm;
};

std::vector<Row> ReadTable() {
  std::ifstream file("training/pytorch/ten_steps.csv");
  std::string line;
  std::getline(file, line);  // the columns' names
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    Row& row = rows.emplace_back();
    EXPECT_TRUE(fields.size() == 3 && absl::SimpleAtoi(fields[0], &row.step) &&
                absl::SimpleAtod(fields[1], &row.loss) &&
                absl::SimpleAtod(fields[2], &row.gradient_norm))
        << line;
  }
  return rows;
}

TEST(PyTorchTest, TenStepsAreTheSame) {
  const Config config = ScriptConfig();
  std::vector<float> parameters = ScriptParameters(config);
  std::vector<float> gradient(parameters.size()), m(parameters.size()), v(parameters.size());
  BatchGradient batch =
      *BatchGradient::Create(config, config.seq_len, /*threads=*/1, /*shards=*/2, BestIsa());
  std::minstd_rand random(2);
  const std::vector<Row> table = ReadTable();
  ASSERT_EQ(table.size(), 10u);
  for (const Row& expected : table) {
    std::vector<int32_t> ids(kBatch * (config.seq_len + 1));
    for (int32_t& id : ids) id = random() % config.vocab_size;
    const double loss = batch.Compute(
        parameters, MatrixView<const int32_t>(ids.data(), kBatch, config.seq_len + 1),
        Dropout(), absl::MakeSpan(gradient));
    const double norm = GradientNorm(gradient);
    EXPECT_NEAR(loss, expected.loss, 1e-4 * expected.loss) << "step " << expected.step;
    EXPECT_NEAR(norm, expected.gradient_norm, 1e-4 * expected.gradient_norm)
        << "step " << expected.step;
    AdamWStep(config, AdamWOptions(), /*learning_rate=*/1e-2, expected.step,
              static_cast<float>(std::min(1.0, kClip / norm)), gradient,
              absl::MakeSpan(parameters), absl::MakeSpan(m), absl::MakeSpan(v));
  }
}

}  // namespace
}  // namespace llama2
