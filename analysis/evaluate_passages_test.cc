#include "analysis/evaluate_passages.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "analysis/estimate.h"
#include "analysis/test_model.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

const char* const kStories[] = {"the rain was here", "she said no to the other one",
                                "and on and on and on and on and on and on", "he is in"};

// Windows that hold each story.
const EvalOptions kWhole = {.window = 64, .stride = 64};

std::vector<Passage> Read(const TestModel& test) {
  std::vector<Passage> passages;
  for (const char* story : kStories) passages.push_back(test.Read(story));
  return passages;
}

std::string Bits(const google::protobuf::Message& report) { return report.SerializeAsString(); }

TEST(EvaluatePassages, IsTheMeanOfTheOraclesLosses) {
  const TestModel test;
  const std::vector<Passage> passages = Read(test);
  std::vector<Group> groups;
  double nats = 0, tokens = 0, bytes = 0;
  for (const Passage& passage : passages) {
    Group& group = groups.emplace_back();
    for (const double loss : test.Losses(passage.tokens)) {
      group.sum += loss;
      ++group.count;
    }
    nats += group.sum;
    tokens += group.count;
    bytes += passage.bytes;
  }
  ASSERT_OK_AND_ASSIGN(const EvalReport report,
                       EvaluatePassages(passages, *test.model, kWhole, GoOn));
  EXPECT_EQ(report.stories(), 4);
  EXPECT_EQ(report.tokens(), tokens);
  EXPECT_EQ(report.bytes(), bytes);
  EXPECT_NEAR(report.nats_per_token(), nats / tokens, 1e-5);
  EXPECT_NEAR(report.perplexity(), std::exp(nats / tokens), 1e-2);
  EXPECT_NEAR(report.bits_per_byte(), nats / std::log(2) / bytes, 1e-5);
  EXPECT_NEAR(report.standard_error(), MeanOfGroups(groups).standard_error(), 1e-5);
}

// A window forgets what is before it.
TEST(EvaluatePassages, WindowsAreTheOraclesToo) {
  const TestModel test;
  const std::vector<Passage> passages = {test.Read(kStories[2])};
  const std::vector<int>& tokens = passages[0].tokens;
  constexpr int kWindow = 6, kStride = 4;
  double nats = 0;
  for (int t = 0; t + 1 < tokens.size(); ++t) {
    const int begin = t < kWindow ? 0 : (t - kWindow + kStride) / kStride * kStride;
    nats += test.Losses({tokens.begin() + begin, tokens.begin() + t + 2}).back();
  }
  ASSERT_OK_AND_ASSIGN(
      const EvalReport report,
      EvaluatePassages(passages, *test.model, {.window = kWindow, .stride = kStride}, GoOn));
  EXPECT_EQ(report.tokens(), tokens.size() - 1);
  EXPECT_NEAR(report.nats_per_token(), nats / (tokens.size() - 1.0), 1e-5);
  EXPECT_FALSE(report.has_standard_error()) << "of one story";
}

TEST(EvaluatePassages, TheSameBitsHoweverTheWorkIsCut) {
  const TestModel test, other(2);
  const std::vector<Passage> passages = Read(test);
  EvalOptions options = {.window = 8, .stride = 3, .batch = 8};
  ASSERT_OK_AND_ASSIGN(const EvalReport report,
                       EvaluatePassages(passages, *test.model, options, GoOn));
  ASSERT_OK_AND_ASSIGN(const ComparisonReport comparison,
                       ComparePassages(passages, *test.model, *other.model, options, GoOn));
  for (const int threads : {1, 2, 3}) {
    for (const int batch : {1, 3, 100}) {
      options.threads = threads;
      options.batch = batch;
      ASSERT_OK_AND_ASSIGN(const EvalReport again,
                           EvaluatePassages(passages, *test.model, options, GoOn));
      EXPECT_EQ(Bits(again), Bits(report)) << threads << " threads, batches of " << batch;
      ASSERT_OK_AND_ASSIGN(const ComparisonReport comparison_again,
                           ComparePassages(passages, *test.model, *other.model, options, GoOn));
      EXPECT_EQ(Bits(comparison_again), Bits(comparison)) << threads << ", " << batch;
    }
  }
}

TEST(EvaluatePassages, SaysWhenThereIsNothingToForetell) {
  const TestModel test;
  for (const std::vector<Passage>& passages :
       {std::vector<Passage>{}, std::vector<Passage>{test.Read("")}}) {
    EXPECT_THAT(
        EvaluatePassages(passages, *test.model, kWhole, GoOn),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no token to foretell")));
  }
}

TEST(EvaluatePassages, CanBeStopped) {
  const TestModel test;
  const auto stop = [](int64_t, int64_t) { return false; };
  EXPECT_THAT(EvaluatePassages(Read(test), *test.model, kWhole, stop),
              StatusIs(absl::StatusCode::kCancelled, HasSubstr("stopped")));
  EXPECT_THAT(ComparePassages(Read(test), *test.model, *test.model, kWhole, stop),
              StatusIs(absl::StatusCode::kCancelled, HasSubstr("stopped")));
}

// What the two oracles say of every token, computed from the definitions.
struct OracleComparison {
  std::vector<Group> p_nats, q_nats, difference, kl, same;  // by story
  std::vector<double> kls;
};

OracleComparison CompareOracles(const TestModel& p, const TestModel& q,
                                const std::vector<Passage>& passages) {
  OracleComparison all;
  for (const Passage& passage : passages) {
    const std::vector<int>& tokens = passage.tokens;
    const auto p_logits = OracleLogits(p.config, p.tiny.weights(), tokens);
    const auto q_logits = OracleLogits(q.config, q.tiny.weights(), tokens);
    const std::vector<double> p_losses = p.Losses(tokens), q_losses = q.Losses(tokens);
    Group p_nats, q_nats, difference, kl, same;
    for (size_t t = 0; t < p_losses.size(); ++t) {
      const auto log_softmax = [](const std::vector<double>& logits, size_t i) {
        double sum = 0;
        for (const double logit : logits) sum += std::exp(logit);
        return logits[i] - std::log(sum);
      };
      double divergence = 0;
      for (size_t i = 0; i < p_logits[t].size(); ++i) {
        const double ln_p = log_softmax(p_logits[t], i);
        divergence += std::exp(ln_p) * (ln_p - log_softmax(q_logits[t], i));
      }
      const auto top = [](const std::vector<double>& x) {
        return std::max_element(x.begin(), x.end()) - x.begin();
      };
      for (Group* group : {&p_nats, &q_nats, &difference, &kl, &same}) ++group->count;
      p_nats.sum += p_losses[t];
      q_nats.sum += q_losses[t];
      difference.sum += q_losses[t] - p_losses[t];
      kl.sum += divergence;
      same.sum += top(p_logits[t]) == top(q_logits[t]) ? 1 : 0;
      all.kls.push_back(divergence);
    }
    all.p_nats.push_back(p_nats);
    all.q_nats.push_back(q_nats);
    all.difference.push_back(difference);
    all.kl.push_back(kl);
    all.same.push_back(same);
  }
  return all;
}

void ExpectNear(const Estimate& found, const Estimate& expected, double tolerance) {
  EXPECT_NEAR(found.value(), expected.value(), tolerance);
  EXPECT_NEAR(found.standard_error(), expected.standard_error(), tolerance);
}

TEST(ComparePassages, AgreesWithTwoOracles) {
  const TestModel p(1);
  Config smaller = TestModel::kConfig;  // another shape, the same vocabulary
  smaller.dim = 16;
  smaller.n_layers = 1;
  const TestModel q(2, smaller);
  const std::vector<Passage> passages = Read(p);
  const OracleComparison expected = CompareOracles(p, q, passages);
  ASSERT_OK_AND_ASSIGN(const ComparisonReport report,
                       ComparePassages(passages, *p.model, *q.model, kWhole, GoOn));
  const Estimate difference = MeanOfGroups(expected.difference);
  ExpectNear(report.nats_difference(), difference, 2e-5);
  EXPECT_NEAR(report.perplexity_ratio().value(), std::exp(difference.value()), 1e-4);
  EXPECT_NEAR(report.perplexity_ratio().standard_error(),
              std::exp(difference.value()) * difference.standard_error(), 1e-4);
  ExpectNear(report.kl_divergence(), MeanOfGroups(expected.kl), 2e-5);
  EXPECT_NEAR(report.kl_divergence_99th_percentile(), Quantile(expected.kls, 0.99), 2e-5);
  EXPECT_NEAR(report.kl_divergence_maximum(), Quantile(expected.kls, 1), 2e-5);
  ExpectNear(report.top1_agreement(), MeanOfGroups(expected.same), 1e-9);
  EXPECT_GT(report.kl_divergence().value(), 0.01) << "else nothing was compared";
  EXPECT_NEAR(report.reference().nats_per_token(), MeanOfGroups(expected.p_nats).value(), 1e-5);
  EXPECT_NEAR(report.other().nats_per_token(), MeanOfGroups(expected.q_nats).value(), 1e-5);
  EXPECT_EQ(report.perplexity_difference().value(),
            report.other().perplexity() - report.reference().perplexity());
}

// The error of the difference by leaving out one story after the other (the jackknife), which
// knows nothing of derivatives.
TEST(ComparePassages, TheErrorOfThePerplexityIsTheJackknifes) {
  const TestModel p(1), q(2);
  std::vector<Passage> passages;
  const std::string text = kStories[1] + std::string(" ") + kStories[2];
  for (size_t i = 0; i < 30; ++i) passages.push_back(p.Read(text.substr(i, 30)));
  const EvalOptions& options = kWhole;
  ASSERT_OK_AND_ASSIGN(const ComparisonReport all,
                       ComparePassages(passages, *p.model, *q.model, options, GoOn));
  std::vector<double> without;
  for (size_t i = 0; i < passages.size(); ++i) {
    std::vector<Passage> others = passages;
    others.erase(others.begin() + i);
    ASSERT_OK_AND_ASSIGN(const ComparisonReport report,
                         ComparePassages(others, *p.model, *q.model, options, GoOn));
    without.push_back(report.perplexity_difference().value());
  }
  double mean = 0, squares = 0;
  for (const double value : without) mean += value / without.size();
  for (const double value : without) squares += (value - mean) * (value - mean);
  const double jackknife = std::sqrt(squares * (without.size() - 1) / without.size());
  EXPECT_GT(jackknife, 1);
  EXPECT_NEAR(all.perplexity_difference().standard_error() / jackknife, 1, 0.1);
}

TEST(ComparePassages, AModelIsEqualToItself) {
  const TestModel test;
  const std::vector<Passage> passages = Read(test);
  const EvalOptions options = {.window = 8, .stride = 8};
  ASSERT_OK_AND_ASSIGN(const ComparisonReport report,
                       ComparePassages(passages, *test.model, *test.model, options, GoOn));
  EXPECT_EQ(report.nats_difference().value(), 0);
  EXPECT_EQ(report.nats_difference().standard_error(), 0);
  EXPECT_EQ(report.perplexity_ratio().value(), 1);
  EXPECT_EQ(report.perplexity_difference().value(), 0);
  EXPECT_EQ(report.perplexity_difference().standard_error(), 0);
  EXPECT_EQ(report.kl_divergence_maximum(), 0);
  EXPECT_EQ(report.top1_agreement().value(), 1);
  EXPECT_EQ(report.top1_agreement().standard_error(), 0);
  ASSERT_OK_AND_ASSIGN(const EvalReport alone,
                       EvaluatePassages(passages, *test.model, options, GoOn));
  EXPECT_NEAR(report.reference().nats_per_token(), alone.nats_per_token(), 1e-12);
}

}  // namespace
}  // namespace llama2
