#include "quant/packed_int8_matrix.h"

#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "quant/int8_matrix.h"
#include "quant/quantize.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

// What an Int8Matrix of these values and scales lies in.
std::vector<uint8_t> Bytes(const std::vector<int8_t>& values,
                           const std::vector<float>& scales) {
  std::vector<uint8_t> bytes(values.begin(), values.end());
  bytes.resize(values.size() + scales.size() * sizeof(float));
  std::memcpy(bytes.data() + values.size(), scales.data(), scales.size() * sizeof(float));
  return bytes;
}

// The example of docs/formats.md.
TEST(PackedInt8Matrix, IsAsTheFormatSays) {
  const std::vector<uint8_t> bytes = Bytes({1, 2, 3, 4, -1, -2, -3, -4}, {0.5f, 0.25f});
  AlignedBuffer<uint8_t> packed(PackedInt8Matrix::Bytes(2, 4, 4));
  std::memset(packed.data(), 0xee, packed.size());
  Pack(Int8Matrix(bytes, 2, 4, 4), packed.span());
  std::vector<uint8_t> expected = {1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc};
  expected.resize(64);
  for (int byte : {0, 0, 0, 0x3f, 0, 0, 0x80, 0x3e}) expected.push_back(byte);
  expected.resize(128);
  EXPECT_THAT(packed.span(), ::testing::ElementsAreArray(expected));
}

struct Shape {
  int64_t rows, cols, group_size;
};

// Panels that lack rows, quads that lack columns, groups that straddle rows.
TEST(PackedInt8Matrix, HoldsWhatItWasMadeOf) {
  for (const auto& [rows, cols, group_size] :
       {Shape{1, 1, 1}, {16, 64, 64}, {17, 12, 3}, {34, 12, 8}, {43, 43, 43}, {16, 172, 64}}) {
    std::vector<int8_t> values(rows * cols);
    std::vector<float> scales(rows * cols / group_size);
    std::iota(values.begin(), values.end(), -128);
    std::iota(scales.begin(), scales.end(), 0.5f);
    const std::vector<uint8_t> bytes = Bytes(values, scales);
    const Int8Matrix matrix(bytes, rows, cols, group_size);
    AlignedBuffer<uint8_t> memory(PackedInt8Matrix::Bytes(rows, cols, group_size));
    Pack(matrix, memory.span());
    const PackedInt8Matrix packed(memory.span(), rows, cols, group_size);
    std::vector<float> row(cols), expected(cols);
    for (int64_t r = 0; r < rows; ++r) {
      packed.ReadRow(r, absl::MakeSpan(row));
      DequantizeRow(matrix, r, absl::MakeSpan(expected));
      ASSERT_THAT(row, BitsEqual(expected)) << rows << " x " << cols << ", row " << r;
    }
    std::vector<uint8_t> unpacked(bytes.size());
    Unpack(packed, absl::MakeSpan(unpacked));
    EXPECT_EQ(unpacked, bytes) << rows << " x " << cols;
  }
}

}  // namespace
}  // namespace llama2
