// The folder of a training run: it belongs to one trainer at a time, and keeps the last
// two training states.
//
//   ASSIGN_OR_RETURN(OutputFolder folder, OutputFolder::Open("out"));
//   ASSIGN_OR_RETURN(NewestState newest, FindNewestState("out"));
//   ...
//   RETURN_IF_ERROR(folder.Save(state));     // out/state-00000500.bin
#ifndef LLAMA2_TRAINING_OUTPUT_FOLDER_H_
#define LLAMA2_TRAINING_OUTPUT_FOLDER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "training/training_state.h"

namespace llama2 {

struct NewestState {
  std::optional<TrainingState> state;  // none where the folder has no file of one
  std::string path;                    // of that file
  std::vector<std::string> damaged;    // newer files that had to be passed over: errors
};

// The state of the latest step among those in the folder `path` that are whole.
// Errors: DataLoss, that of the newest file, where there are some and all are damaged;
// what ReadTrainingState says otherwise of the newest that is not damaged.
absl::StatusOr<NewestState> FindNewestState(absl::string_view path);

// Move-only. While it lives, no other process can open the folder.
class OutputFolder {
 public:
  // Makes the folder where it does not exist, with those above it, and removes what
  // writers that were killed left behind.
  // Errors name the path: FailedPrecondition where another process has it open, and what
  // the system says.
  static absl::StatusOr<OutputFolder> Open(absl::string_view path);

  OutputFolder(OutputFolder&& other) noexcept;
  OutputFolder& operator=(OutputFolder&& other) noexcept;
  ~OutputFolder();

  // The path of a file of that name in it.
  std::string Path(absl::string_view name) const;

  // Writes the state. Then, and not before, removes all but it and the one before it; a
  // process that is killed at any moment leaves at least one that is whole. Those of later
  // steps, damaged or given up, go too. Errors: those of WriteTrainingState.
  absl::Status Save(const TrainingState& state) const;

 private:
  OutputFolder(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_ = -1;  // of the folder, locked
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_OUTPUT_FOLDER_H_
