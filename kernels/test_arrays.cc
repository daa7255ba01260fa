#include "kernels/test_arrays.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/check.h"

namespace llama2 {

GuardedArray::GuardedArray(size_t size) : size_(size) {
  const size_t page = sysconf(_SC_PAGESIZE);
  const size_t bytes = size * sizeof(float);
  const size_t usable = (bytes + page - 1) / page * page;
  pages_bytes_ = usable + page;
  pages_ =
      mmap(nullptr, pages_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages_ != MAP_FAILED);
  char* guard = static_cast<char*>(pages_) + usable;
  CHECK_EQ(mprotect(guard, page, PROT_NONE), 0);
  data_ = reinterpret_cast<float*>(guard - bytes);
}

GuardedArray::GuardedArray(absl::Span<const float> values) : GuardedArray(values.size()) {
  if (!values.empty()) std::memcpy(data_, values.data(), values.size() * sizeof(float));
}

GuardedArray::~GuardedArray() { CHECK_EQ(munmap(pages_, pages_bytes_), 0); }

std::vector<float> RandomFloats(size_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(n);
  for (float& value : values) {
    value = static_cast<float>(static_cast<int32_t>(random()) >> 7) / (1 << 24);
  }
  return values;
}

std::vector<float> WildFloats(size_t n, uint32_t seed, int max_exponent) {
  constexpr int kMinExponent = -149;  // of the smallest denormal
  std::mt19937 random(seed);
  std::vector<float> values(n);
  for (float& value : values) {
    const float sign = random() % 2 == 0 ? 1.0f : -1.0f;
    const float fraction = static_cast<float>(random() >> 8) / (1 << 24);  // 0 to 1
    const int exponents = max_exponent - kMinExponent;
    const int exponent = kMinExponent + static_cast<int>(random() % exponents);
    value = random() % 8 == 0 ? 0 * sign : sign * std::ldexp(1 + fraction, exponent);
  }
  return values;
}

}  // namespace llama2
