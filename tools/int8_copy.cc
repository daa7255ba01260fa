#include "tools/int8_copy.h"

#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/weights.h"

namespace llama2 {
namespace {

absl::StatusOr<Checkpoint> Int8CopyOf(const Config& config, const Weights& weights,
                                      absl::string_view name) {
  return ConvertCheckpoint(
      name, {{CheckpointVersion::kV3, DefaultGroupSizeFor(config)}, config}, weights);
}

}  // namespace

absl::StatusOr<Checkpoint> Int8Copy(const Checkpoint& checkpoint, absl::string_view name) {
  return Int8CopyOf(checkpoint.config(), checkpoint.weights(), name);
}

absl::StatusOr<Checkpoint> Int8Layers(const Checkpoint& checkpoint, absl::string_view name) {
  Config config = checkpoint.config();
  config.vocab_size = kMinVocabulary;
  config.shared_classifier = true;
  Weights weights = checkpoint.weights();
  weights.token_embedding = weights.token_embedding.Rows(0, kMinVocabulary);
  weights.classifier = weights.token_embedding;
  return Int8CopyOf(config, weights, name);
}

}  // namespace llama2
