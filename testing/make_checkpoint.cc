// Writes a checkpoint with random weights, which runs as fast as a trained one of its
// shape and needs no download, and if asked a vocabulary to go with it:
//
//   bazel run //testing:make_checkpoint -- --shape=15M --tokenizer=/tmp/tok.bin /tmp/15M.bin
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/atomic_file_writer.h"
#include "base/status_macros.h"
#include "base/user_folder.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "testing/model_shapes.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"

ABSL_FLAG(std::string, shape, "260K",
          "260K, 15M, 42M, 110M (or stories260K ...), 1.1B (or TinyLlama), or sizes: "
          "dim=..,hidden_dim=..,n_layers=..,n_heads=..,"
          "n_kv_heads=..,vocab_size=..,seq_len=..[,shared_classifier=0]");
ABSL_FLAG(std::string, format, "v0",
          "version of the file format: v0, v1, v2 (int8) or v3 (int8 in panels)");
ABSL_FLAG(int, group_size, 64, "of versions 2 and 3: how many weights share a scale");
ABSL_FLAG(uint64_t, seed, 1, "decides the weights");
ABSL_FLAG(std::string, tokenizer, "", "also writes a tokenizer.bin of the shape's size here");

namespace llama2 {
namespace {

absl::Status WriteTokenizer(const std::string& path, int64_t tokens) {
  if (tokens < kLeastVocabulary) {
    return absl::InvalidArgumentError(absl::StrCat("vocab_size: found ", tokens,
                                                   ", expected at least ", kLeastVocabulary,
                                                   " for a tokenizer.bin"));
  }
  ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(writer.Append(TinyTokenizerBin(tokens)));
  return writer.Commit();
}

// "v2" or just "2".
absl::StatusOr<CheckpointVersion> ParseVersion(absl::string_view text) {
  absl::string_view number = text;
  absl::ConsumePrefix(&number, "v");
  for (const CheckpointVersion version : {CheckpointVersion::kV0, CheckpointVersion::kV1,
                                          CheckpointVersion::kV2, CheckpointVersion::kV3}) {
    if (number == absl::StrCat(static_cast<int>(version))) return version;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("format: found ", text, ", expected v0, v1, v2 or v3"));
}

absl::Status MakeCheckpoint(absl::string_view path) {
  CheckpointFormat format;
  ASSIGN_OR_RETURN(format.version, ParseVersion(absl::GetFlag(FLAGS_format)));
  if (format.is_int8()) {
    format.group_size = absl::GetFlag(FLAGS_group_size);
  }
  ASSIGN_OR_RETURN(const Config config, ParseShape(absl::GetFlag(FLAGS_shape)));
  const std::string tokenizer = absl::GetFlag(FLAGS_tokenizer);
  if (!tokenizer.empty()) RETURN_IF_ERROR(WriteTokenizer(tokenizer, config.vocab_size));
  const TinyModel model = MakeTinyModel(config, absl::GetFlag(FLAGS_seed));
  return WriteCheckpoint(path, {format, config}, model.weights());
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "writes a checkpoint with random weights\n\n  make_checkpoint [flags] OUTPUT");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() != 2) {
    std::fprintf(stderr, "%s\n", "usage: make_checkpoint [flags] OUTPUT (see --help)");
    return 2;
  }
  absl::Status status = llama2::EnterUserFolder();
  if (status.ok()) status = llama2::MakeCheckpoint(arguments[1]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "make_checkpoint: %s\n", std::string(status.message()).c_str());
  return 1;
}
