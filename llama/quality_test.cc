// What int8 costs: how much less probable a text is to the quantised model.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/int8.h"
#include "llama/score.h"
#include "llama/session.h"
#include "llama/test_logits.h"
#include "llama/transformer.h"
#include "models/default_model.h"
#include "quant/quantize.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

using Texts = std::vector<std::vector<int>>;

// In nats a token; the first token of each text is given.
double MeanNegativeLogLikelihood(const Transformer& model, const Texts& texts) {
  ThreadTeam team(1);
  Session session = *Session::Create(model, team, {});
  double sum = 0;
  int64_t count = 0;
  for (const std::vector<int>& text : texts) {
    for (double loss : ScoreText(text, /*stride=*/1, session)) {
      sum += loss;
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

struct Quality {
  double fp32;
  double int8;
};

// Of one model in both formats, int8 in groups of the default size.
Quality Measure(const Config& c, const Weights& weights, const Texts& texts) {
  const int64_t group_size = DefaultGroupSize({c.dim, c.hidden_dim, c.kv_dim()});
  const Kernels kernels(BestIsa());
  const auto fp32 = MakeFp32Transformer(c, weights, kernels);
  const CheckpointHeader header = {{CheckpointVersion::kV2, group_size}, c};
  const auto int8 = *MakeInt8Transformer(*ConvertCheckpoint("model", header, weights), kernels);
  return {MeanNegativeLogLikelihood(*fp32, texts), MeanNegativeLogLikelihood(*int8, texts)};
}

// Models of random weights, which know nothing: rounding shifts what they expect of a
// text up and down, and nearly as often.
TEST(Quality, OfTinyModelsIsWithinHalfAPercent) {
  for (const Config& config : AwkwardConfigs()) {
    const TinyModel tiny = MakeTinyModel(config, 9);
    Texts texts;
    for (int64_t seed = 0; seed < 10; ++seed) texts.push_back(SomeTokens(config, seed));
    if (texts[0].size() < 2) continue;
    const Quality quality = Measure(config, tiny.weights(), texts);
    EXPECT_NEAR(quality.int8 / quality.fp32, 1, 0.005) << ConfigName(config);
  }
}

constexpr char kStory[] =
    "Once upon a time, there was a little boat named Bob. Bob lived near a big blue lake. "
    "Every "
    "day he carried people from one side to the other. He was small, but he was very proud of "
    "his work.\nOne day, a strong wind came. The waves were big and Bob was scared. \"I can "
    "not "
    "go out today,\" he said. But then he heard a voice. It was a little duck. \"Help me!\" "
    "cried the duck. \"I lost my mom and I am so tired.\"\nBob took a deep breath. He went out "
    "on the lake, up and down, up and down. The duck jumped in and held on tight. Soon they "
    "were safe under the old tree, and there was the duck's mom! She was so happy that she "
    "gave Bob a big hug with her wings.\nFrom that day on, Bob knew that being brave does not "
    "mean that you are never scared. He and the duck became best friends.";

TEST(Quality, OfTheDefaultModelIsWithinHalfAPercent) {
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint,
                       Checkpoint::Parse(DefaultModel().checkpoint, kDefaultModelName));
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary,
                       Vocabulary::Parse(DefaultModel().tokenizer, kDefaultModelName));
  const Texts story = {Encoder(&vocabulary).Encode(kStory, {.add_bos = true})};
  const Quality quality = Measure(checkpoint.config(), checkpoint.weights(), story);
  EXPECT_LT(quality.fp32, 3);  // a guess among all tokens would have 7.6
  EXPECT_NEAR(quality.int8 / quality.fp32, 1, 0.005);
}

// With llama2.c's logits stories260K has 1.2952 nats a token on these 300 stories.
TEST(Quality, OfStories260KIsWithinHalfAPercent) {
  const auto model = SharedDataPath("stories260K.bin");
  const auto vocabulary_path = SharedDataPath("tok512.bin");
  const auto stories = SharedDataPath("text/tinystories-val.txt");
  if (!model || !vocabulary_path || !stories) {
    GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin, or no text for it";
  }
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(*model));
  const Config& config = checkpoint.config();
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary,
                       Vocabulary::Load(*vocabulary_path, config.vocab_size));
  const Encoder encoder(&vocabulary);
  std::ifstream stream(*stories, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  Texts texts;
  for (absl::string_view story : absl::StrSplit(text, "<|endoftext|>\n", absl::SkipEmpty())) {
    const absl::string_view trimmed = absl::StripTrailingAsciiWhitespace(story);
    std::vector<int> tokens = encoder.Encode(trimmed, {.add_bos = true});
    tokens.resize(std::min<size_t>(tokens.size(), config.seq_len));
    texts.push_back(std::move(tokens));
  }
  const Quality quality = Measure(config, checkpoint.weights(), texts);
  EXPECT_NEAR(quality.fp32, 1.2952, 1e-4);
  EXPECT_NEAR(quality.int8 / quality.fp32, 1, 0.005);
  RecordProperty("fp32", std::to_string(quality.fp32));
  RecordProperty("int8", std::to_string(quality.int8));
}

}  // namespace
}  // namespace llama2
