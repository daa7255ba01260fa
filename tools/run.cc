// Runs a model in float32.
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
#include "llama/checkpoint_writer.h"
#include "llama/fp32.h"
#include "llama/transformer.h"
#include "tools/cli/messages.h"
#include "tools/model_files.h"
#include "tools/run_config.pb.h"
#include "tools/run_main.h"

namespace llama2 {
namespace {

absl::StatusOr<std::unique_ptr<const Transformer>> LoadFp32Model(Checkpoint checkpoint,
                                                                 const RunConfig& config,
                                                                 Kernels kernels,
                                                                 const Messages&) {
  if (checkpoint.is_int8()) {
    const std::string path = CheckpointName(config);
    if (!config.dequantize()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": found ", Describe(checkpoint.format()),
                       ", expected float32; to run it as it is: runq ", path,
                       "; in float32: run ", path, " --dequantize"));
    }
    ASSIGN_OR_RETURN(checkpoint, ConvertCheckpoint(path, {CheckpointVersion::kV1}, checkpoint));
  }
  return MakeFp32Transformer(std::move(checkpoint), kernels);
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  return llama2::RunMain(argc, argv,
                         {.name = "run",
                          .summary = "Continues a text, or answers in a chat, with a Llama "
                                     "2 model in float32.\n",
                          .load_model = llama2::LoadFp32Model});
}
