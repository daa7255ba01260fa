#include "testing/fuzz_mutations.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace llama2 {
namespace {

using Bytes = std::vector<uint8_t>;
using Visitor = absl::FunctionRef<void(absl::Span<const uint8_t>)>;

void Visit(absl::Span<const uint8_t> bytes, Visitor visit) {
  // Not a vector: an empty one has no block, and a longer one may have room to spare.
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  visit(absl::MakeConstSpan(copy.get(), bytes.size()));
}

// Calls f(0), ..., f(size - 1), or `most` of these, spread evenly and beginning at 0.
template <typename F>
void ForEachSpread(int64_t size, int64_t most, F f) {
  const int64_t count = std::min(size, most);
  for (int64_t i = 0; i < count; ++i) f(i * size / count);
}

// The numbers at which a reader of sizes and lengths goes wrong.
constexpr int32_t kTrickyNumbers[] = {
    0,    1,     -1,      std::numeric_limits<int32_t>::max(),
    255,  256,   0x10000, std::numeric_limits<int32_t>::min(),
    1000, -1000, 1 << 30, 0x7fc00000 /* as a float, NaN */,
};

// `random` alone decides: the standard fixes its sequence, but not the sequences
// of the standard's distributions.
void Edit(Bytes& bytes, std::mt19937_64& random) {
  const auto below = [&random](size_t bound) { return static_cast<size_t>(random() % bound); };
  const uint8_t byte = random() & 0xff;
  const size_t kind = below(4);
  if (kind == 0 || bytes.size() < sizeof(int32_t)) {
    bytes.insert(bytes.begin() + below(bytes.size() + 1), byte);
  } else if (kind == 1) {
    bytes[below(bytes.size())] = byte;
  } else if (kind == 2) {
    bytes.erase(bytes.begin() + below(bytes.size()));
  } else {
    const int32_t number = kTrickyNumbers[below(std::size(kTrickyNumbers))];
    const size_t at = below(bytes.size() - sizeof(number) + 1);
    std::memcpy(&bytes[at], &number, sizeof(number));
  }
}

}  // namespace

void ForEachMutation(absl::Span<const uint8_t> input, Visitor visit) {
  Visit(input, visit);
  ForEachSpread(input.size(), kMaxTruncations,
                [&](int64_t size) { Visit(input.subspan(0, size), visit); });
  Bytes mutant(input.begin(), input.end());
  ForEachSpread(input.size() * 8, kMaxBitFlips, [&](int64_t bit) {
    mutant[bit / 8] ^= 1 << (bit % 8);
    Visit(mutant, visit);
    mutant[bit / 8] ^= 1 << (bit % 8);
  });
  std::mt19937_64 random;
  for (int64_t i = 0; i < kRandomEdits; ++i) {
    mutant.assign(input.begin(), input.end());
    for (uint64_t edits = 1 + random() % 4; edits > 0; --edits) Edit(mutant, random);
    Visit(mutant, visit);
  }
}

}  // namespace llama2
