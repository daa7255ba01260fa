// What this machine can do at most, measured now: what benchmarks compare themselves with.
//
//   double seconds_at_least = std::max(flops / FmaPeak(isa), bytes / ReadPeak(isa, bytes));
//   double of_both_cores = Int8Peak(isa, /*threads=*/2);
//
//   ReadMeter meter(bytes);                       // for many measurements of one size
//   for (...) { limit = meter.Measure(isa, threads); ... }
//
// The numbers drift with what else the machine does: measure them in the same minute
// as what is compared with them. Each is the best of several tries, and what `threads`
// threads do together while all of them work.
#ifndef LLAMA2_KERNELS_MACHINE_LIMITS_H_
#define LLAMA2_KERNELS_MACHINE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "kernels/isa.h"

namespace llama2 {

// fp32 operations per second in fused multiply-adds (two each) that touch no memory.
// For Isa::kScalar they are calls of fmaf. Takes a few milliseconds.
double FmaPeak(Isa isa, int threads = 1);

// The same for products of int8 added up in int32 (two operations each): vpdpbusd for
// Isa::kAvx512 where the CPU has VNNI; vpmaddubsw, vpmaddwd and vpaddd without it and for
// Isa::kAvx2; what the compiler makes of plain integers for Isa::kScalar.
double Int8Peak(Isa isa, int threads = 1);

// How fast memory of one size is read over and over. Thread-safety: one Measure at a time.
class ReadMeter {
 public:
  // Larger sets are no different: every cache is much smaller.
  static constexpr size_t kLargest = size_t{1} << 30;

  // Takes min(bytes, kLargest) of memory, in huge pages where the system gives them;
  // bytes > 0.
  explicit ReadMeter(size_t bytes);

  // Bytes per second. Each thread reads a part of its own, in one stream, in several at
  // once, or in one that reaches ahead, whichever turns out fastest. Takes some ten
  // milliseconds; for the largest set, a few passes over it.
  double Measure(Isa isa, int threads = 1);

 private:
  AlignedBuffer<uint32_t> words_;
};

// The same once.
double ReadPeak(Isa isa, size_t bytes, int threads = 1);

}  // namespace llama2

#endif  // LLAMA2_KERNELS_MACHINE_LIMITS_H_
