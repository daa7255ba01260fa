// A zero-filled array whose first element lies at a cache line's start, so that a
// whole SIMD vector can be loaded from it and no two buffers share a line.
//
//   AlignedBuffer<float> scores(heads * positions);
//   scores[0] = 1;
//   Use(scores.span());
#ifndef LLAMA2_BASE_ALIGNED_BUFFER_H_
#define LLAMA2_BASE_ALIGNED_BUFFER_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/types/span.h"
#include "base/check.h"

namespace llama2 {

inline constexpr size_t kCacheLineBytes = 64;

// Owns `size` elements of T. Move-only; a moved-from buffer is empty.
// Thread-safety: as std::vector.
template <typename T>
class AlignedBuffer {
  static_assert(std::is_trivial_v<T>);

 public:
  AlignedBuffer() = default;

  // Aborts where the memory cannot be had: for sizes that are known to be modest.
  explicit AlignedBuffer(size_t size) { CHECK(TryResize(size)); }

  // Replaces the contents by `size` zeros. False, and nothing has changed, where the
  // memory cannot be had: for sizes that come from a file or a flag. The pages of a
  // large buffer are not touched: the system gives them, zeroed, as they are written.
  [[nodiscard]] bool TryResize(size_t size) {
    constexpr size_t kMostBytes = std::numeric_limits<ptrdiff_t>::max();
    if (size > (kMostBytes - kCacheLineBytes) / sizeof(T)) return false;
    size_t room = size * sizeof(T) + kCacheLineBytes;
    // calloc, not aligned_alloc and memset: it knows which pages are zero already.
    void* memory = std::calloc(room, 1);
    if (memory == nullptr) return false;
    memory_.reset(memory);
    size_ = size;
    data_ = static_cast<T*>(std::align(kCacheLineBytes, size * sizeof(T), memory, room));
    return true;
  }

  // Asks the system for huge pages, before the memory is touched: for megabytes that are
  // read over and over, as a model's weights are. Where there are none nothing changes.
  void PreferHugePages() {
    constexpr size_t kHugePage = size_t{1} << 21;
    const size_t begin =
        (reinterpret_cast<uintptr_t>(data_) + kHugePage - 1) & ~(kHugePage - 1);
    const size_t end = reinterpret_cast<uintptr_t>(data_ + size_) & ~(kHugePage - 1);
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  }

  AlignedBuffer(AlignedBuffer&& other) noexcept { *this = std::move(other); }
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) {
    DCHECK_LT(i, size_);
    return data_[i];
  }
  const T& operator[](size_t i) const {
    DCHECK_LT(i, size_);
    return data_[i];
  }
  absl::Span<T> span() { return absl::MakeSpan(data_, size_); }
  absl::Span<const T> span() const { return absl::MakeConstSpan(data_, size_); }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_BASE_ALIGNED_BUFFER_H_
