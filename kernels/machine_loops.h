// The loops that machine_limits.h times: nothing but arithmetic, nothing but reading.
//
//   const MachineLoops loops = LoopsFor(Isa::kAvx2);
//   loops.fma(1000);                                     // 1000 * loops.fma_operations
//   loops.read(words, 4 * kReadStep, {.streams = 4});    // all of them, from 4 places at once
#ifndef LLAMA2_KERNELS_MACHINE_LOOPS_H_
#define LLAMA2_KERNELS_MACHINE_LOOPS_H_

#include <cstdint>

#include "kernels/isa.h"

namespace llama2 {

// Words that a loop reads before it looks where it is: eight registers of the widest
// instruction set.
inline constexpr int64_t kReadStep = 128;

// In which order memory is read: from `streams` places at once, at equal distances; and where
// `reach_ahead`, asking in each once in 4 KB for a line 64 KB further on.
struct ReadPattern {
  int streams;
  bool reach_ahead = false;
};

// The loops of an instruction set. What they compute is returned, so that the compiler must
// compute it. Any number of threads may run them at once.
struct MachineLoops {
  // Fused multiply-adds in fp32, without memory; an operation is half of one.
  float (*fma)(int64_t repeats);
  int64_t fma_operations;  // in a repeat

  // Products of int8 added up in int32, without memory, as the int8 kernels do it: by VNNI
  // where the CPU has it and the instruction set is AVX-512.
  int32_t (*int8)(int64_t repeats);
  int64_t int8_operations;

  // The exclusive or of n words, which begin at a cache line. n is a multiple of
  // pattern.streams * kReadStep.
  uint32_t (*read)(const uint32_t* words, int64_t n, ReadPattern pattern);
};

// `isa` is one of SupportedIsas().
MachineLoops LoopsFor(Isa isa);

}  // namespace llama2

#endif  // LLAMA2_KERNELS_MACHINE_LOOPS_H_
