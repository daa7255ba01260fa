#include "llama/generate.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"
#include "llama/chat.h"
#include "llama/fp32.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/decoder.h"
#include "tokenizer/encoder.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

constexpr int kVocabulary = 300;
constexpr Config kConfig = {.dim = 16,
                            .hidden_dim = 20,
                            .n_layers = 1,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = kVocabulary,
                            .seq_len = 64};

Vocabulary MakeVocabulary() {
  const std::string bytes = TinyTokenizerBin(kVocabulary);
  return *Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), "tiny",
      kVocabulary);
}

// A model, whose weights a test may change before it makes the transformer.
class GenerateTest : public ::testing::Test {
 protected:
  struct Run {
    std::string text;
    int calls = 0;
    absl::StatusOr<GenerationStats> stats;
  };

  // Makes whatever stands before it be followed by `token`: with every embedding and
  // every hidden state the same, the classifier's row decides.
  void AlwaysSay(int token) {
    tiny_.config.shared_classifier = false;
    MakeSeparateClassifier();
    for (int64_t v = 0; v < kVocabulary; ++v) {
      for (float& w : MutableRow(classifier_, v)) w = 0;
      for (float& w : MutableRow(embedding_, v)) w = 1;
    }
    for (LayerWeights& layer : weights_.layers) {
      for (int64_t i = 0; i < layer.wo.rows(); ++i) Zero(layer.wo.Row(i));
      for (int64_t i = 0; i < layer.w2.rows(); ++i) Zero(layer.w2.Row(i));
    }
    for (float& w : MutableRow(classifier_, token)) w = 1;
  }

  void MakeSeparateClassifier() {
    embedding_.assign(kVocabulary * kConfig.dim, 0);
    classifier_.assign(kVocabulary * kConfig.dim, 0);
    weights_.token_embedding =
        MatrixView<const float>(embedding_.data(), kVocabulary, kConfig.dim);
    weights_.classifier = MatrixView<const float>(classifier_.data(), kVocabulary, kConfig.dim);
  }

  static absl::Span<float> MutableRow(std::vector<float>& matrix, int64_t row) {
    return absl::MakeSpan(matrix).subspan(row * kConfig.dim, kConfig.dim);
  }
  static void Zero(absl::Span<const float> row) {
    for (const float& w : row) const_cast<float&>(w) = 0;
  }

  Session& NewSession(int64_t chunk = 64) {
    model_ = MakeFp32Transformer(tiny_.config, weights_, Kernels(BestIsa()));
    session_ = std::make_unique<Session>(*Session::Create(*model_, team_, {.chunk = chunk}));
    return *session_;
  }

  Run Generate(const std::string& prompt, GenerationOptions options, SamplerOptions sampling,
               int stop_after = -1) {
    Sampler sampler(sampling, Kernels(BestIsa()));
    const std::vector<int> tokens = encoder_.Encode(prompt, {.add_bos = true});
    Run run;
    run.stats = llama2::Generate(tokens, options, vocabulary_, sampler, *session_,
                                 [&](absl::string_view text) {
                                   absl::StrAppend(&run.text, text);
                                   return ++run.calls != stop_after;
                                 });
    return run;
  }

  TinyModel tiny_ = MakeTinyModel(kConfig, 3);
  Weights weights_ = tiny_.weights();
  std::vector<float> embedding_, classifier_;
  std::unique_ptr<const Transformer> model_;
  ThreadTeam team_{1};
  std::unique_ptr<Session> session_;
  const Vocabulary vocabulary_ = MakeVocabulary();
  const Encoder encoder_{&vocabulary_};
};

TEST_F(GenerateTest, EchoesThePromptAndGoesOn) {
  AlwaysSay(*vocabulary_.Find("b"));
  NewSession();
  const Run run = Generate("a day", {.positions = 10, .echo = true}, {.temperature = 0});
  ASSERT_THAT(run.stats, IsOk());
  const int prompt = encoder_.Encode("a day", {.add_bos = true}).size();
  EXPECT_EQ(run.text, "a day" + std::string(11 - prompt, 'b'));
  EXPECT_EQ(run.stats->prompt_tokens, prompt);
  EXPECT_EQ(run.stats->generated_tokens, 11 - prompt);
  EXPECT_EQ(run.stats->reason, StopReason::kLength);
  EXPECT_EQ(session_->position(), 10);
  EXPECT_GT(run.stats->prefill_rate(), 0);
  EXPECT_GT(run.stats->decode_rate(), 0);
  EXPECT_GE(run.stats->first_token_seconds, run.stats->prefill_seconds);
}

TEST_F(GenerateTest, WithoutEchoOnlyWhatIsNewIsGivenOut) {
  AlwaysSay(*vocabulary_.Find("b"));
  NewSession();
  const Run run = Generate("a day", {.positions = 0}, {.temperature = 0});
  const int prompt = encoder_.Encode("a day", {.add_bos = true}).size();
  EXPECT_EQ(run.text, std::string(kConfig.seq_len + 1 - prompt, 'b'));
}

// llama2.c shows n tokens after BOS for -n n, be they the prompt's or generated.
TEST_F(GenerateTest, PositionsCountAsLlama2cCountsThem) {
  AlwaysSay(*vocabulary_.Find("b"));
  const std::string prompt = "a day";
  const std::vector<int> tokens = encoder_.Encode(prompt, {.add_bos = true});
  for (int64_t positions = 1; positions <= 12; ++positions) {
    Decoder decoder(&vocabulary_);
    std::string expected;
    for (int64_t i = 0; i <= positions; ++i) {
      expected += i < static_cast<int64_t>(tokens.size()) ? decoder.Decode(tokens[i]) : "b";
    }
    NewSession(/*chunk=*/2);
    const Run run =
        Generate(prompt, {.positions = positions, .echo = true}, {.temperature = 0});
    EXPECT_EQ(run.text, expected) << positions;
    EXPECT_EQ(run.stats->reason, StopReason::kLength);
    // A prompt that does not fit is shown, but no rate is made up for it.
    const bool fits = static_cast<int64_t>(tokens.size()) <= positions;
    EXPECT_EQ(run.stats->prefill_rate() > 0, fits) << positions;
  }
}

TEST_F(GenerateTest, BosAndEosEndTheTextAndAreNotPartOfIt) {
  AlwaysSay(Vocabulary::bos_id());
  NewSession();
  Run run = Generate("a", {}, {.temperature = 0});
  EXPECT_EQ(run.text, "");
  EXPECT_EQ(run.stats->reason, StopReason::kBos);
  EXPECT_EQ(run.stats->generated_tokens, 0);
  AlwaysSay(Vocabulary::eos_id());
  NewSession();
  run = Generate("a", {}, {.temperature = 0});
  EXPECT_EQ(run.text, "");
  EXPECT_EQ(run.stats->reason, StopReason::kEos);
}

TEST_F(GenerateTest, StopStringsEndTheTextBeforeThem) {
  AlwaysSay(*vocabulary_.Find("b"));
  NewSession();
  ASSERT_OK_AND_ASSIGN(const StopList stops, StopList::Create({"bbbb"}));
  // The prompt's own "bbbb" does not count.
  const Run run = Generate("bbbbb a", {.echo = true, .stops = &stops}, {.temperature = 0});
  EXPECT_EQ(run.text, "bbbbb a");
  EXPECT_EQ(run.stats->reason, StopReason::kStopString);
  EXPECT_EQ(run.stats->generated_tokens, 4);
}

TEST_F(GenerateTest, WhatIsHeldBackComesAtTheEnd) {
  AlwaysSay(*vocabulary_.Find("b"));
  NewSession();
  ASSERT_OK_AND_ASSIGN(const StopList stops, StopList::Create({std::string(99, 'b')}));
  const Run run = Generate("a", {.positions = 8, .stops = &stops}, {.temperature = 0});
  EXPECT_EQ(run.text.size(), static_cast<size_t>(run.stats->generated_tokens));
  // Half a character: a byte that begins one and never ends.
  AlwaysSay(3 + 0xF0);
  NewSession();
  EXPECT_EQ(Generate("a", {.positions = 2}, {.temperature = 0}).text, "\uFFFD");
}

TEST_F(GenerateTest, TheCallerMayEndIt) {
  AlwaysSay(*vocabulary_.Find("b"));
  NewSession();
  const Run run = Generate("a", {}, {.temperature = 0}, /*stop_after=*/4);
  // One call is for the prompt.
  EXPECT_EQ(run.text, "bbb");
  EXPECT_EQ(run.calls, 4);
  EXPECT_EQ(run.stats->reason, StopReason::kCaller);
  EXPECT_EQ(run.stats->generated_tokens, 3);
}

TEST_F(GenerateTest, TheCallerMayEndALongPrompt) {
  NewSession(/*chunk=*/4);
  const Run run = Generate(std::string(40, 'a'), {}, {.temperature = 0}, /*stop_after=*/2);
  EXPECT_EQ(run.stats->reason, StopReason::kCaller);
  EXPECT_EQ(run.stats->generated_tokens, 0);
  EXPECT_EQ(session_->position(), 4);
}

TEST_F(GenerateTest, SameSeedSameText) {
  const auto text = [&](uint64_t seed, int64_t chunk) {
    NewSession(chunk);
    return Generate("once upon a time", {.positions = 40}, {.temperature = 1, .seed = seed})
        .text;
  };
  EXPECT_EQ(text(5, 64), text(5, 64));
  EXPECT_EQ(text(5, 64), text(5, 3));
  EXPECT_NE(text(5, 64), text(6, 64));
}

TEST_F(GenerateTest, DamagedWeightsAreAnError) {
  MakeSeparateClassifier();
  MutableRow(classifier_, 17)[3] = std::numeric_limits<float>::quiet_NaN();
  for (float temperature : {0.0f, 1.0f}) {
    NewSession();
    EXPECT_THAT(Generate("a", {}, {.temperature = temperature}).stats,
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("position")));
  }
}

TEST(ChatTurn, IsTheFormatOfLlama2) {
  EXPECT_EQ(ChatTurn("", "Hi"), "[INST] Hi [/INST]");
  EXPECT_EQ(ChatTurn("Be kind.", "Hi"), "[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST]");
}

class ChatTest : public GenerateTest {
 protected:
  absl::StatusOr<std::string> Say(Chat& chat, absl::string_view message) {
    std::string text;
    const auto stats = chat.Say(message, [&](absl::string_view piece) {
      absl::StrAppend(&text, piece);
      return true;
    });
    if (!stats.ok()) return stats.status();
    reason_ = stats->reason;
    return text;
  }

  // The tokens that a turn adds to the session.
  int64_t Tokens(absl::string_view system, absl::string_view message) const {
    return encoder_.Encode(ChatTurn(system, message), {.add_bos = true}).size();
  }

  StopReason reason_ = StopReason::kCaller;
};

TEST_F(ChatTest, EachTurnIsBosMessageAnswerEos) {
  AlwaysSay(Vocabulary::eos_id());
  Session& session = NewSession();
  Sampler sampler({.temperature = 1, .top_p = 0.1f, .seed = 4}, Kernels(BestIsa()));
  Chat chat(&vocabulary_, &sampler, &session, {.system_prompt = "s"});
  EXPECT_THAT(Say(chat, "a"), IsOkAndHolds(std::string()));
  EXPECT_EQ(reason_, StopReason::kEos);
  EXPECT_EQ(session.position(), Tokens("s", "a"));
  EXPECT_THAT(Say(chat, "b"), IsOkAndHolds(std::string()));
  // The system prompt is not said again; the EOS of the first answer is there now.
  EXPECT_EQ(session.position(), Tokens("s", "a") + 1 + Tokens("", "b"));
  // One coin for each sampled token, and none for the prompts'.
  Rng rng(4);
  rng.NextFloat();
  rng.NextFloat();
  EXPECT_EQ(sampler.rng().state(), rng.state());
}

TEST_F(ChatTest, AFullContextIsSaid) {
  AlwaysSay(*vocabulary_.Find("b"));
  Session& session = NewSession();
  Sampler sampler({.temperature = 0}, Kernels(BestIsa()));
  Chat chat(&vocabulary_, &sampler, &session, {.positions = 30});
  EXPECT_EQ(chat.positions_left(), 30);
  // Longer than any buffer of llama2.c's, and than the context.
  EXPECT_THAT(Say(chat, std::string(2000, 'x')),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("only 30 are left")));
  EXPECT_EQ(session.position(), 0);
  ASSERT_OK_AND_ASSIGN(const std::string answer, Say(chat, "a"));
  EXPECT_EQ(reason_, StopReason::kLength);
  EXPECT_EQ(answer, std::string(31 - Tokens("", "a"), 'b'));
  EXPECT_EQ(chat.positions_left(), 0);
  EXPECT_THAT(Say(chat, "a"), StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace llama2
