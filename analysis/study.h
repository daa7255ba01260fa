// Case studies: what a model writes for each of some prompts, temperatures and values of
// top-p, with many seeds each, in numbers that can be compared.
//
//   ASSIGN_OR_RETURN(const StudyReport report,
//                    RunStudy({.prompts = {{"a story", "Once upon a time"}},
//                              .temperatures = {0.5f, 1.0f},
//                              .top_ps = {0.9f},
//                              .seeds = {1, 2, 3}},
//                             {{"stories1M", model.get()}}, vocabulary, /*threads=*/2,
//                             progress));
//   double mean = report.cells(0).distinct_2().mean();
#ifndef LLAMA2_ANALYSIS_STUDY_H_
#define LLAMA2_ANALYSIS_STUDY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "analysis/session_pool.h"
#include "analysis/study.pb.h"
#include "llama/transformer.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

struct StudyPlan {
  struct Prompt {
    std::string label;
    std::string text;
  };

  std::vector<Prompt> prompts;
  std::vector<float> temperatures;
  std::vector<float> top_ps;
  std::vector<uint64_t> seeds;  // not 0, which `run` takes for none
  int64_t steps = 256;          // as run's --steps
  std::vector<std::string> stops;

  // The most texts that a study may have: more are a mistake.
  static constexpr int64_t kMostSamples = 100000;
};

struct StudyModel {
  std::string name;
  const Transformer* model;
};

// Samples all texts, each thread one at a time in a session of its own, and measures them.
// Each text is what `run` gives with the same model, prompt, temperature, top-p, seed, steps
// and stop strings. All of the report but the title is filled; it is the same for any number
// of threads. `vocabulary` is that of all models. `progress` counts texts; it is called in the
// caller's thread, before a model's first text and between any two tokens of that thread's.
//
// InvalidArgument: there is nothing to sample, more than kMostSamples, a temperature or top-p
// that Sampler does not take, or a prompt that a model has no room for: names the field, what
// was found and what was expected. Cancelled: `progress` said so. ResourceExhausted: no memory
// for a thread's session. DataLoss: a model's logits are not numbers.
absl::StatusOr<StudyReport> RunStudy(const StudyPlan& plan, absl::Span<const StudyModel> models,
                                     const Vocabulary& vocabulary, int threads,
                                     Progress progress);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_STUDY_H_
