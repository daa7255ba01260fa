#include "tools/checkpoint_report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "quant/int8_matrix.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum CheckpointVersion;

constexpr Config kConfig = {.dim = 8,
                            .hidden_dim = 12,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 5,
                            .seq_len = 3};

// A model in float32 and as what it became in another format.
class CheckpointReportTest : public ::testing::Test {
 protected:
  CheckpointReport Compare(const CheckpointFormat& from, const CheckpointFormat& to) {
    before_ = Write("before.bin", from);
    after_ = Write("after.bin", to);
    return CompareCheckpoints(*before_, *after_);
  }

  const TestFolder folder_;
  const TinyModel model_ = MakeTinyModel(kConfig, 1);
  absl::StatusOr<Checkpoint> before_;
  absl::StatusOr<Checkpoint> after_;

 private:
  absl::StatusOr<Checkpoint> Write(const char* name, const CheckpointFormat& format) {
    const std::string path = folder_.Path(name);
    EXPECT_THAT(WriteCheckpoint(path, {format, kConfig}, model_.weights()), IsOk());
    return Checkpoint::Open(path);
  }
};

TEST_F(CheckpointReportTest, MeasuresEachTensor) {
  const CheckpointReport report = Compare({kV0}, {kV2, 4});
  // Two norms of each layer and the last, the embedding, seven matrices of each layer.
  ASSERT_EQ(report.tensors.size(), 2 * 2 + 1 + 1 + 2 * 7);
  EXPECT_EQ(report.tensors[0].name, "attention_norm[0]");
  EXPECT_EQ(report.tensors[0].bytes_after, 8 * 4);
  EXPECT_EQ(report.tensors[0].error.max(), 0);
  const TensorReport& w2 = report.tensors[17];
  EXPECT_EQ(w2.name, "w2[1]");
  EXPECT_EQ(w2.bytes_before, 8 * 12 * 4);
  EXPECT_EQ(w2.bytes_after, 8 * 12 + 8 * 12 / 4 * 4);

  const MatrixView<const float> original = before_->weights().layers[1].w2;
  const Int8Matrix int8 = after_->int8_weights().layers[1].w2;
  double largest = 0, noise = 0, signal = 0;
  for (int64_t i = 0; i < 8 * 12; ++i) {
    const double value = original.data()[i];
    const double error = int8.values()[i] * int8.Scale(i / 4) - value;
    largest = std::max(largest, std::abs(error));
    noise += error * error;
    signal += value * value;
  }
  EXPECT_NEAR(w2.error.max(), largest, 1e-9);
  EXPECT_NEAR(w2.error.rms(), std::sqrt(noise / 96), 1e-9);
  EXPECT_NEAR(w2.error.snr_db(), 10 * std::log10(signal / noise), 1e-4);
}

TEST_F(CheckpointReportTest, PanelsHaveTheErrorsOfInt8) {
  const CheckpointReport v2 = Compare({kV0}, {kV2, 4});
  const CheckpointReport v3 = Compare({kV0}, {kV3, 4});
  EXPECT_EQ(v3.total.error.max(), v2.total.error.max());
  EXPECT_EQ(v3.tensors[17].bytes_after, 3 * 2 * 64);
  EXPECT_EQ(Compare({kV2, 4}, {kV3, 4}).total.error.max(), 0);
}

TEST_F(CheckpointReportTest, AddsUpTheTotal) {
  const CheckpointReport report = Compare({kV0}, {kV2, 4});
  const int64_t norms = (2 * 2 + 1) * 8;
  const int64_t matrices = kConfig.parameters() - norms;
  EXPECT_EQ(report.total.bytes_before, kConfig.parameters() * 4);
  EXPECT_EQ(report.total.bytes_after, norms * 4 + matrices * 2);
  double largest = 0;
  for (const TensorReport& t : report.tensors) largest = std::max(largest, t.error.max());
  EXPECT_GT(largest, 0);
  EXPECT_EQ(report.total.error.max(), largest);
}

TEST_F(CheckpointReportTest, Float32IsExact) {
  const CheckpointReport report = Compare({kV0}, {kV1});
  EXPECT_EQ(report.total.error.max(), 0);
  EXPECT_EQ(report.total.error.snr_db(), std::numeric_limits<double>::infinity());
  EXPECT_THAT(ReportTable(report), HasSubstr("     exact\n"));
  EXPECT_THAT(ReportJson(report), HasSubstr("\"max_error\": 0, \"rms_error\": 0, "
                                            "\"snr_db\": null}"));
}

TEST_F(CheckpointReportTest, IsATable) {
  CheckpointReport report;
  QuantizationError error;
  error.Add({1, 1}, {1, 1.5f});
  report.tensors.push_back({"wq[0]", 800, 300, error});
  report.total = {"total", 900, 400, error};
  EXPECT_EQ(ReportTable(report),
            "tensor                    bytes before     bytes after   max error   RMS error"
            "        SNR\n"
            "wq[0]                              800             300         0.5       0.354"
            "    9.03 dB\n"
            "total                              900             400         0.5       0.354"
            "    9.03 dB\n");
}

TEST_F(CheckpointReportTest, IsJson) {
  CheckpointReport report;
  QuantizationError error;
  error.Add({4, 0}, {4, 0.5f});
  report.tensors.push_back({"wq[0]", 800, 300, QuantizationError()});
  report.tensors.push_back({"wq[1]", 800, 300, error});
  report.total = {"total", 1600, 600, error};
  EXPECT_EQ(ReportJson(report),
            "{\"tensors\": [\n"
            "  {\"name\": \"wq[0]\", \"bytes_before\": 800, \"bytes_after\": 300, "
            "\"max_error\": 0, \"rms_error\": 0, \"snr_db\": null},\n"
            "  {\"name\": \"wq[1]\", \"bytes_before\": 800, \"bytes_after\": 300, "
            "\"max_error\": 0.5, \"rms_error\": 0.353553391, \"snr_db\": 18.0617997}\n"
            "],\n"
            "\"total\": {\"name\": \"total\", \"bytes_before\": 1600, \"bytes_after\": 600, "
            "\"max_error\": 0.5, \"rms_error\": 0.353553391, \"snr_db\": 18.0617997}}\n");
}

}  // namespace
}  // namespace llama2
