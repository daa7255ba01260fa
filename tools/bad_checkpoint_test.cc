// What is no int8 checkpoint, given to every program that reads one: exit code 1 and
// one line, which names the file, the field, what was found and what was expected.
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Program {
  std::string name;
  const char* variable;  // of the environment: its path
  std::vector<std::string> flags;
};

const Program kPrograms[] = {
    {"run", "RUN", {"--dequantize"}},
    {"runq", "RUNQ", {}},
    {"export", "EXPORT", {"out.bin", "--version=1"}},
};

class BadCheckpointTest
    : public ::testing::TestWithParam<std::tuple<Program, CheckpointVersion>> {
 protected:
  BadCheckpointTest() {
    EXPECT_THAT(WriteCheckpoint(folder_.Path("good.bin"), {format_, kConfig},
                                MakeTinyModel(kConfig, 1).weights()),
                IsOk());
    good_ = folder_.Read("good.bin");
  }

  static constexpr Config kConfig = {.dim = 32,
                                     .hidden_dim = 44,
                                     .n_layers = 2,
                                     .n_heads = 4,
                                     .n_kv_heads = 2,
                                     .vocab_size = 300,
                                     .seq_len = 16};

  // What the program makes of that file of the folder.
  Outcome Run(const std::string& file) const {
    const char* path = std::getenv(program_.variable);
    CHECK(path != nullptr);
    Command command = {.args = {std::filesystem::absolute(path).string(), file},
                       .folder = folder_.path()};
    command.args.insert(command.args.end(), program_.flags.begin(), program_.flags.end());
    return RunToEnd(command);
  }

  template <typename Matcher>
  void ExpectRefused(const std::string& file, const Matcher& message) const {
    EXPECT_THAT(Run(file), FailsWith(program_.name, 1,
                                     AllOf(StartsWith(absl::StrCat(file, ": ")), message)));
  }
  template <typename Matcher>
  void ExpectRefusedBytes(const std::string& bytes, const Matcher& message) const {
    folder_.Write("bad.bin", bytes);
    ExpectRefused("bad.bin", message);
  }

  std::string GoodWith(size_t offset, const std::string& bytes) const {
    return std::string(good_).replace(offset, bytes.size(), bytes);
  }

  const Program program_ = std::get<Program>(GetParam());
  const CheckpointFormat format_ = {std::get<CheckpointVersion>(GetParam()), 4};
  const TestFolder folder_;
  std::string good_;
};

std::string TestName(
    const ::testing::TestParamInfo<std::tuple<Program, CheckpointVersion>>& test) {
  const auto& [program, version] = test.param;
  return absl::StrCat(program.name, "_v", static_cast<int>(version));
}

INSTANTIATE_TEST_SUITE_P(Programs, BadCheckpointTest,
                         ::testing::Combine(::testing::ValuesIn(kPrograms),
                                            ::testing::Values(CheckpointVersion::kV2,
                                                              CheckpointVersion::kV3)),
                         TestName);

TEST_P(BadCheckpointTest, CutOffOrTooLong) {
  for (size_t size : {0, 3, 4, 7, 27, 28, 36, 37, 41, 255}) {
    // Without its first bytes it could be a version 0.
    const int expected = size < 4 ? 28 : 256;
    ExpectRefusedBytes(good_.substr(0, size),
                       HasSubstr(absl::StrCat("header: found ", size,
                                              " bytes, expected at least ", expected)));
  }
  std::vector<std::pair<int64_t, std::string>> cuts = {{good_.size() - 1, "w3[1]"}};
  for (const TensorLayout& t : LayoutOf(format_, kConfig)) {
    cuts.emplace_back(t.offset, t.MatrixName(0));
    cuts.emplace_back(t.offset + t.matrix_elements(), t.MatrixName(0));  // between its parts
    if (t.count > 1) cuts.emplace_back(t.offset + t.matrix_bytes(), t.MatrixName(1));
  }
  for (const auto& [size, where] : cuts) {
    ExpectRefusedBytes(good_.substr(0, size),
                       AllOf(HasSubstr(absl::StrCat("size: found ", size, " bytes, expected ",
                                                    good_.size(), " for ", Describe(format_))),
                             EndsWith(absl::StrCat("; it ends inside ", where))));
  }
  for (int more : {1, 4, 1 << 20}) {
    ExpectRefusedBytes(good_ + std::string(more, '\0'),
                       HasSubstr(absl::StrCat("size: found ", good_.size() + more,
                                              " bytes, expected ", good_.size())));
  }
}

TEST_P(BadCheckpointTest, AnotherFieldInTheHeader) {
  struct Case {
    size_t offset;
    std::string bytes;
    std::string message;
  };
  const std::string negative = "\xff\xff\xff\xff", largest = "\xff\xff\xff\x7f";
  const std::string zero(4, '\0');
  for (const Case& test : {
           Case{0, zero, "dim: found 0, expected 1 to"},  // read as a version 0
           Case{4, negative, "version: found -1, expected 0, 1, 2 or 3"},
           Case{4, zero, "version: found 0, expected 0, 1, 2 or 3"},
           Case{8, zero, "dim: found 0, expected 1 to"},
           Case{12, negative, "hidden_dim: found -1, expected 1 to"},
           Case{16, largest, "n_layers: found 2147483647, expected 1 to"},
           Case{20, "\5", "dim: found 32, expected a multiple of n_heads (5)"},
           Case{24, "\3", "n_heads: found 4, expected a multiple of n_kv_heads (3)"},
           Case{28, negative, "vocab_size: found -1, expected 3 to"},
           Case{32, zero, "seq_len: found 0, expected 1 to"},
           Case{36, "\2", "shared_classifier: found 2, expected 0 or 1"},
           Case{36, std::string(1, '\0'), "size: found "},
           Case{37, zero, "group_size: found 0, expected 1 to 65536"},
           Case{37, negative, "group_size: found -1, expected 1 to 65536"},
           Case{37, std::string("\3\0\0\0", 4),
                "group_size: found 3, expected a divisor of the"},
           Case{37, largest, "group_size: found 2147483647, expected 1 to 65536"},
           Case{37, std::string("\x08\0\0\0", 4), "size: found "},
       }) {
    ExpectRefusedBytes(GoodWith(test.offset, test.bytes), HasSubstr(test.message));
  }
}

// In any byte but those of the context's length, which nothing in the file depends on.
TEST_P(BadCheckpointTest, ABitFlippedInTheHeader) {
  for (size_t byte = 0; byte < 41; ++byte) {
    if (byte >= 32 && byte < 36) continue;
    std::string bytes = good_;
    bytes[byte] ^= 1 << (byte % 8);
    ExpectRefusedBytes(bytes, AllOf(HasSubstr(": found "), HasSubstr(", expected ")));
  }
}

TEST_P(BadCheckpointTest, NoFile) {
  ASSERT_EQ(mkfifo(folder_.Path("fifo").c_str(), 0600), 0);
  ExpectRefused("fifo", HasSubstr("FIFO"));
  ExpectRefused(".", HasSubstr("directory"));
  ExpectRefused("missing.bin", HasSubstr("No such file"));
  EXPECT_THAT(folder_.Names(), ElementsAre("fifo", "good.bin"));
}

}  // namespace
}  // namespace llama2
