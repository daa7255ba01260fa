// Runs a model in the float32 formats of llama2.c.
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/fp32.h"
#include "llama/transformer.h"
#include "tools/run_main.h"

namespace llama2 {
namespace {

absl::StatusOr<std::unique_ptr<const Transformer>> LoadFp32Model(absl::string_view path,
                                                                 Kernels kernels) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open(path));
  if (checkpoint.is_int8()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": found int8 weights (version 2), expected float32 (version 0 or 1)"));
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
