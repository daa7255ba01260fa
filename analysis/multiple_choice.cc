#include "analysis/multiple_choice.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/estimate.h"
#include "base/status_macros.h"
#include "llama/cross_entropy.h"
#include "llama/score.h"

namespace llama2 {
namespace {

int64_t CommonPrefix(const std::vector<int>& a, const std::vector<int>& b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

int64_t Best(absl::Span<const double> nats) {
  return std::min_element(nats.begin(), nats.end()) - nats.begin();
}

std::vector<double> ForEachByte(std::vector<double> nats, const ChoiceTask& task) {
  for (int i = 0; i < task.endings_size(); ++i) {
    nats[i] /= static_cast<double>(task.endings(i).size());
  }
  return nats;
}

}  // namespace

absl::StatusOr<EncodedQuestion> EncodeQuestion(const Question& question, const Encoder& encoder,
                                               int64_t window) {
  const std::string& context = question.task.context();
  const std::vector<int> alone = encoder.Encode(context, {.add_bos = true});
  EncodedQuestion encoded = {.shared = static_cast<int64_t>(alone.size())};
  int64_t longest = 0;
  for (const std::string& ending : question.task.endings()) {
    encoded.texts.push_back(encoder.Encode(absl::StrCat(context, ending), {.add_bos = true}));
    encoded.shared = std::min(encoded.shared, CommonPrefix(alone, encoded.texts.back()));
    longest = std::max<int64_t>(longest, encoded.texts.back().size());
  }
  for (size_t i = 0; i < encoded.texts.size(); ++i) {
    const int64_t ending = static_cast<int64_t>(encoded.texts[i].size()) - encoded.shared;
    if (ending <= window) continue;
    return absl::InvalidArgumentError(absl::StrCat(question.where, ": endings[", i, "]: found ",
                                                   ending, " tokens, expected up to ", window,
                                                   ", the window"));
  }
  const int64_t dropped = std::max<int64_t>(longest - (window + 1), 0);
  for (std::vector<int>& text : encoded.texts) {
    text.erase(text.begin(), text.begin() + dropped);
  }
  encoded.shared -= dropped;
  return encoded;
}

std::vector<double> ScoreEndings(const EncodedQuestion& question, Session& session) {
  // The logits behind the last shared token are those of an ending's first: it is read anew.
  const int64_t read = question.shared - 1;
  session.Rewind(0);
  session.Feed(absl::MakeConstSpan(question.texts[0]).first(read));
  std::vector<double> nats;
  for (const std::vector<int>& text : question.texts) {
    session.Rewind(read);
    const std::vector<double> losses = ScoreRest(text, session);
    nats.push_back(std::accumulate(losses.begin(), losses.end(), 0.0));
  }
  return nats;
}

absl::StatusOr<ChoicesReport> AnswerQuestions(absl::Span<const Question> questions,
                                              const Vocabulary& vocabulary,
                                              const Transformer& model,
                                              const ChoiceOptions& options, Progress progress) {
  const Encoder encoder(&vocabulary);
  std::vector<EncodedQuestion> encoded;
  for (const Question& question : questions) {
    ASSIGN_OR_RETURN(EncodedQuestion one, EncodeQuestion(question, encoder, options.window));
    encoded.push_back(std::move(one));
  }
  ASSIGN_OR_RETURN(SessionPool sessions,
                   SessionPool::Create(model, options.threads,
                                       {.capacity = options.window, .chunk = options.batch}));
  std::vector<std::vector<double>> nats(questions.size());
  RETURN_IF_ERROR(ShareOut(
      questions.size(), options.threads, progress,
      [&](int64_t i, int thread) { nats[i] = ScoreEndings(encoded[i], sessions[thread]); }));
  for (const std::vector<double>& endings : nats) {
    for (const double loss : endings) RETURN_IF_ERROR(CheckLoss(loss));
  }
  std::vector<Group> right, right_per_byte;
  double chance = 0;
  for (size_t i = 0; i < questions.size(); ++i) {
    const ChoiceTask& task = questions[i].task;
    right.push_back({Best(nats[i]) == task.answer() ? 1.0 : 0.0, 1});
    right_per_byte.push_back(
        {Best(ForEachByte(nats[i], task)) == task.answer() ? 1.0 : 0.0, 1});
    chance += 1.0 / task.endings_size();
  }
  ChoicesReport report;
  report.set_questions(static_cast<int64_t>(questions.size()));
  *report.mutable_accuracy() = MeanOfGroups(right);
  *report.mutable_accuracy_per_byte() = MeanOfGroups(right_per_byte);
  report.set_chance(chance / static_cast<double>(questions.size()));
  return report;
}

}  // namespace llama2
