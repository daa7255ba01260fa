// A transformer whose weights are group-wise int8. Norms, attention and the residual
// stream are float32, as in llama2.c's runq; each linear layer quantises its input.
//
//   ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open("stories15M_q80.bin"));
//   CHECK(checkpoint.is_int8());
//   ASSIGN_OR_RETURN(const auto model,
//                    MakeInt8Transformer(std::move(checkpoint), Kernels(BestIsa())));
//
// A float32 checkpoint is quantised first: ConvertCheckpoint in checkpoint_writer.h, best to
// version 3.
#ifndef LLAMA2_LLAMA_INT8_H_
#define LLAMA2_LLAMA_INT8_H_

#include <memory>

#include "absl/status/statusor.h"
#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/transformer.h"

namespace llama2 {

// `checkpoint` is one that is_int8(). Products read version 3 where it is; of version 2 they
// need a copy, in panels (quant/packed_int8_matrix.h), which takes about as much memory as
// the file has: ResourceExhausted where there is none.
absl::StatusOr<std::unique_ptr<const Transformer>> MakeInt8Transformer(Checkpoint checkpoint,
                                                                       Kernels kernels);

// What such a transformer is made of.
absl::StatusOr<Parts> MakeInt8Parts(Checkpoint checkpoint, Kernels kernels);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_INT8_H_
