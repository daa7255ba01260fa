#include "tools/cli/program.h"

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/user_folder.h"
#include "google/protobuf/descriptor.h"
#include "tools/cli/command_line.h"
#include "tools/cli/common_flags.pb.h"
#include "tools/cli/config_file.h"
#include "tools/cli/text_output.h"
#include "tools/cli/version.h"

namespace llama2 {
namespace {

using ::google::protobuf::Message;

// Lays the files that `common` names under what the flags have set in `config`.
absl::Status LoadFilesUnder(const CommonFlags& common, Message* config) {
  const std::unique_ptr<Message> flags(config->New());
  flags->CopyFrom(*config);
  config->Clear();
  for (const std::string& path : common.config()) {
    const std::unique_ptr<Message> layer(config->New());
    RETURN_IF_ERROR(LoadConfigFile(path, layer.get()));
    Overlay(*layer, config);
  }
  Overlay(*flags, config);
  return absl::OkStatus();
}

}  // namespace

int ProgramMain(int argc, char** argv, const Program& program) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write
  const Messages messages(program.name);
  absl::Status status = EnterUserFolder();
  if (!status.ok()) return Fail(messages, status, kFailure);

  CommonFlags common;
  VersionFlag version;
  std::vector<Message*> flags = {program.config, &common};
  if (program.config->GetDescriptor()->FindFieldByName("version") == nullptr) {
    flags.push_back(&version);
  }
  status = ParseCommandLine(std::vector<absl::string_view>(argv + 1, argv + argc), flags);
  if (!status.ok()) return Fail(messages, status, kUsageError);
  if (common.help()) {
    const std::vector<const Message*> described(flags.begin(), flags.end());
    return PrintOnStdout(messages, HelpText(program.help, described));
  }
  if (version.version()) {
    return PrintOnStdout(messages, absl::StrCat(program.name, " ", kVersion, "\n"));
  }

  status = LoadFilesUnder(common, program.config);
  if (!status.ok()) return Fail(messages, status, kFailure);
  status = program.validate();
  if (!status.ok()) return Fail(messages, status, kUsageError);
  if (common.print_config()) return PrintOnStdout(messages, PrintConfig(*program.config));
  return program.run(messages);
}

int Fail(const Messages& messages, const absl::Status& status, ExitCode code) {
  messages.Print(status.message());
  return code;
}

int PrintOnStdout(const Messages& messages, absl::string_view text) {
  TextOutput out(STDOUT_FILENO, "stdout");
  out.Write(text);
  return out.status().ok() ? kSuccess : Fail(messages, out.status(), kFailure);
}

}  // namespace llama2
