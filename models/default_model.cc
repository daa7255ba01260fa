#include "models/default_model.h"

// Where default_model_data.S puts the files.
extern "C" {
extern const uint8_t llama2_default_checkpoint[];
extern const uint8_t llama2_default_checkpoint_end[];
extern const uint8_t llama2_default_tokenizer[];
extern const uint8_t llama2_default_tokenizer_end[];
}

namespace llama2 {

DefaultModelFiles DefaultModel() {
  return {
      .checkpoint =
          absl::MakeConstSpan(llama2_default_checkpoint, llama2_default_checkpoint_end),
      .tokenizer = absl::MakeConstSpan(llama2_default_tokenizer, llama2_default_tokenizer_end)};
}

}  // namespace llama2
