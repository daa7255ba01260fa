#include "training/dataset.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kVocabSize = 2000;
constexpr int kFirstId = 3;  // of those that the stories are made of

Vocabulary MakeVocabulary() {
  const std::string bytes = TinyTokenizerBin(kVocabSize);
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      "tiny");
  EXPECT_THAT(vocabulary, IsOk());
  return *std::move(vocabulary);
}

class DatasetTest : public ::testing::Test {
 protected:
  // A shard of stories of `lengths` tokens, BOS counted. The ids after BOS go up by one from
  // token to token, over all shards of a test: every token but BOS is there once.
  Shard MakeShard(const std::vector<int>& lengths) {
    const std::string path = folder_.Path(absl::StrCat("shard", ++shards_));
    absl::StatusOr<ShardWriter> writer = ShardWriter::Create(path, vocabulary_, 0);
    EXPECT_THAT(writer, IsOk());
    for (const int length : lengths) {
      std::vector<int> story = {Vocabulary::bos_id()};
      while (static_cast<int>(story.size()) < length) story.push_back(next_id_++);
      EXPECT_THAT(writer->Append(story), IsOk());
    }
    EXPECT_THAT(writer->Commit(), IsOk());
    absl::StatusOr<Shard> shard = Shard::Open(path, vocabulary_);
    EXPECT_THAT(shard, IsOk());
    return *std::move(shard);
  }

  std::vector<Shard> MakeShards(const std::vector<std::vector<int>>& lengths) {
    std::vector<Shard> shards;
    for (const std::vector<int>& of_one : lengths) shards.push_back(MakeShard(of_one));
    next_id_ = kFirstId;
    return shards;
  }

  TestFolder folder_;
  const Vocabulary vocabulary_ = MakeVocabulary();
  int shards_ = 0;
  int next_id_ = kFirstId;
};

std::vector<int32_t> Training(const Dataset& dataset, uint64_t seed, int64_t step,
                              int64_t index) {
  std::vector<int32_t> tokens(dataset.window());
  dataset.TrainingWindow(seed, step, index, absl::MakeSpan(tokens));
  return tokens;
}

std::vector<int32_t> Validation(const Dataset& dataset, int64_t index, int64_t count) {
  std::vector<int32_t> tokens(dataset.window());
  dataset.ValidationWindow(index, count, absl::MakeSpan(tokens));
  return tokens;
}

// The tokens of all training windows that a few thousand draws give.
std::set<int32_t> SeenInTraining(const Dataset& dataset) {
  std::set<int32_t> seen;
  for (int64_t step = 0; step < 4000; ++step) {
    const std::vector<int32_t> window = Training(dataset, 1, step, 0);
    seen.insert(window.begin(), window.end());
  }
  return seen;
}

// Ids `begin` to `end` - 1, and BOS.
std::set<int32_t> BosAnd(int32_t begin, int32_t end) {
  std::set<int32_t> ids = {Vocabulary::bos_id()};
  for (int32_t id = begin; id < end; ++id) ids.insert(id);
  return ids;
}

TEST_F(DatasetTest, TrainingSeesAllOfItsPartAndNothingElse) {
  // 3 + 4 tokens | 5 held out; the ids are 3, 4 | 5, 6, 7 | 8 and up.
  ASSERT_OK_AND_ASSIGN(const Dataset dataset, Dataset::Split(MakeShards({{3, 4, 5}}), 0.4, 3));
  EXPECT_EQ(dataset.training_tokens(), 7);
  EXPECT_EQ(dataset.held_out_tokens(), 5);
  EXPECT_EQ(SeenInTraining(dataset), BosAnd(3, 8));
  std::set<int32_t> held_out;
  for (int i = 0; i < 10; ++i) {
    const std::vector<int32_t> window = Validation(dataset, i, 10);
    held_out.insert(window.begin(), window.end());
  }
  EXPECT_EQ(held_out, BosAnd(8, 12));
}

TEST_F(DatasetTest, WindowsGoOverStoriesAndShards) {
  ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                       Dataset::Create(MakeShards({{2, 2}, {1}, {3}}), MakeShards({{9}}), 8));
  // The only window that there is: all of the training part.
  EXPECT_THAT(Training(dataset, 5, 6, 7), ElementsAre(1, 3, 1, 4, 1, 1, 5, 6));
}

TEST_F(DatasetTest, AWindowDependsOnSeedStepAndIndexAlone) {
  ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                       Dataset::Create(MakeShards({{500}, {500}}), MakeShards({{9}}), 5));
  const std::vector<int32_t> window = Training(dataset, 1, 2, 3);
  Training(dataset, 1, 3, 4);
  EXPECT_EQ(Training(dataset, 1, 2, 3), window);
  EXPECT_NE(Training(dataset, 2, 2, 3), window);
  EXPECT_NE(Training(dataset, 1, 3, 3), window);
  EXPECT_NE(Training(dataset, 1, 2, 4), window);
  // A checkpoint's promise: an exact resume needs these to be the same in every version.
  EXPECT_THAT(window, ElementsAre(417, 418, 419, 420, 421));
}

TEST_F(DatasetTest, AWindowBeginsAnywhereWithTheSameProbability) {
  ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                       Dataset::Create(MakeShards({{11}}), MakeShards({{9}}), 2));
  std::vector<int> counts(10);  // by where it begins: the token after BOS has id 3
  constexpr int kDraws = 10000;
  for (int i = 0; i < kDraws; ++i) {
    const int32_t first = Training(dataset, 7, i / 4, i % 4)[0];
    ++counts[first == Vocabulary::bos_id() ? 0 : first - kFirstId + 1];
  }
  // Each 1000 but for chance, whose standard deviation is 30.
  EXPECT_THAT(counts, Each(::testing::AllOf(::testing::Gt(880), ::testing::Lt(1120))));
}

TEST_F(DatasetTest, ValidationWindowsAreSpreadEvenly) {
  // 109 tokens held out: BOS, then 3 to 110. 100 places for a window of 10.
  ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                       Dataset::Create(MakeShards({{20}}), MakeShards({{109}}), 10));
  std::vector<int32_t> firsts;
  for (int i = 0; i < 5; ++i) firsts.push_back(Validation(dataset, i, 5)[0]);
  EXPECT_THAT(firsts, ElementsAre(12, 32, 52, 72, 92)) << "places 10, 30, ...";
  EXPECT_EQ(Validation(dataset, 0, 1000).front(), Vocabulary::bos_id());
  EXPECT_EQ(Validation(dataset, 999, 1000).back(), 110);
  const int64_t many = int64_t{1} << 62;
  EXPECT_EQ(Validation(dataset, many - 1, many).back(), 110);
}

TEST_F(DatasetTest, WhatIsHeldOutBeginsWithAStory) {
  const auto training_tokens = [&](const std::vector<std::vector<int>>& lengths,
                                   double fraction) {
    const absl::StatusOr<Dataset> dataset = Dataset::Split(MakeShards(lengths), fraction, 2);
    EXPECT_THAT(dataset, IsOk());
    return dataset.ok() ? dataset->training_tokens() : -1;
  };
  // Nine in ten tokens are before the cut; the story that it cuts is held out.
  EXPECT_EQ(training_tokens({{10, 10, 10, 10, 10, 10, 10, 10, 10, 10}}, 0.1), 90);
  EXPECT_EQ(training_tokens({{10, 10, 10, 10}, {10, 10}, {10, 10, 10, 10}}, 0.15), 80);
  EXPECT_EQ(training_tokens({{50, 50}}, 0.01), 50);
  EXPECT_EQ(training_tokens({{50}, {50}}, 0.6), 50) << "the first story is never held out";
  EXPECT_EQ(training_tokens({{2, 2, 2}}, 1e-9), 4) << "the last one always is";
  EXPECT_EQ(training_tokens({{2, 2, 2}}, 1 - 1e-9), 2);
}

TEST_F(DatasetTest, ItsFingerprintIsThatOfTheTokensAndTheSplit) {
  const auto fingerprint = [&](const std::vector<std::vector<int>>& lengths, double fraction,
                               int64_t window) {
    const absl::StatusOr<Dataset> dataset =
        Dataset::Split(MakeShards(lengths), fraction, window);
    EXPECT_THAT(dataset, IsOk());
    return dataset.ok() ? dataset->fingerprint() : 0;
  };
  const uint64_t one = fingerprint({{4, 4, 4, 4}}, 0.25, 2);
  EXPECT_EQ(fingerprint({{4, 4, 4, 4}}, 0.25, 4), one);
  EXPECT_NE(fingerprint({{4, 4, 4, 4}}, 0.5, 2), one);
  EXPECT_NE(fingerprint({{4, 4, 3, 5}}, 0.25, 2), one);
}

TEST_F(DatasetTest, RefusesTextThatIsTooShort) {
  EXPECT_THAT(Dataset::Split(MakeShards({{9}}), 0.1, 3),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "text: found 1 story, expected at least 2: some to train on and some "
                       "to hold out"));
  EXPECT_THAT(Dataset::Split(MakeShards({{9, 20}}), 0.1, 10),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "text for training: found 9 tokens, expected at least 10: a sequence "
                       "and the token after it"));
  EXPECT_THAT(Dataset::Create(MakeShards({{20}}), MakeShards({{9}}), 10),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("text that is held out: found 9 tokens")));
  EXPECT_THAT(Dataset::Create(MakeShards({{20}}), MakeShards({{9}}), int64_t{1} << 62),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("found 20 tokens")));
  EXPECT_THAT(Dataset::Create(MakeShards({{10}}), MakeShards({{10}}), 10), IsOk());
}

TEST_F(DatasetTest, RefusesAFractionThatIsNone) {
  for (const double fraction : {0.0, 1.0, -0.1, 2.0, 0.0 / 0.0}) {
    EXPECT_THAT(
        Dataset::Split(MakeShards({{9, 9}}), fraction, 2),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("held_out_fraction: found ")));
  }
}

}  // namespace
}  // namespace llama2
