#include "tools/export_checkpoint.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "tools/cli/field_value.h"
#include "tools/cli/output_file.h"

namespace llama2 {
namespace {

absl::Status Missing(absl::string_view field, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": missing, expected ", expected));
}

CheckpointFormat FormatOf(const ExportConfig& config, const Config& model) {
  CheckpointFormat format = {static_cast<CheckpointVersion>(config.version())};
  if (!format.is_int8()) return format;
  format.group_size =
      config.has_group_size() ? config.group_size() : DefaultGroupSizeFor(model);
  return format;
}

}  // namespace

absl::Status Validate(const ExportConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  if (!config.has_input()) return Missing("input", "a checkpoint to read");
  if (config.inspect()) {
    return config.has_output()
               ? absl::InvalidArgumentError(
                     "output: found with --inspect, expected only a file to read")
               : absl::OkStatus();
  }
  if (!config.has_output()) return Missing("output", "a file to write (or --inspect)");
  if (!config.has_version()) return Missing("version", "0, 1, 2 or 3");
  if (config.has_group_size() && config.version() < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "group_size: found with version ", config.version(), ", expected version 2 or 3"));
  }
  return absl::OkStatus();
}

absl::Status ExportCheckpoint(const ExportConfig& config, ExportProgress progress) {
  RETURN_IF_ERROR(CheckOutput(config.input(), config.output(), config.force()));
  ASSIGN_OR_RETURN(const Checkpoint input, Checkpoint::Open(config.input()));
  const CheckpointFormat format = FormatOf(config, input.config());
  const int64_t total = FileBytes(format, input.config());
  ASSIGN_OR_RETURN(CheckpointWriter writer,
                   CheckpointWriter::Create(config.output(), {format, input.config()}));
  while (!writer.done()) {
    const TensorLayout t = writer.tensor();
    const int64_t matrix = writer.matrix();
    RETURN_IF_ERROR(writer.Append(input.Stored(t.kind, matrix)));
    input.ReleasePages();
    if (!progress(t.offset + (matrix + 1) * t.matrix_bytes(), total)) {
      return absl::CancelledError(absl::StrCat(config.output(), ": not written: interrupted"));
    }
  }
  return writer.Commit();
}

}  // namespace llama2
