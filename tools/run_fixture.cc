#include "tools/run_fixture.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "kernels/isa.h"
#include "llama/checkpoint_writer.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"

namespace llama2 {

RunFixture::RunFixture() {
  const char* program = std::getenv("RUN");
  CHECK(program != nullptr);
  program_ = std::filesystem::absolute(program).string();
  folder_ = ::testing::TempDir() + "/run_XXXXXX";
  CHECK(mkdtemp(folder_.data()) != nullptr);
  WriteModel("model.bin", kConfig, /*seed=*/10);
  WriteTokenizer("tokenizer.bin", kConfig.vocab_size);
}

RunFixture::~RunFixture() { std::filesystem::remove_all(folder_); }

std::string RunFixture::Path(absl::string_view file) const {
  return absl::StrCat(folder_, "/", file);
}

void RunFixture::WriteFile(absl::string_view file, absl::string_view content) const {
  std::ofstream stream(Path(file), std::ios::binary);
  stream.write(content.data(), content.size());
  CHECK(stream.flush().good());
}

std::string RunFixture::ReadFile(absl::string_view file) const {
  std::ifstream stream(Path(file), std::ios::binary);
  CHECK(stream.good());
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

void RunFixture::WriteModel(absl::string_view file, const Config& config, uint64_t seed,
                            CheckpointFormat format) const {
  const TinyModel model = MakeTinyModel(config, seed);
  CHECK(WriteCheckpoint(Path(file), {format, config}, model.weights()).ok());
}

void RunFixture::WriteTokenizer(absl::string_view file, int64_t tokens) const {
  WriteFile(file, TinyTokenizerBin(tokens));
}

Command RunFixture::RunCommand(std::vector<std::string> args) const {
  args.insert(args.begin(), program_);
  return {.args = std::move(args), .folder = folder_};
}

Outcome RunFixture::RunProgram(std::vector<std::string> args) const {
  return RunToEnd(RunCommand(std::move(args)));
}

void RunFixture::ExpectText(const std::vector<std::string>& args,
                            const std::string& text) const {
  // What choosing how to compute must not change.
  std::vector<std::vector<std::string>> ways = {
      {}, {"--threads=1"}, {"--threads=2"}, {"--threads=3"}};
  for (Isa isa : SupportedIsas()) ways.push_back({absl::StrCat("--isa=", IsaName(isa))});
  for (const std::vector<std::string>& way : ways) {
    std::vector<std::string> all = args;
    all.insert(all.end(), way.begin(), way.end());
    const Outcome outcome = RunProgram(all);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, text) << testing::PrintToString(way);
  }
}

}  // namespace llama2
