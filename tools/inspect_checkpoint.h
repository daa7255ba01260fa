// What a checkpoint file is, as a text for a person: `export --inspect`.
//
//   ASSIGN_OR_RETURN(const Inspection inspection, InspectCheckpoint("model.bin"));
//   std::cout << inspection.text;
//   if (!inspection.damage.ok()) std::cerr << inspection.damage.message() << "\n";
#ifndef LLAMA2_TOOLS_INSPECT_CHECKPOINT_H_
#define LLAMA2_TOOLS_INSPECT_CHECKPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

struct Inspection {
  // Lines: the file's size and version, the config, the parameters, and each tensor with
  // its type, shape, first byte, bytes and the smallest and largest of its values; as
  // many of them as the header and the file's length allow.
  std::string text;
  // OK for a file that Checkpoint::Open accepts, otherwise its error.
  absl::Status damage;
};

// Reads the whole file, in the memory of one matrix.
// Errors: those of MappedFile::Open.
absl::StatusOr<Inspection> InspectCheckpoint(absl::string_view path);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_INSPECT_CHECKPOINT_H_
