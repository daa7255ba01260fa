// Runs a model in int8.
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/int8.h"
#include "llama/transformer.h"
#include "tools/cli/messages.h"
#include "tools/int8_copy.h"
#include "tools/model_files.h"
#include "tools/run_config.pb.h"
#include "tools/run_main.h"

namespace llama2 {
namespace {

absl::StatusOr<Checkpoint> Quantized(const Checkpoint& checkpoint, const RunConfig& config,
                                     const Messages& messages) {
  const std::string name = CheckpointName(config);
  const std::string advice =
      config.has_checkpoint()
          ? absl::StrCat("; to do so once for all: export ", name, " OUTPUT --version=3")
          : "";
  messages.Print(absl::StrCat(name, ": float32, which becomes int8 in groups of ",
                              DefaultGroupSizeFor(checkpoint.config()), advice));
  return Int8Copy(checkpoint, name);
}

absl::StatusOr<std::unique_ptr<const Transformer>> LoadInt8Model(Checkpoint checkpoint,
                                                                 const RunConfig& config,
                                                                 Kernels kernels,
                                                                 const Messages& messages) {
  const std::string path = CheckpointName(config);
  if (config.dequantize()) {
    return absl::InvalidArgumentError(
        absl::StrCat("dequantize: found true, expected false, for runq computes in int8; "
                     "in float32: run ",
                     path, " --dequantize"));
  }
  if (config.draft() == "int8") {
    return absl::InvalidArgumentError(
        "draft: found int8, expected prompt or a checkpoint, for runq computes in int8 itself");
  }
  if (!checkpoint.is_int8()) {
    ASSIGN_OR_RETURN(checkpoint, Quantized(checkpoint, config, messages));
  }
  const CheckpointFormat format = checkpoint.format();
  if (format.version == CheckpointVersion::kV2 &&
      checkpoint.int8_weights().layers[0].w2.straddles()) {
    messages.Print(absl::StrCat(path, ": groups of ", format.group_size, " straddle rows of ",
                                checkpoint.config().hidden_dim,
                                "; that is right here, but llama2.c's runq computes it "
                                "wrongly"));
  }
  return MakeInt8Transformer(std::move(checkpoint), kernels);
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  return llama2::RunMain(argc, argv,
                         {.name = "runq",
                          .summary = "Continues a text, or answers in a chat, with a Llama "
                                     "2 model in int8.\n",
                          .load_model = llama2::LoadInt8Model});
}
