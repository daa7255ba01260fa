// `bazel run` starts a program in a folder of its own; whoever ran it stands elsewhere, and
// means paths from there.
//
//   int main(int argc, char** argv) {
//     const absl::Status status = llama2::EnterUserFolder();
#ifndef LLAMA2_BASE_USER_FOLDER_H_
#define LLAMA2_BASE_USER_FOLDER_H_

#include "absl/status/status.h"

namespace llama2 {

// Makes the folder that `bazel run` names in $BUILD_WORKING_DIRECTORY the current one; does
// nothing in a program that was started otherwise. For a main, before it has threads. Errors
// name the folder: those of chdir, such as NotFound.
absl::Status EnterUserFolder();

}  // namespace llama2

#endif  // LLAMA2_BASE_USER_FOLDER_H_
