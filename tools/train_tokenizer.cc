// Learns a vocabulary from stories.
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "tokenizer/encoder.h"
#include "tokenizer/train_vocabulary.h"
#include "tokenizer/vocabulary.h"
#include "tools/cli/field_value.h"
#include "tools/cli/messages.h"
#include "tools/cli/output_file.h"
#include "tools/cli/program.h"
#include "tools/tokenizer_files.h"
#include "tools/train_tokenizer_config.pb.h"
#include "training/corpus.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Learns a vocabulary from stories: byte pair encoding with byte fallback, as llama2.c\n"
    "trains its own with SentencePiece. The same stories give the same vocabulary.\n";

constexpr absl::string_view kUsage =
    "train_tokenizer INPUT... OUTPUT.bin --vocab_size=NUMBER [flags]\n";

constexpr absl::string_view kExamples =
    R"(  train_tokenizer stories.txt tok1024.bin --vocab_size=1024
  train_tokenizer train/*.txt --vocab_size=4096 tok4096.bin --model=tok4096.model
)";

// The last argument is the output where no flag gives one.
void TakeOutput(TrainTokenizerConfig* config) {
  if (config->has_output() || config->input().empty()) return;
  config->set_output(*config->input().rbegin());
  config->mutable_input()->RemoveLast();
}

absl::Status CheckName(absl::string_view field, const std::string& name, TokenizerFormat format,
                       absl::string_view expected) {
  if (FormatOfName(name) == format) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": found \"", name, "\", expected a name that ends with ", expected));
}

absl::Status Validate(TrainTokenizerConfig* config) {
  RETURN_IF_ERROR(CheckFields(*config));
  TakeOutput(config);
  if (!config->has_output()) {
    return absl::InvalidArgumentError(
        "input: missing, expected text files, and last the file to write");
  }
  RETURN_IF_ERROR(CheckName("output", config->output(), TokenizerFormat::kBin, ".bin"));
  if (config->has_model()) {
    RETURN_IF_ERROR(CheckName("model", config->model(), TokenizerFormat::kModel, ".model"));
  }
  if (config->input().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input: missing, expected text files in front of ", config->output()));
  }
  if (!config->has_vocab_size()) {
    return absl::InvalidArgumentError("vocab_size: missing, expected a number of tokens");
  }
  return absl::OkStatus();
}

absl::Status CheckOutputs(const TrainTokenizerConfig& config) {
  for (const std::string& input : config.input()) {
    RETURN_IF_ERROR(CheckOutput(input, config.output(), config.force()));
    if (config.has_model()) {
      RETURN_IF_ERROR(CheckOutput(input, config.model(), config.force()));
    }
  }
  return absl::OkStatus();
}

// What was learnt from what, and how well.
std::string Report(const TrainTokenizerConfig& config, const Corpus& corpus,
                   const Vocabulary& vocabulary) {
  const Encoder encoder(&vocabulary);
  size_t tokens = 0;
  for (absl::string_view story : corpus.stories()) tokens += encoder.Encode(story).size();
  return absl::StrFormat("%s: %d tokens, of %d stories with %d bytes: %.3f bytes a token\n",
                         config.output(), vocabulary.size(), corpus.stories().size(),
                         corpus.bytes(),
                         static_cast<double>(corpus.bytes()) / static_cast<double>(tokens));
}

// What is to be printed.
absl::StatusOr<std::string> Train(const TrainTokenizerConfig& config) {
  RETURN_IF_ERROR(CheckOutputs(config));
  const std::vector<std::string> inputs(config.input().begin(), config.input().end());
  ASSIGN_OR_RETURN(const Corpus corpus, Corpus::Open(inputs));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary,
                   TrainVocabulary(corpus.stories(), config.vocab_size()));
  if (config.has_model()) {
    RETURN_IF_ERROR(
        WriteTokenizer(vocabulary, TokenizerFormat::kModel, config.model()).status());
  }
  RETURN_IF_ERROR(WriteTokenizer(vocabulary, TokenizerFormat::kBin, config.output()).status());
  return Report(config, corpus, vocabulary);
}

int Run(const TrainTokenizerConfig& config, const Messages& messages) {
  const absl::StatusOr<std::string> report = Train(config);
  if (!report.ok()) return Fail(messages, report.status(), kFailure);
  return PrintOnStdout(messages, *report);
}

int TrainTokenizerMain(int argc, char** argv) {
  TrainTokenizerConfig config;
  return ProgramMain(argc, argv,
                     {.name = "train_tokenizer",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(&config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::TrainTokenizerMain(argc, argv); }
