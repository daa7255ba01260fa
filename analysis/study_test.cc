#include "analysis/study.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/encoder.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Config kConfig = {.dim = 16,
                            .hidden_dim = 20,
                            .n_layers = 1,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 300,
                            .seq_len = 48};

Vocabulary MakeVocabulary() {
  const std::string bytes = TinyTokenizerBin(kConfig.vocab_size);
  return *Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), "tiny",
      kConfig.vocab_size);
}

class StudyTest : public ::testing::Test {
 protected:
  absl::StatusOr<StudyReport> Study(const StudyPlan& plan, int threads = 1) const {
    return RunStudy(plan, {{"tiny", model_.get()}}, vocabulary_, threads,
                    [](int64_t, int64_t) { return true; });
  }

  // What `run` prints, but for the prompt.
  std::string RunText(const std::string& prompt, const SamplerOptions& sampling,
                      int64_t steps) const {
    ThreadTeam team(1);
    Session session = *Session::Create(*model_, team, {});
    Sampler sampler(sampling, model_->kernels());
    std::string text;
    EXPECT_THAT(Generate(Encoder(&vocabulary_).Encode(prompt, {.add_bos = true}),
                         {.positions = steps}, vocabulary_, sampler, session,
                         [&](absl::string_view piece) {
                           absl::StrAppend(&text, piece);
                           return true;
                         }),
                IsOk());
    return text;
  }

  const TinyModel tiny_ = MakeTinyModel(kConfig, 3);
  const TinyModel other_tiny_ = MakeTinyModel(kConfig, 4);
  const std::unique_ptr<const Transformer> model_ =
      MakeFp32Transformer(kConfig, tiny_.weights(), Kernels(BestIsa()));
  const std::unique_ptr<const Transformer> other_model_ =
      MakeFp32Transformer(kConfig, other_tiny_.weights(), Kernels(BestIsa()));
  const Vocabulary vocabulary_ = MakeVocabulary();
};

StudyPlan SmallPlan() {
  return {.prompts = {{"rain", "the rain"}, {"nothing", ""}},
          .temperatures = {0, 1, 1.5f},
          .top_ps = {0.5f, 1},
          .seeds = {1, 2, 9},
          .steps = 30};
}

TEST_F(StudyTest, HasACellForEverythingAndASampleForEachSeed) {
  const StudyPlan plan = SmallPlan();
  ASSERT_OK_AND_ASSIGN(const StudyReport report, Study(plan));
  ASSERT_EQ(report.cells_size(), 2 * 3 * 2);
  int index = 0;
  for (const StudyPlan::Prompt& prompt : plan.prompts) {
    for (const float temperature : plan.temperatures) {
      for (const float top_p : plan.top_ps) {
        const StudyCell& cell = report.cells(index++);
        EXPECT_EQ(cell.model(), "tiny");
        EXPECT_EQ(cell.prompt(), prompt.label);
        EXPECT_EQ(cell.temperature(), temperature);
        EXPECT_EQ(cell.top_p(), top_p);
        ASSERT_EQ(cell.samples_size(), 3);
        for (int i = 0; i < 3; ++i) EXPECT_EQ(cell.samples(i).seed(), plan.seeds[i]);
      }
    }
  }
}

TEST_F(StudyTest, ASampleIsTheTextOfARun) {
  const StudyPlan plan = SmallPlan();
  ASSERT_OK_AND_ASSIGN(const StudyReport report, Study(plan));
  for (const StudyCell& cell : report.cells()) {
    const std::string prompt = cell.prompt() == "rain" ? "the rain" : "";
    for (const StudySample& sample : cell.samples()) {
      EXPECT_EQ(sample.text(), RunText(prompt,
                                       {.temperature = cell.temperature(),
                                        .top_p = cell.top_p(),
                                        .seed = sample.seed()},
                                       plan.steps));
    }
  }
}

TEST_F(StudyTest, IsTheSameForAnyNumberOfThreads) {
  ASSERT_OK_AND_ASSIGN(const StudyReport expected, Study(SmallPlan(), 1));
  for (const int threads : {2, 3, 40}) {
    ASSERT_OK_AND_ASSIGN(const StudyReport report, Study(SmallPlan(), threads));
    EXPECT_EQ(report.SerializeAsString(), expected.SerializeAsString()) << threads;
  }
}

TEST_F(StudyTest, MeansAreThoseOfTheSamples) {
  StudyPlan plan = SmallPlan();
  plan.temperatures = {1};
  plan.top_ps = {1};
  ASSERT_OK_AND_ASSIGN(const StudyReport report, Study(plan));
  const StudyCell& cell = report.cells(0);
  double sum = 0, squares = 0;
  for (const StudySample& sample : cell.samples()) {
    sum += sample.log_likelihood();
    squares += sample.log_likelihood() * sample.log_likelihood();
  }
  EXPECT_EQ(cell.log_likelihood().count(), 3);
  EXPECT_NEAR(cell.log_likelihood().mean(), sum / 3, 1e-12);
  EXPECT_NEAR(cell.log_likelihood().standard_error(),
              std::sqrt((squares - sum * sum / 3) / 2 / 3), 1e-9);
  EXPECT_LT(cell.log_likelihood().mean(), 0);
  EXPECT_FALSE(cell.has_agreement());
}

TEST_F(StudyTest, OfOneSeedThereIsNoError) {
  StudyPlan plan = SmallPlan();
  plan.seeds = {5};
  ASSERT_OK_AND_ASSIGN(const StudyReport report, Study(plan));
  EXPECT_TRUE(report.cells(0).tokens().has_mean());
  EXPECT_FALSE(report.cells(0).tokens().has_standard_error());
  EXPECT_EQ(report.cells(0).picked(), 0);
}

TEST_F(StudyTest, ThePickedSampleHasTheMedianLogLikelihood) {
  ASSERT_OK_AND_ASSIGN(const StudyReport report, Study(SmallPlan()));
  for (const StudyCell& cell : report.cells()) {
    const double picked = cell.samples(cell.picked()).log_likelihood();
    int below = 0, above = 0;
    for (const StudySample& sample : cell.samples()) {
      below += sample.log_likelihood() < picked;
      above += sample.log_likelihood() > picked;
    }
    EXPECT_LE(below, 1);
    EXPECT_LE(above, 1);
  }
}

TEST_F(StudyTest, StopStringsEndATextByItself) {
  StudyPlan plan = SmallPlan();
  plan.prompts = {{"rain", "the rain"}};
  plan.temperatures = {0};
  plan.top_ps = {1};
  ASSERT_OK_AND_ASSIGN(const StudyReport whole, Study(plan));
  const std::string text = whole.cells(0).samples(0).text();
  ASSERT_GT(text.size(), 5u);
  plan.stops = {text.substr(3, 2)};
  ASSERT_OK_AND_ASSIGN(const StudyReport cut, Study(plan));
  EXPECT_EQ(cut.cells(0).samples(0).text(), text.substr(0, text.find(plan.stops[0])));
  EXPECT_EQ(cut.cells(0).ended().mean(), 1);
}

TEST_F(StudyTest, ComparesModelsWithTheFirst) {
  StudyPlan plan = SmallPlan();
  const auto go_on = [](int64_t, int64_t) { return true; };
  ASSERT_OK_AND_ASSIGN(
      const StudyReport report,
      RunStudy(plan,
               {{"one", model_.get()}, {"same", model_.get()}, {"other", other_model_.get()}},
               vocabulary_, 2, go_on));
  ASSERT_EQ(report.cells_size(), 3 * 12);
  EXPECT_FALSE(report.cells(0).has_agreement());
  for (int i = 12; i < 24; ++i) {
    EXPECT_EQ(report.cells(i).model(), "same");
    EXPECT_THAT(report.cells(i).agreement().mean(), DoubleNear(1, 0));
  }
  EXPECT_EQ(report.cells(24).model(), "other");
  EXPECT_LT(report.cells(24).agreement().mean(), 0.5);
}

TEST_F(StudyTest, ProgressCountsAndMayEndIt) {
  int64_t last = 0;
  const auto watch = [&](int64_t done, int64_t total) {
    EXPECT_EQ(total, 36);
    EXPECT_GE(done, last);
    EXPECT_LT(done, total);
    last = done;
    return true;
  };
  EXPECT_THAT(RunStudy(SmallPlan(), {{"tiny", model_.get()}}, vocabulary_, 1, watch), IsOk());
  EXPECT_EQ(last, 35);
  for (const int threads : {1, 3}) {
    // One thread comes between the tokens of a text. Of three the caller's may be the slowest.
    int calls = 0;
    const int last_call = threads == 1 ? 40 : 1;
    const auto end = [&](int64_t, int64_t) { return ++calls < last_call; };
    EXPECT_TRUE(absl::IsCancelled(
        RunStudy(SmallPlan(), {{"tiny", model_.get()}}, vocabulary_, threads, end).status()));
    EXPECT_EQ(calls, last_call);
  }
}

TEST_F(StudyTest, AStudyOfNothingIsAnError) {
  const auto error = [this](void (*change)(StudyPlan&)) {
    StudyPlan plan = SmallPlan();
    change(plan);
    return Study(plan).status();
  };
  using absl::StatusCode;
  EXPECT_THAT(error([](StudyPlan& plan) { plan.prompts.clear(); }),
              StatusIs(StatusCode::kInvalidArgument, StartsWith("prompt: found none")));
  EXPECT_THAT(error([](StudyPlan& plan) { plan.temperatures.clear(); }),
              StatusIs(StatusCode::kInvalidArgument, StartsWith("temperature: found none")));
  EXPECT_THAT(error([](StudyPlan& plan) { plan.top_ps.clear(); }),
              StatusIs(StatusCode::kInvalidArgument, StartsWith("top_p: found none")));
  EXPECT_THAT(error([](StudyPlan& plan) { plan.seeds.clear(); }),
              StatusIs(StatusCode::kInvalidArgument, StartsWith("seed: found none")));
  EXPECT_THAT(
      RunStudy(SmallPlan(), {}, vocabulary_, 1, [](int64_t, int64_t) { return true; }).status(),
      StatusIs(StatusCode::kInvalidArgument, StartsWith("model: found none")));
}

TEST_F(StudyTest, WhatCannotBeSampledIsAnError) {
  StudyPlan plan = SmallPlan();
  plan.seeds.resize(10000);
  EXPECT_THAT(Study(plan).status(), StatusIs(absl::StatusCode::kInvalidArgument,
                                             HasSubstr("expected at most 100000")));
  plan = SmallPlan();
  plan.temperatures = {std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THAT(Study(plan).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("temperature")));
  plan = SmallPlan();
  plan.top_ps = {1.5f};
  EXPECT_THAT(Study(plan).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("top_p")));
  plan = SmallPlan();
  plan.prompts = {{"long", std::string(500, 'x')}};
  EXPECT_THAT(Study(plan).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(StartsWith("prompt: found "),
                             HasSubstr("in \"long\", expected at most 30, for which tiny"))));
  plan = SmallPlan();
  plan.stops = {""};
  EXPECT_FALSE(Study(plan).ok());
}

}  // namespace
}  // namespace llama2
