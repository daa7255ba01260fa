#include "tools/run_main.h"

#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/messages.h"
#include "tools/cli/program.h"
#include "tools/cli/text_output.h"
#include "tools/run_config.h"
#include "tools/run_config.pb.h"

namespace llama2 {
namespace {

constexpr absl::string_view kExamples =
    R"(  PROGRAM -i "The little dragon"
  PROGRAM model.bin -i "Once upon a time"
  PROGRAM model.bin -t 0.8 -p 0.9 -s 42 -n 256 -z tokenizer.bin
  PROGRAM model.bin --draft=smaller.bin
  PROGRAM model.bin -t 0 --stop="The end" --threads=1 --quiet > story.txt
  PROGRAM chat_model.bin -m chat -y "Answer in rhyme." -n 0
  PROGRAM --config=bedtime.textproto --seed=7
  PROGRAM model.bin -t 0.8 --print_config > bedtime.textproto
)";

int Run(const RunProgram& program, const RunConfig& config, const Messages& messages) {
  const Interrupt interrupt;
  TextOutput out(STDOUT_FILENO, "stdout");
  const absl::Status status = RunModel(config, program.load_model, interrupt, messages, out);
  if (!status.ok()) return Fail(messages, status, kFailure);
  return interrupt.signal() == 0 ? kSuccess : kSignal + interrupt.signal();
}

}  // namespace

int RunMain(int argc, char** argv, const RunProgram& program) {
  RunConfig config;
  const std::string usage = absl::StrCat(program.name, " [CHECKPOINT] [flags]\n");
  const std::string examples = absl::StrReplaceAll(kExamples, {{"PROGRAM", program.name}});
  return ProgramMain(
      argc, argv,
      {.name = program.name,
       .help = {.summary = program.summary, .usage = usage, .examples = examples},
       .config = &config,
       .validate = [&] { return Validate(config); },
       .run = [&](const Messages& messages) { return Run(program, config, messages); }});
}

}  // namespace llama2
