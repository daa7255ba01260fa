#include "llama/checkpoint.h"

#include <sys/stat.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr CheckpointVersion kVersions[] = {CheckpointVersion::kV0, CheckpointVersion::kV1};

std::string TempPath(absl::string_view name) {
  return absl::StrCat(::testing::TempDir(), "/", name);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string WriteFile(absl::string_view name, absl::string_view bytes) {
  const std::string path = TempPath(name);
  std::ofstream(path, std::ios::binary).write(bytes.data(), bytes.size());
  return path;
}

// The bytes of a small checkpoint.
std::string CheckpointBytes(CheckpointVersion version, const Config& config) {
  const std::string path = TempPath("bytes.bin");
  EXPECT_THAT(WriteCheckpoint(path, version, config, MakeTinyModel(config, 1).weights()), IsOk());
  return ReadFile(path);
}

constexpr Config kSmall = {.dim = 8,
                           .hidden_dim = 12,
                           .n_layers = 2,
                           .n_heads = 4,
                           .n_kv_heads = 2,
                           .vocab_size = 5,
                           .seq_len = 3,
                           .shared_classifier = false};

void SetInt(std::string& bytes, size_t offset, int32_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

class EveryConfig : public ::testing::TestWithParam<Config> {};
INSTANTIATE_TEST_SUITE_P(Awkward, EveryConfig, ::testing::ValuesIn(AwkwardConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(EveryConfig, ReadsWhatItWrote) {
  const TinyModel model = MakeTinyModel(GetParam(), 7);
  for (CheckpointVersion version : kVersions) {
    const std::string path = TempPath("model.bin");
    ASSERT_THAT(WriteCheckpoint(path, version, model.config, model.weights()), IsOk());
    ASSERT_OK_AND_ASSIGN(const Checkpoint read, Checkpoint::Open(path));
    EXPECT_EQ(read.version(), version);
    EXPECT_EQ(read.config(), model.config);
    const Weights& a = model.weights();
    const Weights& b = read.weights();
    const auto same = [](MatrixView<const float> x, MatrixView<const float> y) {
      ASSERT_EQ(x.rows(), y.rows());
      for (int64_t i = 0; i < x.rows(); ++i) ASSERT_THAT(y.Row(i), BitsEqual(x.Row(i)));
    };
    same(a.token_embedding, b.token_embedding);
    same(a.classifier, b.classifier);
    EXPECT_THAT(b.final_norm, BitsEqual(a.final_norm));
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (size_t l = 0; l < a.layers.size(); ++l) {
      const LayerWeights& x = a.layers[l];
      const LayerWeights& y = b.layers[l];
      EXPECT_THAT(y.attention_norm, BitsEqual(x.attention_norm));
      EXPECT_THAT(y.feed_forward_norm, BitsEqual(x.feed_forward_norm));
      same(x.wq, y.wq);
      same(x.wk, y.wk);
      same(x.wv, y.wv);
      same(x.wo, y.wo);
      same(x.w1, y.w1);
      same(x.w2, y.w2);
      same(x.w3, y.w3);
    }
  }
}

// The layout, spelled out a second time from the format's description.
TEST(Checkpoint, Version0IsWhatLlama2cReads) {
  const TinyModel model = MakeTinyModel(kSmall, 1);
  const Weights w = model.weights();
  std::string expected;
  const auto append = [&](absl::Span<const float> row) {
    expected.append(reinterpret_cast<const char*>(row.data()), row.size() * 4);
  };
  const auto append_layers = [&](MatrixView<const float> LayerWeights::*matrix) {
    for (const LayerWeights& layer : w.layers) {
      for (int64_t i = 0; i < (layer.*matrix).rows(); ++i) append((layer.*matrix).Row(i));
    }
  };
  for (int32_t v : {8, 12, 2, 4, 2, -5, 3}) {
    expected.append(reinterpret_cast<const char*>(&v), 4);
  }
  for (int64_t v = 0; v < 5; ++v) append(w.token_embedding.Row(v));
  for (const LayerWeights& layer : w.layers) append(layer.attention_norm);
  append_layers(&LayerWeights::wq);
  append_layers(&LayerWeights::wk);
  append_layers(&LayerWeights::wv);
  append_layers(&LayerWeights::wo);
  for (const LayerWeights& layer : w.layers) append(layer.feed_forward_norm);
  append_layers(&LayerWeights::w1);
  append_layers(&LayerWeights::w2);
  append_layers(&LayerWeights::w3);
  append(w.final_norm);
  // Head dimension 2: one frequency, 1; angles 0, 1, 2.
  append({1.0f, 0.540302277f, -0.416146845f});
  append({0.0f, 0.841470957f, 0.909297407f});
  for (int64_t v = 0; v < 5; ++v) append(w.classifier.Row(v));
  EXPECT_EQ(CheckpointBytes(CheckpointVersion::kV0, kSmall), expected);
}

TEST(Checkpoint, Version1HeaderIsWhatExportPyWrites) {
  const std::string bytes = CheckpointBytes(CheckpointVersion::kV1, kSmall);
  std::string header = {'2', '4', 'k', 'a', 1, 0, 0, 0};
  for (int32_t v : {8, 12, 2, 4, 2, 5, 3}) {
    header.append(reinterpret_cast<const char*>(&v), 4);
  }
  header.resize(256, '\0');
  EXPECT_EQ(bytes.substr(0, 256), header);
  Config shared = kSmall;
  shared.shared_classifier = true;
  EXPECT_EQ(CheckpointBytes(CheckpointVersion::kV1, shared)[36], 1);
}

TEST(Checkpoint, EveryWrongLengthIsRefused) {
  for (CheckpointVersion version : kVersions) {
    const std::string bytes = CheckpointBytes(version, kSmall);
    for (size_t length = 0; length < bytes.size(); ++length) {
      const std::string path = WriteFile("short.bin", absl::string_view(bytes).substr(0, length));
      ASSERT_THAT(Checkpoint::Open(path),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           AllOf(StartsWith(path), HasSubstr(absl::StrCat("found ", length)),
                                 HasSubstr("expected"))));
    }
    const std::string path = WriteFile("long.bin", bytes + '\0');
    EXPECT_THAT(Checkpoint::Open(path),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr(absl::StrCat("size: found ", bytes.size() + 1,
                                                " bytes, expected ", bytes.size()))));
  }
}

TEST(Checkpoint, SaysInWhichTensorAFileEnds) {
  const std::string bytes = CheckpointBytes(CheckpointVersion::kV0, kSmall);
  const std::string path = WriteFile("short.bin", absl::string_view(bytes).substr(0, 300));
  EXPECT_THAT(Checkpoint::Open(path), StatusIs(absl::StatusCode::kInvalidArgument,
                                               HasSubstr("it ends inside wq")));
}

TEST(Checkpoint, EveryHeaderFieldIsCheckedAtItsLimits) {
  const int32_t extremes[] = {0, -1, 1, 3, 1 << 20, (1 << 20) + 1, INT32_MAX, INT32_MIN};
  for (CheckpointVersion version : kVersions) {
    const std::string good = CheckpointBytes(version, kSmall);
    const size_t sizes = version == CheckpointVersion::kV0 ? 0 : 8;
    for (int field = 0; field < 7; ++field) {
      for (int32_t value : extremes) {
        std::string bytes = good;
        SetInt(bytes, sizes + 4 * field, value);
        if (bytes == good) continue;
        // In version 1 seq_len has no part in the file's size, but 0 is no context.
        const bool fits = version == CheckpointVersion::kV1 && field == 6 && value > 0 &&
                          value <= kMaxConfigValue;
        const absl::Status status = Checkpoint::Open(WriteFile("field.bin", bytes)).status();
        EXPECT_EQ(status.ok(), fits) << field << " " << value << " " << status;
      }
    }
  }
}

TEST(Checkpoint, OtherFilesAreRefusedByName) {
  std::string bytes = CheckpointBytes(CheckpointVersion::kV1, kSmall);
  const auto error_of = [](const std::string& content) {
    return Checkpoint::Open(WriteFile("other.bin", content)).status();
  };
  SetInt(bytes, 4, 2);
  EXPECT_THAT(error_of(bytes), StatusIs(absl::StatusCode::kUnimplemented,
                                        HasSubstr("version: found 2 (int8)")));
  SetInt(bytes, 4, 77);
  EXPECT_THAT(error_of(bytes),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("version: found 77")));
  SetInt(bytes, 4, 1);
  bytes[36] = 2;
  EXPECT_THAT(error_of(bytes), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("shared_classifier: found 2")));
  SetInt(bytes, 0, 0x616b3433);
  EXPECT_THAT(error_of(bytes), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("magic number 0x616b3432")));
  EXPECT_THAT(error_of("GGUF" + bytes),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a GGUF file")));
  EXPECT_THAT(error_of("PK\3\4" + bytes),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a zip archive")));
}

TEST(Checkpoint, WhatIsNoFileIsRefused) {
  EXPECT_THAT(Checkpoint::Open(TempPath("missing.bin")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("missing.bin")));
  EXPECT_THAT(Checkpoint::Open(::testing::TempDir()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a directory")));
  const std::string fifo = TempPath("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(Checkpoint::Open(fifo),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a FIFO")));
}

TEST(Checkpoint, Version0And1GiveEachOtherBack) {
  for (const Config& config : AwkwardConfigs()) {
    const std::string v0 = CheckpointBytes(CheckpointVersion::kV0, config);
    ASSERT_OK_AND_ASSIGN(const Checkpoint first, Checkpoint::Open(WriteFile("v0.bin", v0)));
    ASSERT_THAT(WriteCheckpoint(TempPath("v1.bin"), CheckpointVersion::kV1, first.config(),
                                first.weights()),
                IsOk());
    ASSERT_OK_AND_ASSIGN(const Checkpoint second, Checkpoint::Open(TempPath("v1.bin")));
    ASSERT_THAT(WriteCheckpoint(TempPath("again.bin"), CheckpointVersion::kV0, second.config(),
                                second.weights()),
                IsOk());
    EXPECT_EQ(ReadFile(TempPath("again.bin")), v0) << ConfigName(config);
  }
}

TEST(Checkpoint, ReadsStories260K) {
  const auto path = SharedDataPath("stories260K.bin");
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(*path));
  EXPECT_EQ(Describe(checkpoint.config()),
            "dim 64, hidden_dim 172, 5 layers, 8/4 heads, vocabulary 512, context 512, "
            "shared classifier");
}

}  // namespace
}  // namespace llama2
