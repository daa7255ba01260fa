// Token ids that llama2.c itself chose, on models that this project makes.
//
// The models and the vocabulary are those of
//
//   make_checkpoint --seed=SEED --shape=SHAPE --tokenizer=tok.bin model.bin
//
// and the ids were printed by llama2.c's run.c (commit 350e04f, gcc 12 -O3), with a
// line that prints `next` added to its loop in generate(), as
//
//   run model.bin -z tok.bin -t TEMPERATURE -p TOP_P -s SAMPLER_SEED -n 80 -i PROMPT
//
// At token level, because llama2.c prints no byte tokens and does not end at EOS.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

constexpr Config kGrouped = {.dim = 64,
                             .hidden_dim = 172,
                             .n_layers = 3,
                             .n_heads = 8,
                             .n_kv_heads = 4,
                             .vocab_size = 500,
                             .seq_len = 128};
constexpr Config kSeparate = {.dim = 48,
                              .hidden_dim = 100,
                              .n_layers = 2,
                              .n_heads = 6,
                              .n_kv_heads = 6,
                              .vocab_size = 450,
                              .seq_len = 96,
                              .shared_classifier = false};

struct Golden {
  std::string name;
  Config config;
  uint64_t seed;
  SamplerOptions sampling;
  std::string prompt;
  std::vector<int> ids;  // from position 1 on: the prompt's, then what was sampled
};

class GoldenTest : public ::testing::TestWithParam<Golden> {};

TEST_P(GoldenTest, ChoosesWhatLlama2cChooses) {
  const Golden& golden = GetParam();
  const TinyModel tiny = MakeTinyModel(golden.config, golden.seed);
  const Weights weights = tiny.weights();
  const std::string file = TinyTokenizerBin(golden.config.vocab_size);
  ASSERT_OK_AND_ASSIGN(
      const Vocabulary vocabulary,
      Vocabulary::Parse({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, "tiny"));
  const std::vector<int> prompt = Encoder(&vocabulary).Encode(golden.prompt, {.add_bos = true});

  for (Isa isa : SupportedIsas()) {
    const auto model = MakeFp32Transformer(golden.config, weights, Kernels(isa));
    Sampler sampler(golden.sampling, model->kernels());
    ThreadTeam team(2);
    ASSERT_OK_AND_ASSIGN(Session session, Session::Create(*model, team, {}));
    std::vector<int> ids(prompt.begin() + 1, prompt.end());
    absl::Span<float> logits = session.Append(prompt);
    while (ids.size() < golden.ids.size()) {
      ASSERT_OK_AND_ASSIGN(const int id, sampler.Sample(logits, ids));
      ids.push_back(id);
      logits = session.Append({id});
    }
    EXPECT_EQ(ids, golden.ids) << IsaName(isa);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Llama2c, GoldenTest,
    ::testing::Values(
        Golden{
            "Greedy",
            kGrouped,
            /*seed=*/2,
            {.temperature = 0.0f, .top_p = 0.9f, .seed = 1},
            "once upon a time",
            {259, 296, 370, 259, 280, 275, 296, 288, 286, 268, 272, 264, 211, 346, 346, 346,
             192, 192, 192, 192, 175, 152, 199, 103, 20,  346, 330, 330, 330, 330, 330, 330,
             330, 346, 392, 85,  192, 192, 159, 90,  340, 28,  459, 192, 192, 274, 192, 192,
             192, 192, 192, 301, 340, 320, 16,  192, 192, 6,   6,   6,   484, 44,  44,  44,
             44,  44,  44,  44,  44,  44,  44,  6,   484, 173, 6,   104, 192, 192, 192, 192}},
        Golden{
            "TopP",
            kGrouped,
            /*seed=*/2,
            {.temperature = 1.0f, .top_p = 0.9f, .seed = 7},
            "once upon a time",
            {259, 296, 370, 259, 280, 275, 296, 288, 286, 268, 272, 264, 70,  276, 301, 302,
             327, 44,  39,  192, 403, 347, 484, 427, 139, 296, 175, 253, 345, 191, 280, 477,
             163, 138, 100, 148, 496, 122, 158, 482, 135, 247, 90,  70,  72,  374, 38,  183,
             113, 105, 496, 309, 423, 304, 381, 268, 321, 77,  392, 233, 357, 410, 233, 166,
             351, 137, 134, 284, 25,  447, 92,  175, 64,  151, 15,  492, 330, 263, 230, 303}},
        Golden{
            "WholeDistribution",
            kSeparate,
            /*seed=*/3,
            {.temperature = 0.8f, .top_p = 1.0f, .seed = 99},
            "the end",
            {299, 259, 264, 293, 135, 443, 420, 386, 178, 346, 30,  365, 340, 66,  69,  327,
             2,   230, 377, 233, 254, 96,  208, 359, 259, 122, 268, 423, 133, 13,  378, 287,
             288, 423, 107, 181, 184, 136, 177, 88,  439, 45,  325, 276, 442, 153, 250, 197,
             444, 403, 440, 365, 130, 291, 429, 266, 173, 249, 335, 166, 442, 110, 309, 206,
             433, 6,   442, 128, 103, 315, 146, 20,  330, 346, 22,  57,  229, 165, 408, 298}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace llama2
