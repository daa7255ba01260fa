// A sampler's choice, as a report shows it.
//
//   SamplerTrace trace;
//   sampler.Sample(absl::MakeSpan(copy_of_logits), history, &trace);
//   SamplerChoice choice = DescribeChoice(trace, logits, temperature, /*candidates=*/10);
#ifndef LLAMA2_ANALYSIS_DESCRIBE_CHOICE_H_
#define LLAMA2_ANALYSIS_DESCRIBE_CHOICE_H_

#include "absl/types/span.h"
#include "analysis/inspect_report.pb.h"
#include "sampling/sampler.h"

namespace llama2 {

// `logits` (V) are the model's, `temperature` the sampler's. The `candidates` likeliest
// tokens are described, and the one that was taken where it is none of them.
SamplerChoice DescribeChoice(const SamplerTrace& trace, absl::Span<const float> logits,
                             float temperature, int candidates);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_DESCRIBE_CHOICE_H_
