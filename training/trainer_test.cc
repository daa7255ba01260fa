#include "training/trainer.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/vocabulary.h"
#include "training/batch_gradient.h"
#include "training/dataset.h"
#include "training/learning_rate.h"
#include "training/shard.h"
#include "training/training_state.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kVocabSize = 270;

constexpr TrainerOptions kOptions = {
    .model = {.dim = 16,
              .hidden_dim = 24,
              .n_layers = 2,
              .n_heads = 2,
              .n_kv_heads = 1,
              .vocab_size = kVocabSize,
              .seq_len = 12},
    .batch_size = 6,
    .batch_shards = 4,
    .dropout = 0.1,
    .learning_rate = {.peak = 1e-2, .minimum = 1e-3, .warmup_steps = 4, .decay_steps = 20},
};

// Stories that count on and on, in eight tokens.
Dataset MakeDataset(const TestFolder& folder, int64_t window) {
  const std::string bytes = TinyTokenizerBin(kVocabSize);
  auto vocabulary = Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      "tiny");
  EXPECT_THAT(vocabulary, IsOk());
  auto writer = ShardWriter::Create(folder.Path("shard"), *vocabulary, 0);
  EXPECT_THAT(writer, IsOk());
  for (int story = 0; story < 40; ++story) {
    std::vector<int> ids = {Vocabulary::bos_id()};
    for (int i = 0; i < 30; ++i) ids.push_back(260 + (story + i) % 8);
    EXPECT_THAT(writer->Append(ids), IsOk());
  }
  EXPECT_THAT(writer->Commit(), IsOk());
  std::vector<Shard> shards;
  shards.push_back(*Shard::Open(folder.Path("shard"), *vocabulary));
  return *Dataset::Split(std::move(shards), 0.2, window);
}

class TrainerTest : public ::testing::Test {
 protected:
  Trainer MakeTrainer(const TrainerOptions& options = kOptions, int threads = 1,
                      Isa isa = BestIsa()) {
    auto trainer = Trainer::Create(options, &dataset_, threads, isa);
    EXPECT_THAT(trainer, IsOk());
    return *std::move(trainer);
  }

  const TestFolder folder_;
  const Dataset dataset_ = MakeDataset(folder_, kOptions.model.seq_len + 1);
};

void Advance(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) ASSERT_THAT(trainer.Step(), IsOk());
}

void ExpectSameState(const Trainer& a, const Trainer& b) {
  EXPECT_EQ(a.state().step, b.state().step);
  EXPECT_THAT(a.state().parameters.span(), BitsEqual(b.state().parameters.span()));
  EXPECT_THAT(a.state().first_moment.span(), BitsEqual(b.state().first_moment.span()));
  EXPECT_THAT(a.state().second_moment.span(), BitsEqual(b.state().second_moment.span()));
}

TEST_F(TrainerTest, Learns) {
  Trainer trainer = MakeTrainer();
  const double before = trainer.ValidationLoss(8);
  EXPECT_NEAR(before, std::log(kVocabSize), 0.1);
  Advance(trainer, 60);
  EXPECT_LT(trainer.ValidationLoss(8), 0.5 * before);
}

TEST_F(TrainerTest, TheWeightsAreTheSameOnAnyNumberOfThreadsAndAnyIsa) {
  Trainer one = MakeTrainer();
  Advance(one, 5);
  for (const int threads : {2, 3}) {
    Trainer other = MakeTrainer(kOptions, threads);
    Advance(other, 5);
    ExpectSameState(one, other);
  }
  for (const Isa isa : SupportedIsas()) {
    Trainer other = MakeTrainer(kOptions, 1, isa);
    Advance(other, 5);
    ExpectSameState(one, other);
  }
}

TEST_F(TrainerTest, AResumedRunIsTheUninterruptedOne) {
  Trainer uninterrupted = MakeTrainer();
  Trainer killed = MakeTrainer();
  Advance(uninterrupted, 9);
  Advance(killed, 4);
  ASSERT_THAT(WriteTrainingState(killed.state(), folder_.Path("state")), IsOk());
  Advance(killed, 2);  // in vain

  ASSERT_OK_AND_ASSIGN(TrainingState state, ReadTrainingState(folder_.Path("state")));
  Trainer resumed = MakeTrainer();
  ASSERT_THAT(resumed.Resume(std::move(state)), IsOk());
  Advance(resumed, 5);
  ExpectSameState(resumed, uninterrupted);
}

TEST_F(TrainerTest, EveryOptionThatDecidesTheWeightsIsAskedFor) {
  const auto resume_with = [&](const TrainerOptions& options) {
    Trainer first = MakeTrainer();
    EXPECT_THAT(WriteTrainingState(first.state(), folder_.Path("state")), IsOk());
    TrainingState state = *ReadTrainingState(folder_.Path("state"));
    return MakeTrainer(options, 2).Resume(std::move(state));
  };
  EXPECT_THAT(resume_with(kOptions), IsOk());
  const auto expect_refused = [&](const char* field, auto change) {
    TrainerOptions options = kOptions;
    change(options);
    EXPECT_THAT(resume_with(options), StatusIs(absl::StatusCode::kFailedPrecondition,
                                               StartsWith(std::string(field) + ": found ")));
  };
  using O = TrainerOptions;
  expect_refused("dim", [](O& o) { o.model.dim = 20; });
  expect_refused("hidden_dim", [](O& o) { o.model.hidden_dim = 25; });
  expect_refused("n_layers", [](O& o) { o.model.n_layers = 3; });
  expect_refused("n_heads", [](O& o) { o.model.n_heads = 4; });
  expect_refused("n_kv_heads", [](O& o) { o.model.n_kv_heads = 2; });
  expect_refused("vocab_size", [](O& o) { o.model.vocab_size = 271; });
  expect_refused("seq_len", [](O& o) { o.model.seq_len = 11; });
  expect_refused("shared_classifier", [](O& o) { o.model.shared_classifier = false; });
  expect_refused("batch_size * gradient_accumulation_steps", [](O& o) { o.batch_size = 7; });
  expect_refused("batch_shards", [](O& o) { o.batch_shards = 3; });
  expect_refused("dropout", [](O& o) { o.dropout = 0; });
  expect_refused("learning_rate", [](O& o) { o.learning_rate.peak = 2e-2; });
  expect_refused("min_learning_rate", [](O& o) { o.learning_rate.minimum = 2e-3; });
  expect_refused("warmup_steps", [](O& o) { o.learning_rate.warmup_steps = 5; });
  expect_refused("decay_steps", [](O& o) { o.learning_rate.decay_steps = 21; });
  expect_refused("beta1", [](O& o) { o.adamw.beta1 = 0.8; });
  expect_refused("beta2", [](O& o) { o.adamw.beta2 = 0.9; });
  expect_refused("epsilon", [](O& o) { o.adamw.epsilon = 1e-6; });
  expect_refused("weight_decay", [](O& o) { o.adamw.weight_decay = 0; });
  expect_refused("grad_clip", [](O& o) { o.gradient_clip = 2; });
  expect_refused("seed", [](O& o) { o.seed = 2; });
}

TEST_F(TrainerTest, OtherDataIsRefused) {
  Trainer trainer = MakeTrainer();
  TrainingState state;
  state.settings = SettingsOf(kOptions, dataset_);
  EXPECT_EQ(trainer.state().settings, state.settings);
  state.settings[0].value = "0";
  EXPECT_THAT(trainer.Resume(std::move(state)),
              StatusIs(absl::StatusCode::kFailedPrecondition, StartsWith("data: found 0, ")));
}

TEST_F(TrainerTest, AStateOfAnotherSizeIsRefused) {
  Trainer trainer = MakeTrainer();
  TrainingState state;
  state.settings = trainer.state().settings;
  EXPECT_THAT(trainer.Resume(std::move(state)),
              StatusIs(absl::StatusCode::kFailedPrecondition, StartsWith("parameters: ")));
}

// Adam does not mind the size of gradients, but the moments show what was clipped.
TEST_F(TrainerTest, ClipsTheGradientToTheNorm) {
  TrainerOptions options = kOptions;
  options.gradient_clip = 0;
  Trainer unclipped = MakeTrainer(options);
  ASSERT_OK_AND_ASSIGN(const StepResult free, unclipped.Step());
  options.gradient_clip = free.gradient_norm / 2;
  Trainer clipped = MakeTrainer(options);
  ASSERT_OK_AND_ASSIGN(const StepResult bound, clipped.Step());
  EXPECT_EQ(bound.gradient_norm, free.gradient_norm);
  const auto a = unclipped.state().first_moment.span();
  const auto b = clipped.state().first_moment.span();
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(b[i], a[i] / 2, 1e-6 * std::abs(a[i]));
}

TEST_F(TrainerTest, TellsOfEachStep) {
  Trainer trainer = MakeTrainer();
  for (int step = 1; step <= 3; ++step) {
    ASSERT_OK_AND_ASSIGN(const StepResult result, trainer.Step());
    EXPECT_EQ(result.step, step);
    EXPECT_EQ(result.learning_rate, LearningRate(kOptions.learning_rate, step));
    EXPECT_GT(result.loss, 1);
    EXPECT_GT(result.gradient_norm, 0);
  }
  EXPECT_EQ(trainer.TokensPerStep(), 6 * 12);
  EXPECT_GT(trainer.FlopsPerStep(), 6 * kOptions.model.parameters() * 6 * 12 / 2);
}

TEST_F(TrainerTest, StopsBeforeAStepThatIsNotFinite) {
  Trainer trainer = MakeTrainer();
  Advance(trainer, 2);
  ASSERT_THAT(WriteTrainingState(trainer.state(), folder_.Path("state")), IsOk());
  ASSERT_OK_AND_ASSIGN(TrainingState state, ReadTrainingState(folder_.Path("state")));
  // Of the final norm: every logit depends on it.
  state.parameters[state.parameters.size() - 1] = std::numeric_limits<float>::infinity();
  ASSERT_THAT(trainer.Resume(std::move(state)), IsOk());
  const std::vector<float> before(trainer.state().parameters.span().begin(),
                                  trainer.state().parameters.span().end());
  EXPECT_THAT(trainer.Step(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(StartsWith("step 3: found loss "), HasSubstr("learning_rate"))));
  EXPECT_EQ(trainer.state().step, 2);
  EXPECT_THAT(trainer.state().parameters.span(), BitsEqual(absl::MakeConstSpan(before)));
}

TEST_F(TrainerTest, TheValidationLossIsTheMeanOfItsWindows) {
  Trainer trainer = MakeTrainer();
  ASSERT_OK_AND_ASSIGN(BatchGradient batch,
                       BatchGradient::Create(kOptions.model, 12, 1, 1, BestIsa()));
  constexpr int kWindows = 15;  // more than two batches
  double sum = 0;
  std::vector<int32_t> ids(13);
  for (int i = 0; i < kWindows; ++i) {
    dataset_.ValidationWindow(i, kWindows, absl::MakeSpan(ids));
    sum += batch.Loss(trainer.state().parameters.span(), {ids.data(), 1, 13});
  }
  EXPECT_NEAR(trainer.ValidationLoss(kWindows), sum / kWindows, 1e-9);
}

TEST_F(TrainerTest, RemembersTheBestValidationLoss) {
  Trainer trainer = MakeTrainer();
  EXPECT_TRUE(trainer.NoteValidationLoss(5));
  EXPECT_FALSE(trainer.NoteValidationLoss(5));
  EXPECT_FALSE(trainer.NoteValidationLoss(NAN));
  EXPECT_TRUE(trainer.NoteValidationLoss(4));
  EXPECT_EQ(trainer.state().best_validation_loss, 4);
}

TEST(TrainerOptionsTest, ThoseThatMakeNoSenseAreRefused) {
  EXPECT_THAT(Validate(kOptions), IsOk());
  const auto expect_refused = [&](const char* field, auto change) {
    TrainerOptions options = kOptions;
    change(options);
    EXPECT_THAT(Validate(options), StatusIs(absl::StatusCode::kInvalidArgument,
                                            StartsWith(std::string(field) + ": found ")));
  };
  using O = TrainerOptions;
  expect_refused("dim", [](O& o) { o.model.dim = 17; });
  expect_refused("learning_rate", [](O& o) { o.learning_rate.peak = -1; });
  expect_refused("batch_size", [](O& o) { o.batch_size = 0; });
  expect_refused("batch_size", [](O& o) { o.batch_size = int64_t{1} << 40; });
  expect_refused("batch_shards", [](O& o) { o.batch_shards = 0; });
  expect_refused("dropout", [](O& o) { o.dropout = 1; });
  expect_refused("beta1", [](O& o) { o.adamw.beta1 = 1; });
  expect_refused("beta2", [](O& o) { o.adamw.beta2 = NAN; });
  expect_refused("epsilon", [](O& o) { o.adamw.epsilon = 0; });
  expect_refused("weight_decay", [](O& o) { o.adamw.weight_decay = -0.1; });
  expect_refused("grad_clip", [](O& o) { o.gradient_clip = INFINITY; });
}

}  // namespace
}  // namespace llama2
