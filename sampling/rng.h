// The random numbers of sampling: xorshift64*, as in llama2.c, so that a seed gives
// the text that it gives there.
//
//   Rng rng(42);
//   float coin = rng.NextFloat();  // in [0, 1)
//   Rng later(rng.state());        // goes on where `rng` stands
//
// Not for secrets: the state is easily computed from a few outputs.
#ifndef LLAMA2_SAMPLING_RNG_H_
#define LLAMA2_SAMPLING_RNG_H_

#include <cstdint>

namespace llama2 {

// A stream of numbers that its seed determines. Cheap to copy; the copy goes its own
// way. Thread-safety: one thread at a time.
// Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled",
// 2016.
class Rng {
 public:
  // What seed 0 stands for: with a state of 0, xorshift gives zeros for ever.
  static constexpr uint64_t kSeedForZero = 0x9E3779B97F4A7C15;

  // Any seed will do, among them the state() of another Rng (which is never 0).
  explicit constexpr Rng(uint64_t seed) : state_(seed != 0 ? seed : kSeedForZero) {}

  // What the numbers to come depend on: Rng(state()) gives the same ones.
  constexpr uint64_t state() const { return state_; }

  // The next number, uniform over all 32 bits.
  constexpr uint32_t NextU32() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>((state_ * 0x2545F4914F6CDD1D) >> 32);
  }

  // The next number as one of the 2^24 multiples of 2^-24 in [0, 1). Takes one NextU32.
  constexpr float NextFloat() { return static_cast<float>(NextU32() >> 8) * 0x1p-24f; }

 private:
  uint64_t state_;
};

}  // namespace llama2

#endif  // LLAMA2_SAMPLING_RNG_H_
