#include "llama/kv_cache.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace llama2 {

int64_t KvCache::Bytes(const Config& config, int64_t capacity) {
  const int64_t heads = config.n_layers * config.n_kv_heads;
  const int64_t head = KeyCacheSize(capacity, config.head_dim()) + capacity * config.head_dim();
  return heads * head * static_cast<int64_t>(sizeof(float));
}

absl::StatusOr<KvCache> KvCache::Create(const Config& config, int64_t capacity) {
  CHECK_GT(capacity, 0);
  CHECK_LE(capacity, kMaxConfigValue);
  KvCache cache;
  cache.capacity_ = capacity;
  cache.kv_heads_ = config.n_kv_heads;
  cache.head_dim_ = config.head_dim();
  // At most 2^44 parameters hold L * NKV * HD * D, so these stay below 2^63.
  const int64_t heads = config.n_layers * config.n_kv_heads;
  if (!cache.keys_.TryResize(heads * KeyCacheSize(capacity, config.head_dim())) ||
      !cache.values_.TryResize(heads * capacity * config.head_dim())) {
    return absl::ResourceExhaustedError(
        absl::StrCat("KV cache: no memory for ", Bytes(config, capacity), " bytes (", capacity,
                     " positions); fewer positions need less"));
  }
  return cache;
}

void KvCache::Store(int64_t layer, int64_t kv_head, int64_t position,
                    absl::Span<const float> key, absl::Span<const float> value) {
  DCHECK_LT(position, capacity_);
  DCHECK_EQ(static_cast<int64_t>(key.size()), head_dim_);
  DCHECK_EQ(static_cast<int64_t>(value.size()), head_dim_);
  const int64_t head = HeadIndex(layer, kv_head);
  float* keys = keys_.data() + head * KeyCacheSize(capacity_, head_dim_) +
                position / kKeyBlock * kKeyBlock * head_dim_ + position % kKeyBlock;
  for (int64_t i = 0; i < head_dim_; ++i) keys[i * kKeyBlock] = key[i];
  std::copy(value.begin(), value.end(),
            values_.data() + (head * capacity_ + position) * head_dim_);
}

HeadCache KvCache::Head(int64_t layer, int64_t kv_head) const {
  const int64_t head = HeadIndex(layer, kv_head);
  return {.keys = keys_.data() + head * KeyCacheSize(capacity_, head_dim_),
          .values = values_.data() + head * capacity_ * head_dim_};
}

}  // namespace llama2
