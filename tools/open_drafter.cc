#include "tools/open_drafter.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "llama/draft_length.h"
#include "llama/draft_model.h"
#include "llama/kv_cache.h"
#include "llama/make_transformer.h"
#include "llama/model_drafter.h"
#include "llama/prompt_drafter.h"
#include "llama/self_drafter.h"
#include "llama/transformer.h"
#include "tools/int8_copy.h"
#include "tools/model_files.h"

namespace llama2 {
namespace {

std::string Megabytes(int64_t bytes) { return absl::StrFormat("%.1f MB", bytes / 1e6); }

absl::StatusOr<Checkpoint> OpenInt8Layers(const RunConfig& config) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(config));
  if (checkpoint.is_int8()) return checkpoint;
  return Int8Layers(checkpoint, CheckpointName(config));
}

absl::StatusOr<Checkpoint> OpenFile(const RunConfig& config, int vocab_size) {
  absl::StatusOr<Checkpoint> checkpoint = Checkpoint::Open(config.draft());
  if (absl::IsNotFound(checkpoint.status())) {
    return absl::NotFoundError(absl::StrCat(checkpoint.status().message(),
                                            "; expected int8, prompt or a checkpoint's path"));
  }
  if (!checkpoint.ok() || checkpoint->config().vocab_size == vocab_size) return checkpoint;
  return absl::InvalidArgumentError(
      absl::StrCat(config.draft(), ": found a vocabulary of ", checkpoint->config().vocab_size,
                   " tokens, expected the ", vocab_size, " of ", CheckpointName(config)));
}

absl::StatusOr<std::unique_ptr<Drafter>> MakeSelfDrafter(const RunConfig& config,
                                                         Session& session, ThreadTeam& team,
                                                         const Sampler& sampler,
                                                         const Messages& messages) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenInt8Layers(config));
  messages.Print(absl::StrCat(CheckpointName(config), " in int8 drafts: ",
                              Megabytes(FileBytes(checkpoint.format(), checkpoint.config())),
                              " of layers"));
  ASSIGN_OR_RETURN(std::unique_ptr<const Transformer> model,
                   MakeDraftModel(session.model(), std::move(checkpoint), team));
  return SelfDrafter::Create(std::move(model), session, team, sampler);
}

absl::StatusOr<std::unique_ptr<Drafter>> MakeModelDrafter(const RunConfig& config,
                                                          const Session& session,
                                                          ThreadTeam& team,
                                                          const Sampler& sampler,
                                                          const Messages& messages) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint,
                   OpenFile(config, session.model().config().vocab_size));
  // A model does not foretell well beyond the context that it was trained for.
  const Config c = checkpoint.config();
  const int64_t capacity = std::min<int64_t>(session.capacity(), c.seq_len);
  messages.Print(
      absl::StrCat(config.draft(), " drafts: ", Megabytes(FileBytes(checkpoint.format(), c)),
                   " of weights, ", Megabytes(KvCache::Bytes(c, capacity)), " of KV cache"));
  ASSIGN_OR_RETURN(std::unique_ptr<const Transformer> model,
                   MakeTransformer(std::move(checkpoint), session.model().kernels()));
  return ModelDrafter::Create(std::move(model), team,
                              {.capacity = capacity, .chunk = config.prefill_chunk()}, sampler);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Drafter>> OpenDrafter(const RunConfig& config, Session& session,
                                                     ThreadTeam& team, const Sampler& sampler,
                                                     const Messages& messages) {
  if (!config.has_draft()) return nullptr;
  std::unique_ptr<Drafter> drafter;
  if (config.draft() == "prompt") {
    drafter = std::make_unique<PromptDrafter>();
  } else {
    auto made = config.draft() == "int8"
                    ? MakeSelfDrafter(config, session, team, sampler, messages)
                    : MakeModelDrafter(config, session, team, sampler, messages);
    if (!made.ok()) {
      return absl::Status(made.status().code(),
                          absl::StrCat("draft: ", made.status().message()));
    }
    drafter = *std::move(made);
  }
  if (config.draft_length() > 0) drafter->length() = DraftLength::Fixed(config.draft_length());
  return drafter;
}

}  // namespace llama2
