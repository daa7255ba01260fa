// What one core of this machine can do at most, measured now: what benchmarks compare
// themselves with.
//
//   double seconds_at_least = std::max(flops / FmaPeak(isa), bytes / ReadPeak(isa, bytes));
//
// The numbers drift with what else the machine does: measure them in the same minute
// as what is compared with them.
#ifndef LLAMA2_KERNELS_MACHINE_LIMITS_H_
#define LLAMA2_KERNELS_MACHINE_LIMITS_H_

#include <cstddef>

#include "kernels/isa.h"

namespace llama2 {

// fp32 operations per second in fused multiply-adds (two each) that touch no memory.
// For Isa::kScalar they are calls of fmaf. Takes a few milliseconds.
double FmaPeak(Isa isa);

// Bytes per second when the same `bytes` of memory are read over and over, in order;
// bytes > 0. Takes a few milliseconds, and ten passes over a large memory.
double ReadPeak(Isa isa, size_t bytes);

}  // namespace llama2

#endif  // LLAMA2_KERNELS_MACHINE_LIMITS_H_
