// One row of a batch that goes through the model.
//
//   BatchRow rows[] = {{.token = 1, .position = 0, .cache = &cache},
//                      {.token = 403, .position = 1, .cache = &cache}};
#ifndef LLAMA2_LLAMA_BATCH_ROW_H_
#define LLAMA2_LLAMA_BATCH_ROW_H_

#include <cstdint>

#include "llama/kv_cache.h"

namespace llama2 {

// One position of a batch: `token` stands at `position` of the sequence whose keys
// and values are in `cache`, where all positions before it are stored already or
// stand earlier in the same batch.
struct BatchRow {
  int token = 0;
  int64_t position = 0;
  KvCache* cache = nullptr;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_BATCH_ROW_H_
