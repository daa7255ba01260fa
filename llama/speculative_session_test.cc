// That drafts change nothing but the speed.
#include "llama/speculative_session.h"

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/chat.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/draft_length.h"
#include "llama/drafter.h"
#include "llama/fp32.h"
#include "llama/generate.h"
#include "llama/int8.h"
#include "llama/model_drafter.h"
#include "llama/prompt_drafter.h"
#include "llama/self_drafter.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "llama/weights.h"
#include "sampling/sampler.h"
#include "sampling/stop_list.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

constexpr int kVocabulary = 300;
constexpr Config kConfig = {.dim = 16,
                            .hidden_dim = 20,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = kVocabulary,
                            .seq_len = 96};
constexpr char kPrompt[] = "once upon a time once upon";

// How a text is computed, which must not matter.
struct Way {
  int threads = 1;
  Isa isa = BestIsa();
  int64_t chunk = 64;
};

enum class Draft { kNone, kSelf, kInt8, kOther, kPerfect, kLookup };

struct Told {
  std::string text;
  absl::Status status;
  GenerationStats stats;
  int64_t position = 0;      // of the session, afterwards
  uint64_t coins_after = 0;  // the state of the sampler's generator
};

class SpeculativeSessionTest : public ::testing::Test {
 protected:
  std::unique_ptr<const Transformer> MakeModel(const TinyModel& model, Isa isa) const {
    return MakeFp32Transformer(model.config, model.weights(), Kernels(isa));
  }

  std::unique_ptr<const Transformer> MakeInt8Model(Isa isa) const {
    const CheckpointHeader header = {{CheckpointVersion::kV2, 4}, kConfig};
    return *MakeInt8Transformer(*ConvertCheckpoint("int8", header, tiny_.weights()),
                                Kernels(isa));
  }

  std::unique_ptr<Drafter> MakeDrafter(Draft draft, const Way& way, ThreadTeam& team,
                                       Session& session, const Sampler& sampler) const {
    const auto by = [&](std::unique_ptr<const Transformer> model) {
      return *ModelDrafter::Create(std::move(model), team, {.chunk = way.chunk}, sampler);
    };
    switch (draft) {
      case Draft::kNone:
        return nullptr;
      case Draft::kSelf:
        return *SelfDrafter::Create(MakeInt8Model(way.isa), session, team, sampler);
      case Draft::kInt8:
        return by(MakeInt8Model(way.isa));
      case Draft::kOther:
        return by(MakeModel(other_, way.isa));
      case Draft::kPerfect:
        return by(MakeModel(tiny_, way.isa));
      case Draft::kLookup:
        return std::make_unique<PromptDrafter>();
    }
    return nullptr;
  }

  // `length`: how many tokens are drafted at a time; -1 adapts.
  Told Generate(Draft draft, int length, const SamplerOptions& sampling,
                GenerationOptions options = {}, const Way& way = {},
                int calls = std::numeric_limits<int>::max()) const {
    ThreadTeam team(way.threads);
    const auto model = MakeModel(tiny_, way.isa);
    Session session = *Session::Create(*model, team, {.chunk = way.chunk});
    Sampler sampler(sampling, Kernels(way.isa));
    const auto drafter = MakeDrafter(draft, way, team, session, sampler);
    if (drafter != nullptr && length >= 0) drafter->length() = DraftLength::Fixed(length);
    options.drafter = drafter.get();
    Told told;
    const auto stats =
        llama2::Generate(encoder_.Encode(kPrompt, {.add_bos = true}), options, vocabulary_,
                         sampler, session, [&](absl::string_view text) {
                           absl::StrAppend(&told.text, text);
                           return --calls > 0;
                         });
    told.status = stats.status();
    if (stats.ok()) told.stats = *stats;
    told.position = session.position();
    told.coins_after = sampler.rng().state();
    return told;
  }

  static void ExpectSame(const Told& told, const Told& plain) {
    EXPECT_EQ(told.text, plain.text);
    EXPECT_EQ(told.status, plain.status);
    EXPECT_EQ(told.stats.prompt_tokens, plain.stats.prompt_tokens);
    EXPECT_EQ(told.stats.generated_tokens, plain.stats.generated_tokens);
    EXPECT_EQ(told.stats.reason, plain.stats.reason);
    EXPECT_EQ(told.position, plain.position);
    EXPECT_EQ(told.coins_after, plain.coins_after);
  }

  TinyModel tiny_ = MakeTinyModel(kConfig, 3);
  const TinyModel other_ = MakeTinyModel(kConfig, 4);
  const std::string vocabulary_bytes_ = TinyTokenizerBin(kVocabulary);
  const Vocabulary vocabulary_ = *Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(vocabulary_bytes_.data()),
                          vocabulary_bytes_.size()),
      "tiny", kVocabulary);
  const Encoder encoder_{&vocabulary_};
};

constexpr Draft kDrafts[] = {Draft::kSelf, Draft::kInt8, Draft::kOther, Draft::kPerfect,
                             Draft::kLookup};

TEST_F(SpeculativeSessionTest, TheTextIsThatOfPlainDecoding) {
  std::vector<SamplerOptions> samplings = {
      {.temperature = 0},
      {.temperature = 0, .repetition_penalty = 1.3f},
      {.temperature = 0.7f, .top_p = 0.9f, .seed = 5},
      {.temperature = 1, .top_k = 20, .min_p = 0.01f, .seed = 6},
      {.temperature = 1, .repetition_penalty = 1.2f, .repetition_window = 9, .seed = 7}};
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    samplings.push_back({.temperature = 1, .top_p = 1, .seed = seed});
  }
  for (size_t i = 0; i < samplings.size(); ++i) {
    const Told plain = Generate(Draft::kNone, 0, samplings[i]);
    EXPECT_FALSE(plain.stats.draft.has_value());
    for (Draft draft : kDrafts) {
      for (int length : {-1, 1, 2, 5, DraftLength::kMost}) {
        SCOPED_TRACE(absl::StrCat("sampling ", i, " draft ", static_cast<int>(draft),
                                  " length ", length));
        ExpectSame(Generate(draft, length, samplings[i]), plain);
      }
    }
  }
}

TEST_F(SpeculativeSessionTest, ThreadsInstructionSetsAndChunksDoNotMatter) {
  std::vector<Way> ways = {{.threads = 2}, {.chunk = 1}, {.chunk = 2}, {.chunk = 7}};
  for (Isa isa : SupportedIsas()) ways.push_back({.isa = isa});
  for (const SamplerOptions& sampling :
       {SamplerOptions{.temperature = 0}, {.temperature = 1, .seed = 3}}) {
    const Told plain = Generate(Draft::kNone, 0, sampling);
    for (size_t i = 0; i < ways.size(); ++i) {
      for (Draft draft : kDrafts) {
        SCOPED_TRACE(absl::StrCat("way ", i, " draft ", static_cast<int>(draft)));
        ExpectSame(Generate(draft, 4, sampling, {}, ways[i]), plain);
      }
    }
  }
}

// A perfect draft foretells tokens that the text is not allowed to have.
TEST_F(SpeculativeSessionTest, EndsWherePlainDecodingEnds) {
  const int64_t prompt = encoder_.Encode(kPrompt, {.add_bos = true}).size();
  for (const SamplerOptions& sampling :
       {SamplerOptions{.temperature = 0}, {.temperature = 1, .seed = 8}}) {
    for (int64_t positions = prompt - 1; positions <= prompt + 12; ++positions) {
      const GenerationOptions options = {.positions = positions, .echo = true};
      const Told plain = Generate(Draft::kNone, 0, sampling, options);
      for (Draft draft : kDrafts) {
        SCOPED_TRACE(absl::StrCat("positions ", positions, " draft ", int(draft)));
        ExpectSame(Generate(draft, 5, sampling, options), plain);
      }
    }
    for (int calls = 1; calls <= 8; ++calls) {
      const Told plain = Generate(Draft::kNone, 0, sampling, {}, {}, calls);
      ExpectSame(Generate(Draft::kPerfect, 5, sampling, {}, {}, calls), plain);
    }
  }
}

TEST_F(SpeculativeSessionTest, AStopStringMayComeInTheMiddleOfADraft) {
  const SamplerOptions sampling = {.temperature = 0};
  const std::string text = Generate(Draft::kNone, 0, sampling).text;
  for (size_t i = 0; i + 3 <= text.size() && i < 30; ++i) {
    ASSERT_OK_AND_ASSIGN(const StopList stops, StopList::Create({text.substr(i, 3)}));
    const Told plain = Generate(Draft::kNone, 0, sampling, {.stops = &stops});
    EXPECT_EQ(plain.stats.reason, StopReason::kStopString);
    for (Draft draft : kDrafts) {
      SCOPED_TRACE(absl::StrCat("at ", i, " draft ", static_cast<int>(draft)));
      ExpectSame(Generate(draft, 5, sampling, {.stops = &stops}), plain);
    }
  }
}

TEST_F(SpeculativeSessionTest, APerfectDraftIsAcceptedWhole) {
  for (float temperature : {0.0f, 1.0f}) {
    const Told told = Generate(Draft::kPerfect, 3, {.temperature = temperature, .seed = 2});
    ASSERT_TRUE(told.stats.draft.has_value());
    const DraftStats& draft = *told.stats.draft;
    // The last pass may end with the text.
    EXPECT_GE(draft.accepted, draft.drafted - 3);
    EXPECT_GE(draft.passes, told.stats.generated_tokens / 4 - 1);
    EXPECT_LE(draft.passes, told.stats.generated_tokens / 4 + 1);
  }
}

TEST_F(SpeculativeSessionTest, AnUnrelatedDraftIsHardlyEverAccepted) {
  const Told told = Generate(Draft::kOther, 3, {.temperature = 1, .top_p = 1, .seed = 2});
  ASSERT_TRUE(told.stats.draft.has_value());
  EXPECT_GT(told.stats.draft->passes, 20);
  EXPECT_LT(told.stats.draft->accepted, told.stats.draft->passes / 4);
}

TEST_F(SpeculativeSessionTest, ADraftThatIsNoNumberIsNoDraft) {
  TinyModel broken = MakeTinyModel(kConfig, 3);
  for (float& w : broken.storage.span()) w = std::numeric_limits<float>::quiet_NaN();
  ThreadTeam team(1);
  const auto model = MakeModel(tiny_, BestIsa());
  Session session = *Session::Create(*model, team, {});
  Sampler sampler({.temperature = 0}, Kernels(BestIsa()));
  ASSERT_OK_AND_ASSIGN(const auto drafter,
                       ModelDrafter::Create(MakeModel(broken, BestIsa()), team, {}, sampler));
  drafter->length() = DraftLength::Fixed(4);
  std::string text;
  ASSERT_OK_AND_ASSIGN(
      const GenerationStats stats,
      llama2::Generate(encoder_.Encode(kPrompt, {.add_bos = true}), {.drafter = drafter.get()},
                       vocabulary_, sampler, session, [&](absl::string_view piece) {
                         absl::StrAppend(&text, piece);
                         return true;
                       }));
  EXPECT_EQ(text, Generate(Draft::kNone, 0, {.temperature = 0}).text);
  EXPECT_EQ(stats.draft->drafted, 0);
}

// Whoever looks ahead may meet what plain decoding never would; and what it does meet it
// meets at the same position.
TEST_F(SpeculativeSessionTest, DamagedWeightsAreTheSameError) {
  const absl::Span<float> weights = tiny_.storage.span();
  int failures = 0;
  for (int token = 0; token < kVocabulary; ++token) {
    float& weight = weights[token * kConfig.dim];
    const float good = weight;
    // One that the shared classifier makes large, but finite, and infinite with it.
    weight = 3e38f;
    const Told plain = Generate(Draft::kNone, 0, {.temperature = 0}, {.positions = 40});
    failures += !plain.status.ok();
    if (token % 10 == 0 || !plain.status.ok()) {
      ExpectSame(Generate(Draft::kLookup, 4, {.temperature = 0}, {.positions = 40}), plain);
      ExpectSame(Generate(Draft::kPerfect, 4, {.temperature = 0}, {.positions = 40}), plain);
    }
    weight = good;
  }
  EXPECT_GT(failures, 0);
}

TEST_F(SpeculativeSessionTest, AConversationIsTheSame) {
  const auto converse = [&](Draft draft, uint64_t seed) {
    const Way way;
    ThreadTeam team(1);
    const auto model = MakeModel(tiny_, way.isa);
    Session session = *Session::Create(*model, team, {.capacity = 160, .chunk = 16});
    Sampler sampler({.temperature = 1, .seed = seed}, Kernels(way.isa));
    const auto drafter = MakeDrafter(draft, way, team, session, sampler);
    if (drafter != nullptr) drafter->length() = DraftLength::Fixed(3);
    const StopList stops = *StopList::Create({"e", "a"});
    Chat chat(&vocabulary_, &sampler, &session, {.stops = &stops, .drafter = drafter.get()});
    std::string log;
    for (const char* message : {"hello", "who are you", "hello", "bye"}) {
      const auto stats = chat.Say(message, [&](absl::string_view text) {
        absl::StrAppend(&log, text);
        return true;
      });
      absl::StrAppend(&log, "\n", stats.ok() ? "" : stats.status().ToString(), " at ",
                      session.position(), "\n");
    }
    return log;
  };
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const std::string plain = converse(Draft::kNone, seed);
    EXPECT_THAT(plain, HasSubstr("\n at "));
    for (Draft draft : kDrafts) EXPECT_EQ(converse(draft, seed), plain) << int(draft);
  }
}

// In between a caller sees a session that has read what it was given, and nothing more.
TEST_F(SpeculativeSessionTest, LogitsAndPositionsAreTheSessions) {
  ThreadTeam team(1);
  const auto model = MakeModel(tiny_, BestIsa());
  Session plain = *Session::Create(*model, team, {});
  Session session = *Session::Create(*model, team, {});
  const Sampler sampler({.temperature = 0}, Kernels(BestIsa()));
  PromptDrafter drafter;
  drafter.length() = DraftLength::Fixed(4);
  {
    SpeculativeSession ahead(
        &session, {.limit = session.capacity(), .drafter = &drafter, .sampler = &sampler});
    ahead.Feed({1, 5, 6, 7});
    plain.Feed({1, 5, 6, 7});
    for (int token : {5, 6, 7, 5, 6, 9, 9, 9, 9}) {
      EXPECT_THAT(ahead.Append({token}), BitsEqual(plain.Append({token})));
      EXPECT_EQ(ahead.position(), plain.position());
    }
    EXPECT_EQ(ahead.stats().accepted, 6);
    EXPECT_GT(session.position(), plain.position());
  }
  EXPECT_EQ(session.position(), plain.position());
}

}  // namespace
}  // namespace llama2
