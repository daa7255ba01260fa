// The mutations of an input by which a fuzzer's corpus becomes an ordinary test: the
// same ones every time, on every machine.
//
//   ForEachMutation(bytes, [](absl::Span<const uint8_t> mutant) { Parse(mutant); });
#ifndef LLAMA2_TESTING_FUZZ_MUTATIONS_H_
#define LLAMA2_TESTING_FUZZ_MUTATIONS_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

namespace llama2 {

// How many mutants of each kind an input has, at most.
inline constexpr int64_t kMaxTruncations = 1000;
inline constexpr int64_t kMaxBitFlips = 2000;
inline constexpr int64_t kRandomEdits = 1000;

// Calls `visit` with `input` itself, then with mutants of it:
// - its prefixes: all of them if they are at most kMaxTruncations, otherwise that
//   many, spread evenly, the empty one among them;
// - it with one bit inverted: every bit, or kMaxBitFlips bits spread evenly;
// - kRandomEdits times, it after 1 to 4 random edits: a byte replaced, inserted or
//   erased, or four bytes replaced by a number that parsers get wrong (0, -1, ...).
// The span that `visit` gets is a block of its own on the heap, of exactly the
// mutant's size and not null, so that a sanitizer sees one byte too many read.
void ForEachMutation(absl::Span<const uint8_t> input,
                     absl::FunctionRef<void(absl::Span<const uint8_t>)> visit);

}  // namespace llama2

#endif  // LLAMA2_TESTING_FUZZ_MUTATIONS_H_
