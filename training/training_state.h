// All that a training run needs to go on as if it had never stopped, and its file.
//
//   RETURN_IF_ERROR(WriteTrainingState(state, "out/state-00000500.bin"));
//   ...
//   ASSIGN_OR_RETURN(TrainingState state, ReadTrainingState("out/state-00000500.bin"));
//   RETURN_IF_ERROR(CheckSettings(state.settings, SettingsOf(options)));
//
// Random numbers and the position in the data are not in it: both are functions of the
// seed and the step. docs/formats.md describes the file byte by byte.
#ifndef LLAMA2_TRAINING_TRAINING_STATE_H_
#define LLAMA2_TRAINING_TRAINING_STATE_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"

namespace llama2 {

// One of the choices that decide the bits of the weights, as text: neither name nor value
// has a line break, and the name no ": ".
struct Setting {
  std::string name;
  std::string value;

  friend bool operator==(const Setting&, const Setting&) = default;
};

// Move-only: three arrays of the model's P parameters (see initialize.h for their order).
struct TrainingState {
  std::vector<Setting> settings;
  int64_t step = 0;  // how many have been done
  // Of the model so far that was best on the held-out part; infinite before the first.
  double best_validation_loss = std::numeric_limits<double>::infinity();
  AlignedBuffer<float> parameters;
  AlignedBuffer<float> first_moment;
  AlignedBuffer<float> second_moment;
};

// Writes the file, whole or not at all, and flushes it to the disk.
// Errors: those of AtomicFileWriter.
absl::Status WriteTrainingState(const TrainingState& state, absl::string_view path);

// Reads it back. Errors name the path: DataLoss, with the field, what was found and what
// was expected, where the file is no training state or is damaged (a checksum covers all of
// it); Unimplemented for a version of the format that is not known here; ResourceExhausted
// where there is no memory for the arrays; and those of MappedFile::Open.
absl::StatusOr<TrainingState> ReadTrainingState(absl::string_view path);

// The same for a file's content. Errors call it `name`.
absl::StatusOr<TrainingState> ParseTrainingState(absl::Span<const uint8_t> bytes,
                                                 absl::string_view name);

// Whether a run with the settings `expected` may go on from a state with `found`, that is
// whether they are the same. FailedPrecondition, naming the first that differs.
absl::Status CheckSettings(absl::Span<const Setting> found, absl::Span<const Setting> expected);

}  // namespace llama2

#endif  // LLAMA2_TRAINING_TRAINING_STATE_H_
