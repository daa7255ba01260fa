// The keys and values of one sequence: what attention at a position remembers of
// the positions before it.
//
//   ASSIGN_OR_RETURN(KvCache cache, KvCache::Create(config, positions));
//   cache.Store(layer, kv_head, position, key, value);
//   kernels.Attention(q, cache.Head(layer, kv_head), position + 1, ...);
#ifndef LLAMA2_LLAMA_KV_CACHE_H_
#define LLAMA2_LLAMA_KV_CACHE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "llama/config.h"

namespace llama2 {

// Room for `capacity` positions of L layers and NKV heads, in fp32. Keys lie
// transposed, 16 positions side by side, so that 16 scores are computed at once;
// values lie position by position. Memory is touched as positions are stored.
//
// Thread-safety: members of a team may store and read different (layer, head,
// position) at once.
class KvCache {
 public:
  // 0 < capacity. ResourceExhausted where the memory cannot be had.
  static absl::StatusOr<KvCache> Create(const Config& config, int64_t capacity);

  int64_t capacity() const { return capacity_; }

  // Keeps key and value (HD) of one head at `position`, 0 <= position < capacity.
  void Store(int64_t layer, int64_t kv_head, int64_t position, absl::Span<const float> key,
             absl::Span<const float> value);

  // What one head has stored.
  HeadCache Head(int64_t layer, int64_t kv_head) const;

  // The bytes that a cache of that many positions takes.
  static int64_t Bytes(const Config& config, int64_t capacity);

 private:
  KvCache() = default;
  int64_t HeadIndex(int64_t layer, int64_t kv_head) const {
    return layer * kv_heads_ + kv_head;
  }

  int64_t capacity_ = 0;
  int64_t kv_heads_ = 0;
  int64_t head_dim_ = 0;
  AlignedBuffer<float> keys_;    // (L, NKV, capacity / 16 rounded up, HD, 16)
  AlignedBuffer<float> values_;  // (L, NKV, capacity, HD)
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_KV_CACHE_H_
