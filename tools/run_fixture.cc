#include "tools/run_fixture.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "llama/checkpoint_writer.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tools/cli/subprocess.h"

namespace llama2 {

RunFixture::RunFixture() {
  WriteModel("model.bin", kConfig, /*seed=*/10);
  WriteTokenizer("tokenizer.bin", kConfig.vocab_size);
}

void RunFixture::WriteModel(absl::string_view file, const Config& config, uint64_t seed,
                            CheckpointFormat format) const {
  const TinyModel model = MakeTinyModel(config, seed);
  CHECK(WriteCheckpoint(folder().Path(file), {format, config}, model.weights()).ok());
}

void RunFixture::WriteTokenizer(absl::string_view file, int64_t tokens) const {
  folder().Write(file, TinyTokenizerBin(tokens));
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
