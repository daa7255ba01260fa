// How many threads a model is fastest with, found by trying.
//
//   ASSIGN_OR_RETURN(int threads, ChooseThreads(*model, AvailableProcessors()));
//   ThreadTeam team(threads);
#ifndef LLAMA2_LLAMA_CHOOSE_THREADS_H_
#define LLAMA2_LLAMA_CHOOSE_THREADS_H_

#include "absl/status/statusor.h"
#include "llama/transformer.h"

namespace llama2 {

// The number of threads, 1 .. max_threads, at which decoding a token takes the least
// time: threads have to wait for each other some times in each layer, and for a tiny
// model that costs more than they gain. Text is the same with any number.
//
// A model whose weights take a token many times what the waiting takes uses all
// threads and is not tried. Otherwise this decodes some tokens with each candidate: a
// few milliseconds. ResourceExhausted where there is no memory even for that.
absl::StatusOr<int> ChooseThreads(const Transformer& model, int max_threads);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHOOSE_THREADS_H_
