// How often a model finds the right ending of a text the most probable of several: the "acc"
// and "acc_norm" of EleutherAI's lm-evaluation-harness.
//
//   ASSIGN_OR_RETURN(const std::vector<Question> questions, ReadQuestions("tasks.jsonl"));
//   ASSIGN_OR_RETURN(const ChoicesReport report,
//                    AnswerQuestions(questions, vocabulary, *model, options, progress));
#ifndef LLAMA2_ANALYSIS_MULTIPLE_CHOICE_H_
#define LLAMA2_ANALYSIS_MULTIPLE_CHOICE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "analysis/choice_file.h"
#include "analysis/evaluation.pb.h"
#include "analysis/session_pool.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// A question as token ids.
struct EncodedQuestion {
  std::vector<std::vector<int>> texts;  // for each ending, what stands before it and itself
  int64_t shared = 0;                   // tokens with which all of them begin, 1 or more
};

// Encodes context and ending as one text behind a BOS, for that is how the model was trained
// to see it: a merge may cross the boundary. What the endings' texts and the context alone
// begin with in common is `shared`; all that follows counts as the ending, in the same way for
// each of them, so that the endings are ranked by the probability of the whole text.
//
// The texts have at most `window` + 1 tokens, the last of which is not read: where there are
// more, the shared ones lose their first, the BOS among them.
// InvalidArgument, naming line and field, where an ending has more than `window` tokens.
absl::StatusOr<EncodedQuestion> EncodeQuestion(const Question& question, const Encoder& encoder,
                                               int64_t window);

// -ln of the probability of each ending after what is shared, which `session` reads once; its
// capacity is the window that the question was encoded for.
std::vector<double> ScoreEndings(const EncodedQuestion& question, Session& session);

struct ChoiceOptions {
  int64_t window = 512;  // tokens that the model reads, up to its context
  int64_t batch = 128;   // of those, the ones that go through it together
  int threads = 1;       // of which each takes a question at a time
};

// Answers each question with the most probable ending, and with the one that is most probable
// for each of its bytes; of equals the first. Fills all but the checkpoint's name; there are
// questions. Nothing but the window changes the numbers.
// Errors: those of EncodeQuestion; Cancelled: `progress`, which counts questions, said so;
// ResourceExhausted: no memory for a thread's session; DataLoss: the logits are not numbers.
absl::StatusOr<ChoicesReport> AnswerQuestions(absl::Span<const Question> questions,
                                              const Vocabulary& vocabulary,
                                              const Transformer& model,
                                              const ChoiceOptions& options, Progress progress);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_MULTIPLE_CHOICE_H_
