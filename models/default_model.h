// The model that ships with the project, inside the program: stories1M (models/README.md),
// as the bytes of its files.
//
//   ASSIGN_OR_RETURN(Checkpoint checkpoint,
//                    Checkpoint::Parse(DefaultModel().checkpoint, kDefaultModelName));
//   ASSIGN_OR_RETURN(Vocabulary vocabulary,
//                    Vocabulary::Parse(DefaultModel().tokenizer, kDefaultModelName));
#ifndef LLAMA2_MODELS_DEFAULT_MODEL_H_
#define LLAMA2_MODELS_DEFAULT_MODEL_H_

#include <cstdint>

#include "absl/types/span.h"

namespace llama2 {

inline constexpr char kDefaultModelName[] = "the default model";

struct DefaultModelFiles {
  absl::Span<const uint8_t> checkpoint;  // version 0, beginning on a cache line
  absl::Span<const uint8_t> tokenizer;   // llama2.c's tokenizer.bin
};

// The bytes live as long as the program.
DefaultModelFiles DefaultModel();

}  // namespace llama2

#endif  // LLAMA2_MODELS_DEFAULT_MODEL_H_
