// Looks inside a model while it goes through a prompt and continues it.
//
//   ThreadTeam team(2);
//   ASSIGN_OR_RETURN(InspectReport report,
//                    InspectText("Once upon a time", vocabulary, *model,
//                                {.sampler = {.temperature = 0.8f, .seed = 42}}, team));
//   report.positions(0).next(0).probability();
#ifndef LLAMA2_ANALYSIS_INSPECT_TEXT_H_
#define LLAMA2_ANALYSIS_INSPECT_TEXT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "analysis/inspect_report.pb.h"
#include "kernels/thread_team.h"
#include "llama/transformer.h"
#include "sampling/sampler.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

struct InspectOptions {
  SamplerOptions sampler;  // valid
  // The positions that are computed at most, the prompt's among them; 0, or more than the
  // model's context: all of that.
  int64_t positions = 48;
  int guesses = 10;      // the likeliest next tokens that are named at a position
  int lens_guesses = 5;  // and at each layer
};

// No record is larger: see RecordBytes.
inline constexpr int64_t kMaxRecordBytes = int64_t{64} << 20;

// The text is what Generate makes of the same prompt, sampler and positions (a list of stops
// aside), and the report depends on these and the model alone, not on the team. Its
// model.checkpoint and model.format are the caller's to set.
//
// InvalidArgument: the prompt has more tokens than there are positions, or the record would
// be larger than kMaxRecordBytes; DataLoss: the model's logits are not numbers;
// ResourceExhausted: no memory for the session.
absl::StatusOr<InspectReport> InspectText(absl::string_view prompt,
                                          const Vocabulary& vocabulary,
                                          const Transformer& model,
                                          const InspectOptions& options, ThreadTeam& team);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_INSPECT_TEXT_H_
