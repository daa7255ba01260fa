#include "analysis/inspect_text.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analysis/inspect_report.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "llama/weights.h"
#include "sampling/sampler.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

constexpr Config kConfig = {.dim = 48,
                            .hidden_dim = 100,
                            .n_layers = 3,
                            .n_heads = 6,
                            .n_kv_heads = 2,
                            .vocab_size = 400,
                            .seq_len = 40};
constexpr absl::string_view kPrompt = "the rain \xE2\x82\xAC";

class InspectTextTest : public ::testing::Test {
 protected:
  InspectTextTest() {
    const std::string bytes = TinyTokenizerBin(kConfig.vocab_size);
    vocabulary_ = std::make_unique<Vocabulary>(*Vocabulary::Parse(
        absl::MakeSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), "tiny"));
  }

  absl::StatusOr<InspectReport> Inspect(const InspectOptions& options, int threads = 1,
                                        Isa isa = BestIsa()) const {
    ThreadTeam team(threads);
    return InspectText(kPrompt, *vocabulary_, *Model(isa), options, team);
  }

  std::unique_ptr<const Transformer> Model(Isa isa) const {
    return MakeFp32Transformer(kConfig, weights_, Kernels(isa));
  }

  // The logits after each token.
  std::vector<std::vector<float>> Logits(const InspectReport& report) const {
    ThreadTeam team(1);
    const auto model = Model(BestIsa());
    Session session = *Session::Create(*model, team, {});
    std::vector<std::vector<float>> logits;
    for (int t = 0; t < report.positions_size(); ++t) {
      const absl::Span<float> row = session.Append({report.tokens(t).id()});
      logits.emplace_back(row.begin(), row.end());
    }
    return logits;
  }

  const TinyModel tiny_ = MakeTinyModel(kConfig, 4);
  const Weights weights_ = tiny_.weights();
  std::unique_ptr<Vocabulary> vocabulary_;
};

TEST_F(InspectTextTest, TheTextIsThatOfGenerate) {
  for (const SamplerOptions& sampler :
       {SamplerOptions{.temperature = 0}, SamplerOptions{.seed = 3},
        SamplerOptions{.temperature = 1.5f, .top_p = 1, .repetition_penalty = 1.3f, .seed = 8},
        SamplerOptions{.top_k = 20, .min_p = 0.01f, .seed = 9}}) {
    for (int64_t positions : {0, 12, 25, 1000}) {
      ThreadTeam team(1);
      const auto model = Model(BestIsa());
      Session session = *Session::Create(*model, team, {});
      Sampler by(sampler, model->kernels());
      std::string text;
      ASSERT_OK_AND_ASSIGN(
          const GenerationStats stats,
          Generate(Encoder(vocabulary_.get()).Encode(kPrompt, {.add_bos = true}),
                   {.positions = positions, .echo = true}, *vocabulary_, by, session,
                   [&](absl::string_view piece) {
                     text.append(piece.data(), piece.size());
                     return true;
                   }));
      ASSERT_OK_AND_ASSIGN(const InspectReport report,
                           Inspect({.sampler = sampler, .positions = positions}));
      EXPECT_EQ(report.text(), text);
      EXPECT_EQ(report.prompt_tokens(), stats.prompt_tokens);
      EXPECT_EQ(report.tokens_size(), report.positions_size() + 1);
    }
  }
}

TEST_F(InspectTextTest, ProbabilitiesAreTheModelsAndTheSamplers) {
  // With these settings the sampler's probabilities are the model's.
  ASSERT_OK_AND_ASSIGN(const InspectReport report, Inspect({.sampler = {.seed = 3}}));
  const Kernels kernels(BestIsa());
  const std::vector<std::vector<float>> logits = Logits(report);
  for (int t = 0; t < report.positions_size(); ++t) {
    const InspectedPosition& position = report.positions(t);
    std::vector<float> p = logits[t];
    kernels.Softmax(absl::MakeSpan(p));
    ASSERT_EQ(position.next_size(), 10);
    for (const Guess& guess : position.next()) {
      EXPECT_EQ(guess.probability(), p[guess.id()]);
    }
    EXPECT_EQ(position.next(0).id(), kernels.Argmax(p));
    EXPECT_EQ(position.taken().id(), report.tokens(t + 1).id());
    EXPECT_EQ(position.taken().probability(), p[position.taken().id()]);

    // The lens of the last layer is what the model says.
    ASSERT_EQ(position.stages_size(), kConfig.n_layers + 1);
    const ResidualStage& last = *position.stages().rbegin();
    for (int i = 0; i < last.lens_size(); ++i) {
      EXPECT_EQ(last.lens(i).id(), position.next(i).id());
      EXPECT_EQ(last.lens(i).probability(), position.next(i).probability());
    }
    EXPECT_EQ(position.has_choice(), t + 1 >= report.prompt_tokens());
    if (!position.has_choice()) continue;
    for (int i = 0; i < 10; ++i) {
      const SamplerChoice::Candidate& candidate = position.choice().candidates(i);
      EXPECT_EQ(candidate.id(), position.next(i).id());
      EXPECT_EQ(candidate.probability(), position.next(i).probability());
      EXPECT_EQ(candidate.logit(), logits[t][candidate.id()]);
    }
  }
}

TEST_F(InspectTextTest, AChoiceCanBeMadeAgainFromItsDescription) {
  for (const SamplerOptions& sampler :
       {SamplerOptions{.temperature = 1.5f, .seed = 3}, SamplerOptions{.top_p = 1, .seed = 4},
        SamplerOptions{.temperature = 0.5f, .top_k = 7, .repetition_penalty = 2, .seed = 5}}) {
    ASSERT_OK_AND_ASSIGN(const InspectReport report, Inspect({.sampler = sampler}));
    for (int t = report.prompt_tokens() - 1; t < report.positions_size(); ++t) {
      const SamplerChoice& choice = report.positions(t).choice();
      double walked = 0;
      int tokens = 0;
      bool found = false;
      for (const SamplerChoice::Stretch& stretch : choice.walk()) {
        if (stretch.id() == report.tokens(t + 1).id()) {
          EXPECT_GE(choice.target(), walked - 1e-6);
          EXPECT_LE(choice.target(), walked + stretch.probability() + 1e-6);
          found = true;
        }
        walked += stretch.probability();
        tokens += stretch.tokens();
      }
      EXPECT_TRUE(found);
      EXPECT_EQ(tokens, choice.kept());
      EXPECT_NEAR(walked, choice.kept_sum(), 1e-5);
      for (const SamplerChoice::Candidate& candidate : choice.candidates()) {
        EXPECT_EQ(candidate.scaled(), candidate.penalized() / sampler.temperature);
        EXPECT_NEAR(candidate.share(),
                    candidate.kept() ? candidate.probability() / choice.kept_sum() : 0, 1e-7);
      }
    }
  }
}

TEST_F(InspectTextTest, EveryHeadsRowsSumToOne) {
  ASSERT_OK_AND_ASSIGN(const InspectReport report, Inspect({.positions = 30}));
  ASSERT_EQ(report.attention_size(), kConfig.n_layers * kConfig.n_heads);
  const int64_t positions = report.positions_size();
  for (const AttentionMap& map : report.attention()) {
    std::vector<float> weights(positions * (positions + 1) / 2);
    ASSERT_EQ(map.weights().size(), weights.size() * sizeof(float));
    std::memcpy(weights.data(), map.weights().data(), map.weights().size());
    const float* weight = weights.data();
    for (int64_t q = 0; q < positions; ++q) {
      double sum = 0;
      for (int64_t k = 0; k <= q; ++k) sum += *weight++;
      EXPECT_NEAR(sum, 1, 1e-6);
    }
  }
}

// x grows by what the blocks add: its norm changes by no more than theirs.
TEST_F(InspectTextTest, NormsKeepToTheTriangleInequality) {
  ASSERT_OK_AND_ASSIGN(const InspectReport report, Inspect({}));
  for (const InspectedPosition& position : report.positions()) {
    for (int stage = 1; stage < position.stages_size(); ++stage) {
      const ResidualStage& s = position.stages(stage);
      EXPECT_GT(s.attention_norm(), 0);
      EXPECT_GT(s.feed_forward_norm(), 0);
      EXPECT_LE(std::fabs(s.norm() - position.stages(stage - 1).norm()),
                1e-5 + s.attention_norm() + s.feed_forward_norm());
    }
  }
}

TEST_F(InspectTextTest, ThreadsAndInstructionSetsDoNotMatter) {
  const InspectOptions options = {.sampler = {.seed = 3}, .positions = 20};
  const std::string expected = Inspect(options)->SerializeAsString();
  for (int threads : {2, 3}) {
    EXPECT_EQ(Inspect(options, threads)->SerializeAsString(), expected);
  }
  for (Isa isa : SupportedIsas()) {
    EXPECT_EQ(Inspect(options, 2, isa)->SerializeAsString(), expected);
  }
}

TEST_F(InspectTextTest, NamesAllTokensThatOccur) {
  ASSERT_OK_AND_ASSIGN(const InspectReport report, Inspect({.sampler = {.top_p = 1}}));
  const auto piece = [&](int id) {
    for (const VocabularyPiece& p : report.pieces()) {
      if (p.id() == id) return p;
    }
    ADD_FAILURE() << id;
    return VocabularyPiece();
  };
  EXPECT_EQ(piece(1).kind(), VocabularyPiece::CONTROL);
  // The Euro sign's bytes, of which the last brings the text.
  EXPECT_EQ(piece(3 + 0xE2).kind(), VocabularyPiece::BYTE);
  EXPECT_EQ(piece(3 + 0xE2).bytes(), "\xE2");
  EXPECT_EQ(piece(3 + 0xE2).text(), "<0xE2>");
  EXPECT_EQ(report.tokens(report.prompt_tokens() - 1).text(), "\xE2\x82\xAC");
  for (const InspectedPosition& position : report.positions()) {
    for (const Guess& guess : position.next()) piece(guess.id());
    for (const auto& stretch : position.choice().walk()) {
      if (stretch.has_id()) piece(stretch.id());
    }
    for (const ResidualStage& stage : position.stages()) {
      for (const Guess& guess : stage.lens()) piece(guess.id());
    }
  }
}

TEST_F(InspectTextTest, APromptThatIsTooLongIsRefused) {
  EXPECT_THAT(Inspect({.positions = 3}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("tokens, expected at most 3, the steps")));
}

TEST_F(InspectTextTest, ARecordThatIsTooLargeIsRefusedBeforeItIsMade) {
  Config config = kConfig;
  config.seq_len = kMaxConfigValue;
  const auto model = MakeFp32Transformer(config, weights_, Kernels(BestIsa()));
  ThreadTeam team(1);
  EXPECT_THAT(InspectText(kPrompt, *vocabulary_, *model, {.positions = 0}, team),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("steps: found 1048576, with which a record of 3 layers of 6 "
                                 "heads would have ")));
}

}  // namespace
}  // namespace llama2
