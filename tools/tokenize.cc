// Text to token ids and back, and vocabularies from one file format to the other.
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "tokenizer/decoder.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"
#include "tools/cli/field_value.h"
#include "tools/cli/messages.h"
#include "tools/cli/output_file.h"
#include "tools/cli/program.h"
#include "tools/tokenize_config.pb.h"
#include "tools/tokenizer_files.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Turns text into token ids and back, and writes a vocabulary in the other file\n"
    "format: llama2.c's tokenizer.bin or SentencePiece's .model.\n";

constexpr absl::string_view kUsage = "tokenize VOCABULARY [OUTPUT] [flags]\n";

constexpr absl::string_view kExamples =
    R"(  tokenize tokenizer.model tokenizer.bin
  tokenize tokenizer.bin --encode="Once upon a time" --bos
  tokenize tokenizer.bin --decode="1 9038 2501 263 931"
  tokenize tokenizer.bin --inspect
)";

absl::Status Error(absl::string_view field, absl::string_view found,
                   absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": found \"", found, "\", expected ", expected));
}

absl::StatusOr<std::vector<int>> ParseIds(absl::string_view text) {
  std::vector<int> ids;
  for (absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" ,\n\t"), absl::SkipEmpty())) {
    int id;
    if (!absl::SimpleAtoi(word, &id)) {
      return Error("decode", word, "ids: whole numbers, spaces or commas between them");
    }
    ids.push_back(id);
  }
  return ids;
}

absl::Status Validate(const TokenizeConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  RETURN_IF_ERROR(ParseIds(config.decode()).status());
  if (!config.has_vocabulary()) {
    return absl::InvalidArgumentError("vocabulary: missing, expected a file to read");
  }
  if (config.has_output() && !FormatOfName(config.output()).has_value()) {
    return Error("output", config.output(), "a name that ends with .bin or .model");
  }
  const int jobs =
      config.has_output() + config.has_encode() + config.has_decode() + config.inspect();
  if (jobs != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", jobs,
                     " things to do, expected one: OUTPUT, --encode, --decode or --inspect"));
  }
  return absl::OkStatus();
}

std::string Encode(const TokenizeConfig& config, const Vocabulary& vocabulary) {
  const std::vector<int> ids =
      Encoder(&vocabulary)
          .Encode(config.encode(), {.add_bos = config.bos(), .add_eos = config.eos()});
  return absl::StrCat(absl::StrJoin(ids, " "), "\n");
}

absl::StatusOr<std::string> Decode(const TokenizeConfig& config, const Vocabulary& vocabulary) {
  ASSIGN_OR_RETURN(const std::vector<int> ids, ParseIds(config.decode()));
  Decoder decoder(&vocabulary);
  std::string text;
  for (int id : ids) {
    if (id < 0 || id >= vocabulary.size()) {
      return Error(
          "decode", absl::StrCat(id),
          absl::StrCat("an id from 0 to ", vocabulary.size() - 1, " of ", config.vocabulary()));
    }
    text += decoder.Decode(id);
  }
  return absl::StrCat(text, decoder.Flush(), "\n");
}

absl::Status Convert(const TokenizeConfig& config, const Vocabulary& vocabulary,
                     const Messages& messages) {
  RETURN_IF_ERROR(CheckOutput(config.vocabulary(), config.output(), config.force()));
  ASSIGN_OR_RETURN(const std::vector<std::string> losses,
                   WriteTokenizer(vocabulary, *FormatOfName(config.output()), config.output()));
  for (const std::string& loss : losses) {
    messages.Print(absl::StrCat("note: ", config.output(), ": ", loss));
  }
  return absl::OkStatus();
}

// What is to be printed.
absl::StatusOr<std::string> DoJob(const TokenizeConfig& config, const Messages& messages) {
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::Load(config.vocabulary()));
  if (config.has_encode()) return Encode(config, vocabulary);
  if (config.has_decode()) return Decode(config, vocabulary);
  if (config.inspect()) {
    return absl::StrCat(config.vocabulary(), "\n", DescribeVocabulary(vocabulary));
  }
  RETURN_IF_ERROR(Convert(config, vocabulary, messages));
  return "";
}

int Run(const TokenizeConfig& config, const Messages& messages) {
  const absl::StatusOr<std::string> text = DoJob(config, messages);
  if (!text.ok()) return Fail(messages, text.status(), kFailure);
  return PrintOnStdout(messages, *text);
}

int TokenizeMain(int argc, char** argv) {
  TokenizeConfig config;
  return ProgramMain(argc, argv,
                     {.name = "tokenize",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::TokenizeMain(argc, argv); }
