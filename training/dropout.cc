#include "training/dropout.h"

#include "base/check.h"

namespace llama2 {
namespace {

// A step of SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
// Generators", 2014. Neighbouring arguments give unrelated numbers.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t Dropout::Key(int64_t window, int64_t layer, DropoutPlace place) const {
  uint64_t key = Mix(seed);
  for (int64_t part : {step, window, layer, static_cast<int64_t>(place)}) {
    key = Mix(key ^ static_cast<uint64_t>(part));
  }
  return key;
}

void Dropout::Apply(uint64_t key, int64_t first, absl::Span<float> values) const {
  DCHECK(0 <= rate && rate < 1);
  const uint64_t left_out = static_cast<uint64_t>(rate * 0x1p32);
  const float scale = static_cast<float>(1 / (1 - rate));
  for (size_t i = 0; i < values.size(); ++i) {
    const bool kept = Mix(key + static_cast<uint64_t>(first) + i) >> 32 >= left_out;
    values[i] *= kept ? scale : 0.0f;
  }
}

}  // namespace llama2
