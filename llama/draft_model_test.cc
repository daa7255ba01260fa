// What a draft model says is about what its model says, at every position and for tokens that
// its int8 copy has no row of.
#include "llama/draft_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "llama/weights.h"
#include "quant/int8_screen.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

constexpr Config kConfig = {.dim = 64,
                            .hidden_dim = 96,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 200,
                            .seq_len = 16,
                            .shared_classifier = false};

const std::vector<int> kTokens = {1, 150, 199, 7, 3, 0};

class DraftModelTest : public ::testing::Test {
 protected:
  // Of kConfig, but for the vocabulary.
  void MakeModel(int64_t vocab_size) {
    config_.vocab_size = vocab_size;
    tiny_ = MakeTinyModel(config_, 3);
    Checkpoint checkpoint =
        *ConvertCheckpoint("tiny", {{CheckpointVersion::kV1}, config_}, tiny_.weights());
    model_ = MakeFp32Transformer(std::move(checkpoint), Kernels(BestIsa()));
  }

  // Of its layers, and a table of three tokens that are others than the model's.
  std::unique_ptr<const Transformer> MakeDraft() {
    const TinyModel other = MakeTinyModel(config_, 4);
    Config config = config_;
    config.vocab_size = kMinVocabulary;
    Weights weights = tiny_.weights();
    weights.token_embedding = other.weights().token_embedding.Rows(0, kMinVocabulary);
    weights.classifier = other.weights().classifier.Rows(0, kMinVocabulary);
    Checkpoint layers =
        *ConvertCheckpoint("layers", {{CheckpointVersion::kV3, 32}, config}, weights);
    return *MakeDraftModel(*model_, std::move(layers), team_);
  }

  // The logits behind each of kTokens.
  std::vector<std::vector<float>> Logits(const Transformer& model) {
    Session session = *Session::Create(model, team_, {});
    std::vector<std::vector<float>> all;
    for (int token : kTokens) {
      const absl::Span<const float> logits = session.Append({token});
      all.emplace_back(logits.begin(), logits.end());
    }
    return all;
  }

  // Their root mean square difference is at most such a part of them. Returns at how many
  // positions both have the same largest.
  int ExpectAbout(const std::vector<std::vector<float>>& drafted,
                  const std::vector<std::vector<float>>& models, double part) {
    int same = 0;
    for (size_t i = 0; i < models.size(); ++i) {
      double difference = 0, sum = 0;
      for (size_t t = 0; t < models[i].size(); ++t) {
        difference += std::pow(drafted[i][t] - models[i][t], 2);
        sum += std::pow(models[i][t], 2);
      }
      EXPECT_LT(std::sqrt(difference / sum), part) << i;
      const auto largest = [](const std::vector<float>& x) {
        return std::max_element(x.begin(), x.end()) - x.begin();
      };
      same += largest(drafted[i]) == largest(models[i]);
    }
    return same;
  }

  Config config_ = kConfig;
  TinyModel tiny_;
  std::unique_ptr<const Transformer> model_;
  ThreadTeam team_{2};
};

TEST_F(DraftModelTest, HasTheModelsOwnTokens) {
  MakeModel(kConfig.vocab_size);
  const auto draft = MakeDraft();
  EXPECT_EQ(draft->config().vocab_size, kConfig.vocab_size);
  EXPECT_GE(ExpectAbout(Logits(*draft), Logits(*model_), 0.05), 5);
}

TEST_F(DraftModelTest, OfALargeVocabularyItMakesOnlyTheLargestLogitsExact) {
  MakeModel(Int8Screen::kLeastWeights / kConfig.dim);
  const auto models = Logits(*model_);
  const auto drafted = Logits(*MakeDraft());
  EXPECT_GE(ExpectAbout(drafted, models, 0.15), 5);
  // Of the rest next to none: the classifier was not read whole.
  int64_t same = 0;
  for (size_t t = 0; t < models[0].size(); ++t) same += drafted[0][t] == models[0][t];
  EXPECT_LT(same, 1000);
}

// Neither what the model says nor what it remembers changes by being drafted for.
TEST_F(DraftModelTest, LeavesTheModelAsItIs) {
  MakeModel(Int8Screen::kLeastWeights / kConfig.dim);
  const auto before = Logits(*model_);
  const auto draft = MakeDraft();
  Logits(*draft);
  EXPECT_EQ(Logits(*model_), before);
}

}  // namespace
}  // namespace llama2
