#include "analysis/evaluate_stories.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "kernels/thread_team.h"
#include "llama/score.h"
#include "llama/session.h"
#include "tokenizer/encoder.h"

namespace llama2 {
namespace {

// Tokens that go through the model at once: enough for the products to be fast.
constexpr int64_t kChunk = 128;

// The bytes of text that the tokens behind the first stand for. The first has before it the
// space that the encoder put there.
int64_t TextBytes(absl::Span<const int> tokens, const Vocabulary& vocabulary) {
  int64_t bytes = 0;
  for (int id : tokens.subspan(1)) {
    bytes += vocabulary.kind(id) == TokenKind::kByte ? 1 : vocabulary.piece(id).size();
  }
  const bool space = tokens.size() > 1 && vocabulary.piece(tokens[1]).front() == ' ';
  return bytes - (space ? 1 : 0);
}

struct StoryScore {
  int64_t tokens = 0;  // that were foretold
  int64_t bytes = 0;
  double nats = 0;
};

StoryScore ScoreStory(absl::string_view story, const Encoder& encoder,
                      const Vocabulary& vocabulary, const EvalOptions& options,
                      Session& session) {
  std::vector<int> tokens = encoder.Encode(story, {.add_bos = true});
  if (options.cut) tokens.resize(std::min<size_t>(tokens.size(), options.window));
  StoryScore score = {.tokens = static_cast<int64_t>(tokens.size()) - 1,
                      .bytes = TextBytes(tokens, vocabulary)};
  for (double loss : ScoreText(tokens, options.stride, session)) score.nats += loss;
  return score;
}

}  // namespace

absl::StatusOr<EvalReport> EvaluateStories(absl::Span<const absl::string_view> stories,
                                           const Vocabulary& vocabulary,
                                           const Transformer& model, const EvalOptions& options,
                                           EvalProgress progress) {
  // Each thread has a session, whose own work is not shared out.
  std::vector<std::unique_ptr<ThreadTeam>> alone;
  std::vector<Session> sessions;
  for (int i = 0; i < options.threads; ++i) {
    alone.push_back(std::make_unique<ThreadTeam>(1));
    ASSIGN_OR_RETURN(
        Session session,
        Session::Create(model, *alone.back(), {.capacity = options.window, .chunk = kChunk}));
    sessions.push_back(std::move(session));
  }
  const Encoder encoder(&vocabulary);
  std::vector<StoryScore> scores(stories.size());
  std::atomic<int64_t> done = 0;
  std::atomic<bool> stopped = false;
  TaskQueue queue(stories.size());
  ThreadTeam team(options.threads);
  team.Run([&](ThreadTeam::Member& me) {
    queue.ForEach([&](int64_t i) {
      if (stopped) return;
      scores[i] = ScoreStory(stories[i], encoder, vocabulary, options, sessions[me.index()]);
      ++done;
      if (me.index() == 0 && !progress(done, stories.size())) stopped = true;
    });
  });
  if (stopped) return absl::CancelledError("evaluation stopped");
  StoryScore sum;
  for (const StoryScore& score : scores) {
    sum.tokens += score.tokens;
    sum.bytes += score.bytes;
    sum.nats += score.nats;
  }
  EvalReport report;
  report.set_stories(stories.size());
  report.set_tokens(sum.tokens);
  report.set_bytes(sum.bytes);
  report.set_nats_per_token(sum.nats / sum.tokens);
  report.set_perplexity(std::exp(report.nats_per_token()));
  report.set_bits_per_byte(sum.nats / std::log(2.0) / sum.bytes);
  return report;
}

}  // namespace llama2
