#include "llama/make_transformer.h"

#include <utility>

#include "llama/fp32.h"
#include "llama/int8.h"

namespace llama2 {

absl::StatusOr<std::unique_ptr<const Transformer>> MakeTransformer(Checkpoint checkpoint,
                                                                   Kernels kernels) {
  if (checkpoint.is_int8()) return MakeInt8Transformer(std::move(checkpoint), kernels);
  return MakeFp32Transformer(std::move(checkpoint), kernels);
}

}  // namespace llama2
