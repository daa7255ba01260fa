// The line that a run ends with.
//
//   StatisticsLine(stats, /*threads=*/1, Isa::kAvx512)
//     // prompt 5 tokens 12345 tok/s, generated 251 tokens 9876 tok/s, 1 thread, avx512
//     // with a drafter: ... generated 251 tokens 9876 tok/s, 60 drafts of 4.0 tokens,
//     // 3.2 accepted (80%), 1 thread, avx512
#ifndef LLAMA2_TOOLS_STATISTICS_H_
#define LLAMA2_TOOLS_STATISTICS_H_

#include <string>

#include "kernels/isa.h"
#include "llama/generate.h"

namespace llama2 {

// How many tokens were read and generated, how fast, and by what; without a line end. Of
// drafts, how many passes checked some, and how many tokens each drafted and accepted.
std::string StatisticsLine(const GenerationStats& stats, int threads, Isa isa);

// Adds the tokens, times and drafts of `more`, the next answer in the same conversation.
void Accumulate(const GenerationStats& more, GenerationStats& sum);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_STATISTICS_H_
