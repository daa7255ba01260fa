// A transformer whose weights are float32, read from where the checkpoint is mapped.
//
//   ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open("stories15M.bin"));
//   const auto model = MakeFp32Transformer(std::move(checkpoint), Kernels(BestIsa()));
#ifndef LLAMA2_LLAMA_FP32_H_
#define LLAMA2_LLAMA_FP32_H_

#include <memory>

#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/config.h"
#include "llama/transformer.h"
#include "llama/weights.h"

namespace llama2 {

// Nothing is copied: the transformer keeps the checkpoint and computes from its pages.
std::unique_ptr<const Transformer> MakeFp32Transformer(Checkpoint checkpoint, Kernels kernels);

// The same over weights that somebody else keeps: they outlive the transformer.
std::unique_ptr<const Transformer> MakeFp32Transformer(const Config& config,
                                                       const Weights& weights, Kernels kernels);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_FP32_H_
