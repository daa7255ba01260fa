#include "training/training_state.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "training/crc32c.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TrainingState MakeState(int64_t parameters) {
  TrainingState state;
  state.settings = {{"dim", "64"}, {"batch_size * n", "32"}, {"odd", ""}, {"text", "a: b"}};
  state.step = 1234567890123;
  state.best_validation_loss = 1.5;
  float next = -1;
  for (AlignedBuffer<float>* array :
       {&state.parameters, &state.first_moment, &state.second_moment}) {
    EXPECT_TRUE(array->TryResize(parameters));
    for (float& value : array->span()) value = next += 0.37f;
  }
  return state;
}

absl::StatusOr<TrainingState> Parse(absl::string_view bytes) {
  return ParseTrainingState(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), "it");
}

// Puts the checksum right after `bytes` were changed.
void Seal(std::string& bytes) {
  const uint32_t checksum = Crc32c(absl::string_view(bytes).substr(16));
  std::memcpy(&bytes[12], &checksum, sizeof(checksum));
}

class TrainingStateTest : public ::testing::Test {
 protected:
  std::string Written(const TrainingState& state) {
    EXPECT_THAT(WriteTrainingState(state, folder_.Path("state")), IsOk());
    return folder_.Read("state");
  }

  TestFolder folder_;
};

TEST_F(TrainingStateTest, ComesBackToTheBit) {
  for (const int64_t parameters : {0, 1, 1000}) {
    const TrainingState state = MakeState(parameters);
    ASSERT_THAT(WriteTrainingState(state, folder_.Path("state")), IsOk());
    const auto read = ReadTrainingState(folder_.Path("state"));
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(read->settings, state.settings);
    EXPECT_EQ(read->step, state.step);
    EXPECT_EQ(read->best_validation_loss, state.best_validation_loss);
    EXPECT_THAT(read->parameters.span(), BitsEqual(state.parameters.span()));
    EXPECT_THAT(read->first_moment.span(), BitsEqual(state.first_moment.span()));
    EXPECT_THAT(read->second_moment.span(), BitsEqual(state.second_moment.span()));
  }
}

// The example of docs/formats.md.
TEST_F(TrainingStateTest, IsTheFileThatTheDocumentDescribes) {
  TrainingState state;
  state.settings = {{"dim", "64"}};
  state.step = 500;
  state.best_validation_loss = 1.5;
  float value = 1;
  for (AlignedBuffer<float>* array :
       {&state.parameters, &state.first_moment, &state.second_moment}) {
    ASSERT_TRUE(array->TryResize(1));
    array->span()[0] = value /= 2;
  }
  EXPECT_EQ(absl::BytesToHexString(Written(state)),
            "4c32434354524e0a01000000b3d4d506"
            "f401000000000000000000000000f83f"
            "01000000000000000800000000000000"
            "64696d3a2036340a0000003f0000803e"
            "0000003e");
}

TEST_F(TrainingStateTest, EveryBitCounts) {
  const std::string whole = Written(MakeState(3));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] ^= 1 << i % 8;
    const absl::Status status = Parse(bytes).status();
    EXPECT_FALSE(status.ok()) << i;
    EXPECT_THAT(std::string(status.message()), StartsWith("it: ")) << i;
    // The version is of a file that may be whole; all else is damage.
    const bool in_version = 8 <= i && i < 12;
    EXPECT_EQ(status.code(),
              in_version ? absl::StatusCode::kUnimplemented : absl::StatusCode::kDataLoss)
        << i;
  }
}

TEST_F(TrainingStateTest, AFileOfAnotherLengthIsDamaged) {
  const std::string whole = Written(MakeState(3));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(Parse(whole.substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss, StartsWith("it: size: found ")))
        << size;
  }
  EXPECT_THAT(Parse(whole + std::string(12, '\0')),
              StatusIs(absl::StatusCode::kDataLoss, StartsWith("it: size: found ")));
}

TEST_F(TrainingStateTest, SizesThatOverflowAreRefused) {
  const std::string whole = Written(MakeState(3));
  for (const size_t field : {32, 40}) {
    for (const int64_t value : {std::numeric_limits<int64_t>::max(), int64_t{-1},
                                std::numeric_limits<int64_t>::min(), int64_t{1} << 62}) {
      std::string bytes = whole;
      std::memcpy(&bytes[field], &value, sizeof(value));
      Seal(bytes);
      EXPECT_THAT(Parse(bytes),
                  StatusIs(absl::StatusCode::kDataLoss, StartsWith("it: size: found ")));
    }
  }
}

TEST_F(TrainingStateTest, WhatIsSealedMustStillMakeSense) {
  const std::string whole = Written(MakeState(1));
  std::string bytes = whole;
  bytes[23] = '\x80';
  Seal(bytes);
  EXPECT_THAT(Parse(bytes), StatusIs(absl::StatusCode::kDataLoss, StartsWith("it: step: ")));
  for (const size_t at : {whole.find(": "), whole.find('\n', 48), whole.find("\ntext")}) {
    bytes = whole;
    bytes[at] = 'x';
    Seal(bytes);
    const auto state = Parse(bytes);
    if (state.ok()) {
      EXPECT_LT(state->settings.size(), 4u);  // two lines became one
    } else {
      EXPECT_THAT(state, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("name: value")));
    }
  }
  EXPECT_THAT(Parse("L2CCTRN" + std::string(60, 'x')),
              StatusIs(absl::StatusCode::kDataLoss, StartsWith("it: magic: ")));
}

TEST(CheckSettingsTest, NamesWhatDiffers) {
  const std::vector<Setting> a = {{"dim", "64"}, {"seed", "1"}};
  EXPECT_THAT(CheckSettings(a, a), IsOk());
  EXPECT_THAT(CheckSettings(a, {{"seed", "1"}, {"dim", "64"}}), IsOk());
  EXPECT_THAT(CheckSettings(a, {{"dim", "64"}, {"seed", "2"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "seed: found 1, expected 2"));
  EXPECT_THAT(CheckSettings(a, {{"dim", "64"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "seed: found 1, expected none"));
  EXPECT_THAT(CheckSettings({}, a),
              StatusIs(absl::StatusCode::kFailedPrecondition, "dim: found none, expected 64"));
}

}  // namespace
}  // namespace llama2
