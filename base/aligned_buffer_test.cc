#include "base/aligned_buffer.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

template <typename T>
class AlignedBufferTest : public ::testing::Test {};
using ElementTypes = ::testing::Types<int8_t, uint16_t, float, double>;
TYPED_TEST_SUITE(AlignedBufferTest, ElementTypes);

TYPED_TEST(AlignedBufferTest, BeginsAtACacheLineAndIsZero) {
  for (size_t size : {1, 2, 15, 16, 17, 63, 64, 65, 1000, 100000}) {
    // Memory that was used before, so that zeros are no accident.
    void* used = std::malloc(size * sizeof(TypeParam) + kCacheLineBytes);
    std::memset(used, 0xAB, size * sizeof(TypeParam) + kCacheLineBytes);
    std::free(used);
    AlignedBuffer<TypeParam> buffer(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kCacheLineBytes, 0);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_FALSE(buffer.empty());
    EXPECT_EQ(std::count(buffer.span().begin(), buffer.span().end(), TypeParam(0)), size);
    buffer[size - 1] = 1;  // the last is ours (the address sanitizer looks)
    EXPECT_EQ(std::as_const(buffer)[size - 1], 1);
  }
}

TEST(AlignedBuffer, MayBeEmpty) {
  for (const auto& buffer : {AlignedBuffer<float>(), AlignedBuffer<float>(0)}) {
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.size(), 0);
    EXPECT_TRUE(buffer.span().empty());
  }
}

TEST(AlignedBuffer, TryResizeGivesZerosOfTheNewSize) {
  AlignedBuffer<int> buffer(3);
  for (size_t size : {100, 5, 0, 1}) {
    std::fill(buffer.span().begin(), buffer.span().end(), 7);
    ASSERT_TRUE(buffer.TryResize(size));
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(std::count(buffer.span().begin(), buffer.span().end(), 0), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kCacheLineBytes, 0);
  }
}

constexpr size_t kMostBytes = std::numeric_limits<size_t>::max();

TEST(AlignedBuffer, TryResizeRefusesWhatCannotBeHadAndChangesNothing) {
  AlignedBuffer<double> buffer(3);
  buffer[2] = 7;
  const double* data = buffer.data();
  for (size_t size : {kMostBytes, kMostBytes / 8, kMostBytes / 16, kMostBytes / 32}) {
    EXPECT_FALSE(buffer.TryResize(size)) << size;
  }
  EXPECT_EQ(buffer.data(), data);
  EXPECT_EQ(buffer.size(), 3);
  EXPECT_EQ(buffer[2], 7);
}

TEST(AlignedBuffer, MovesWithoutCopying) {
  AlignedBuffer<int> first(100);
  first[99] = 7;
  const int* data = first.data();
  AlignedBuffer<int> second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): it is promised
  EXPECT_EQ(second.data(), data);

  AlignedBuffer<int> third(5);
  third = std::move(second);
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move): it is promised
  EXPECT_EQ(third.data(), data);
  EXPECT_EQ(third.size(), 100);
  EXPECT_EQ(third[99], 7);
}

TEST(AlignedBufferDeathTest, TheConstructorAbortsWhereTheMemoryCannotBeHad) {
  EXPECT_DEATH(AlignedBuffer<double>{kMostBytes}, "check failed: TryResize");
  EXPECT_DEATH(AlignedBuffer<double>{kMostBytes / 32}, "check failed: TryResize");
}

#ifndef NDEBUG
TEST(AlignedBufferDeathTest, DebugBuildsRefuseAnIndexOutside) {
  AlignedBuffer<int> buffer(3);
  EXPECT_DEATH(buffer[3], "check failed: i < size_ \\(3 vs. 3\\)");
}
#endif

}  // namespace
}  // namespace llama2
