#include "analysis/evaluate_passages.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/estimate.h"
#include "analysis/kl_divergence.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "llama/cross_entropy.h"
#include "llama/score.h"
#include "llama/session.h"

namespace llama2 {
namespace {

// A window of a passage: the piece of work that a thread takes.
struct Piece {
  size_t passage;
  TextWindow window;
};

absl::StatusOr<std::vector<Piece>> PiecesOf(absl::Span<const Passage> passages,
                                            const EvalOptions& options) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < passages.size(); ++i) {
    for (const TextWindow& window :
         TextWindows(passages[i].tokens.size(), options.window, options.stride)) {
      pieces.push_back({i, window});
    }
  }
  if (pieces.empty()) {
    return absl::InvalidArgumentError("text: found no token to foretell, expected some");
  }
  return pieces;
}

Session::Options SessionOptions(const EvalOptions& options) {
  return {.capacity = options.window, .chunk = options.batch};
}

double Sum(absl::Span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

double TokensOf(const Passage& passage) {
  return static_cast<double>(passage.tokens.size() - 1);
}

// What the losses of each passage's tokens, added up, say of a model.
EvalReport Report(absl::Span<const Passage> passages, absl::Span<const double> nats) {
  std::vector<Group> groups;
  int64_t tokens = 0;
  int64_t bytes = 0;
  for (size_t i = 0; i < passages.size(); ++i) {
    groups.push_back({nats[i], TokensOf(passages[i])});
    tokens += static_cast<int64_t>(passages[i].tokens.size()) - 1;
    bytes += passages[i].bytes;
  }
  const Estimate mean = MeanOfGroups(groups);
  EvalReport report;
  report.set_stories(static_cast<int64_t>(passages.size()));
  report.set_tokens(tokens);
  report.set_bytes(bytes);
  report.set_nats_per_token(mean.value());
  report.set_perplexity(std::exp(mean.value()));
  report.set_bits_per_byte(Sum(nats) / std::log(2.0) / static_cast<double>(bytes));
  if (mean.has_standard_error()) report.set_standard_error(mean.standard_error());
  return report;
}

// What two models say of one token.
struct TokenComparison {
  double reference_nats = 0;
  double other_nats = 0;
  double kl_divergence = 0;
  bool same_top = false;
};

// Of the token `target`, by both models' logits before it, which this overwrites.
TokenComparison CompareLogits(int target, const Kernels& kernels, absl::Span<float> reference,
                              absl::Span<float> other) {
  TokenComparison comparison;
  comparison.kl_divergence = KlDivergence(reference, other);
  comparison.same_top = kernels.Argmax(reference) == kernels.Argmax(other);
  comparison.reference_nats = CrossEntropy(kernels, target, reference);
  comparison.other_nats = CrossEntropy(kernels, target, other);
  return comparison;
}

std::vector<TokenComparison> CompareWindow(absl::Span<const int> tokens,
                                           const TextWindow& window, Session& reference,
                                           Session& other) {
  ReadContext(tokens, window, reference);
  ReadContext(tokens, window, other);
  std::vector<TokenComparison> comparisons;
  for (int64_t t = window.first; t < window.end;) {
    const int64_t size = std::min(reference.chunk(), window.end - t);
    const MatrixView<float> p = reference.AppendForAll(tokens.subspan(t, size));
    const MatrixView<float> q = other.AppendForAll(tokens.subspan(t, size));
    for (int64_t i = 0; i < size; ++i, ++t) {
      comparisons.push_back(
          CompareLogits(tokens[t + 1], reference.model().kernels(), p.Row(i), q.Row(i)));
    }
  }
  return comparisons;
}

absl::Status CheckLossOf(absl::string_view model, double nats) {
  const absl::Status status = CheckLoss(nats);
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(model, ": ", status.message()));
}

// The sums over each passage's tokens.
struct PassageSums {
  std::vector<double> reference_nats;
  std::vector<double> other_nats;
  std::vector<double> kl_divergence;
  std::vector<double> same_top;
};

Estimate MeanOverPassages(absl::Span<const Passage> passages, absl::Span<const double> sums) {
  std::vector<Group> groups;
  for (size_t i = 0; i < passages.size(); ++i) {
    groups.push_back({sums[i], TokensOf(passages[i])});
  }
  return MeanOfGroups(groups);
}

// What Q's perplexity has more than P's. To first order a passage adds to the difference what
// it adds to each mean loss, times that perplexity.
Estimate PerplexityDifference(absl::Span<const Passage> passages, const PassageSums& sums,
                              const EvalReport& p, const EvalReport& q) {
  Estimate estimate;
  estimate.set_value(q.perplexity() - p.perplexity());
  if (passages.size() < 2) return estimate;
  std::vector<double> parts;
  for (size_t i = 0; i < passages.size(); ++i) {
    const double tokens = TokensOf(passages[i]);
    const double of_p = sums.reference_nats[i] - p.nats_per_token() * tokens;
    const double of_q = sums.other_nats[i] - q.nats_per_token() * tokens;
    parts.push_back(q.perplexity() * of_q - p.perplexity() * of_p);
  }
  estimate.set_standard_error(StandardErrorOfSum(parts) / static_cast<double>(p.tokens()));
  return estimate;
}

ComparisonReport Report(absl::Span<const Passage> passages, const PassageSums& sums,
                        std::vector<double> kl_divergences) {
  ComparisonReport report;
  *report.mutable_reference() = Report(passages, sums.reference_nats);
  *report.mutable_other() = Report(passages, sums.other_nats);
  std::vector<double> differences;
  for (size_t i = 0; i < passages.size(); ++i) {
    differences.push_back(sums.other_nats[i] - sums.reference_nats[i]);
  }
  Estimate& difference = *report.mutable_nats_difference();
  difference = MeanOverPassages(passages, differences);
  Estimate& ratio = *report.mutable_perplexity_ratio();
  ratio.set_value(std::exp(difference.value()));
  if (difference.has_standard_error()) {
    ratio.set_standard_error(ratio.value() * difference.standard_error());
  }
  *report.mutable_perplexity_difference() =
      PerplexityDifference(passages, sums, report.reference(), report.other());
  *report.mutable_kl_divergence() = MeanOverPassages(passages, sums.kl_divergence);
  report.set_kl_divergence_maximum(Quantile(kl_divergences, 1));
  report.set_kl_divergence_99th_percentile(Quantile(std::move(kl_divergences), 0.99));
  *report.mutable_top1_agreement() = MeanOverPassages(passages, sums.same_top);
  return report;
}

}  // namespace

absl::StatusOr<EvalReport> EvaluatePassages(absl::Span<const Passage> passages,
                                            const Transformer& model,
                                            const EvalOptions& options, Progress progress) {
  ASSIGN_OR_RETURN(const std::vector<Piece> pieces, PiecesOf(passages, options));
  ASSIGN_OR_RETURN(SessionPool sessions,
                   SessionPool::Create(model, options.threads, SessionOptions(options)));
  std::vector<double> piece_nats(pieces.size());
  RETURN_IF_ERROR(
      ShareOut(pieces.size(), options.threads, progress, [&](int64_t i, int thread) {
        const std::vector<int>& tokens = passages[pieces[i].passage].tokens;
        piece_nats[i] = Sum(ScoreWindow(tokens, pieces[i].window, sessions[thread]));
      }));
  std::vector<double> nats(passages.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    RETURN_IF_ERROR(CheckLoss(piece_nats[i]));
    nats[pieces[i].passage] += piece_nats[i];
  }
  return Report(passages, nats);
}

absl::StatusOr<ComparisonReport> ComparePassages(absl::Span<const Passage> passages,
                                                 const Transformer& reference,
                                                 const Transformer& other,
                                                 const EvalOptions& options,
                                                 Progress progress) {
  CHECK_EQ(reference.config().vocab_size, other.config().vocab_size);
  ASSIGN_OR_RETURN(const std::vector<Piece> pieces, PiecesOf(passages, options));
  ASSIGN_OR_RETURN(SessionPool ps,
                   SessionPool::Create(reference, options.threads, SessionOptions(options)));
  ASSIGN_OR_RETURN(SessionPool qs,
                   SessionPool::Create(other, options.threads, SessionOptions(options)));
  std::vector<std::vector<TokenComparison>> comparisons(pieces.size());
  RETURN_IF_ERROR(
      ShareOut(pieces.size(), options.threads, progress, [&](int64_t i, int thread) {
        const std::vector<int>& tokens = passages[pieces[i].passage].tokens;
        comparisons[i] = CompareWindow(tokens, pieces[i].window, ps[thread], qs[thread]);
      }));
  const size_t n = passages.size();
  PassageSums sums = {std::vector<double>(n), std::vector<double>(n), std::vector<double>(n),
                      std::vector<double>(n)};
  std::vector<double> kl_divergences;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const size_t passage = pieces[i].passage;
    for (const TokenComparison& token : comparisons[i]) {
      RETURN_IF_ERROR(CheckLossOf("P", token.reference_nats));
      RETURN_IF_ERROR(CheckLossOf("Q", token.other_nats));
      sums.reference_nats[passage] += token.reference_nats;
      sums.other_nats[passage] += token.other_nats;
      sums.kl_divergence[passage] += token.kl_divergence;
      sums.same_top[passage] += token.same_top ? 1 : 0;
      kl_divergences.push_back(token.kl_divergence);
    }
  }
  return Report(passages, sums, std::move(kl_divergences));
}

}  // namespace llama2
