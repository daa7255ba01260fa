// The shapes of published models by name, so that a random checkpoint can stand in
// for one where only its size matters.
//
//   ASSIGN_OR_RETURN(const Config config, ParseShape("110M"));
//   ASSIGN_OR_RETURN(const Config own, ParseShape(
//       "dim=64,hidden_dim=172,n_layers=1,n_heads=8,n_kv_heads=4,vocab_size=512,seq_len=64"));
#ifndef LLAMA2_TESTING_MODEL_SHAPES_H_
#define LLAMA2_TESTING_MODEL_SHAPES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "llama/config.h"

namespace llama2 {

// A config by the model's name: the tinyllamas 260K, 15M, 42M and 110M (or stories260K
// ...), and 1.1B (or TinyLlama); or by its sizes, all of them, under the names of
// Config's fields, and with shared_classifier=0 for a classifier of its own. The result is
// one that Validate accepts. Errors: InvalidArgument, naming what was found and expected.
absl::StatusOr<Config> ParseShape(absl::string_view text);

}  // namespace llama2

#endif  // LLAMA2_TESTING_MODEL_SHAPES_H_
