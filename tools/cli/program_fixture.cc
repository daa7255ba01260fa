#include "tools/cli/program_fixture.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/check.h"

namespace llama2 {

Command ProgramFixture::ProgramCommand(std::vector<std::string> args) const {
  const char* program = std::getenv("PROGRAM");
  CHECK(program != nullptr);
  args.insert(args.begin(), std::filesystem::absolute(program).string());
  return {.args = std::move(args), .folder = folder_.path()};
}

Outcome ProgramFixture::RunProgram(std::vector<std::string> args) const {
  return RunToEnd(ProgramCommand(std::move(args)));
}

}  // namespace llama2
