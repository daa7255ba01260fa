// A transformer from a checkpoint of any version, in the number format that the file has.
//
//   ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open("stories15M.bin"));
//   ASSIGN_OR_RETURN(const auto model,
//                    MakeTransformer(std::move(checkpoint), Kernels(BestIsa())));
#ifndef LLAMA2_LLAMA_MAKE_TRANSFORMER_H_
#define LLAMA2_LLAMA_MAKE_TRANSFORMER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/transformer.h"

namespace llama2 {

// MakeInt8Transformer (llama/int8.h) where the checkpoint is_int8(), otherwise
// MakeFp32Transformer (llama/fp32.h). Errors are those of the first.
absl::StatusOr<std::unique_ptr<const Transformer>> MakeTransformer(Checkpoint checkpoint,
                                                                   Kernels kernels);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_MAKE_TRANSFORMER_H_
