// Real checkpoints and vocabularies, which some machines have and the repository has
// not. A test that uses one passes without it:
//
//   const std::optional<std::string> path = SharedDataPath("stories260K.bin");
//   if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
#ifndef LLAMA2_TESTING_SHARED_DATA_H_
#define LLAMA2_TESTING_SHARED_DATA_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace llama2 {

// The path of `file` in the folder that the environment variable LLAMA2_SHARED_DATA
// names; nullopt where the variable is not set or the folder has no such file.
std::optional<std::string> SharedDataPath(absl::string_view file);

}  // namespace llama2

#endif  // LLAMA2_TESTING_SHARED_DATA_H_
