#include "training/event_file.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "training/crc32c.h"
#include "training/event.pb.h"
#include "training/metrics.h"

namespace llama2 {
namespace {

using ::testing::SizeIs;

const MetricsRow kRow = {.step = 500,
                         .unix_time = 1700000000.5,
                         .loss = 2.5,
                         .validation_loss = 2.75,
                         .learning_rate = 1e-3};

template <typename T>
T Take(absl::string_view& bytes) {
  T value;
  EXPECT_GE(bytes.size(), sizeof(T));
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

uint32_t Unmask(uint32_t masked) {
  const uint32_t rotated = masked - 0xA282EAD8;
  return rotated >> 17 | rotated << 15;
}

// The events of a file, whose checksums are right.
std::vector<Event> EventsIn(absl::string_view bytes) {
  std::vector<Event> events;
  while (!bytes.empty()) {
    const absl::string_view length_bytes = bytes.substr(0, 8);
    const uint64_t length = Take<uint64_t>(bytes);
    EXPECT_EQ(Unmask(Take<uint32_t>(bytes)), Crc32c(length_bytes));
    EXPECT_GE(bytes.size(), length);
    const std::string data(bytes.substr(0, length));
    bytes.remove_prefix(length);
    EXPECT_EQ(Unmask(Take<uint32_t>(bytes)), Crc32c(data));
    EXPECT_TRUE(events.emplace_back().ParseFromString(data));
  }
  return events;
}

TEST(EventFileTest, BeginsAsTensorFlowsDo) {
  const TestFolder folder;
  ASSERT_THAT(EventFile::Create(folder.Path("events"), {}, 1700000000.0), IsOk());
  const std::string bytes = folder.Read("events");
  // What every event file of TensorFlow's begins with: an event of 24 bytes.
  EXPECT_EQ(bytes.substr(0, 12), std::string("\x18\0\0\0\0\0\0\0\xA3\x7FK\"", 12));
  // Its wall_time, field 1, a double; and file_version, field 3, a text of 13.
  EXPECT_EQ(bytes[12], '\x09');
  EXPECT_EQ(bytes.substr(21, 15),
            "\x1A\x0D"
            "brain.Event:2");
  EXPECT_EQ(bytes.size(), 12u + 24 + 4);
}

TEST(EventFileTest, HasAScalarForEachFigure) {
  const std::vector<Event> events = EventsIn(EventRecord(kRow));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].step(), 500);
  EXPECT_EQ(events[0].wall_time(), 1700000000.5);
  ASSERT_EQ(events[0].summary().value_size(), 3);
  EXPECT_EQ(events[0].summary().value(0).tag(), "loss/training");
  EXPECT_EQ(events[0].summary().value(0).simple_value(), 2.5f);
  EXPECT_EQ(events[0].summary().value(1).tag(), "loss/validation");
  EXPECT_EQ(events[0].summary().value(2).tag(), "optimisation/learning_rate");
  // The scalar's bytes: field 5 {field 1 {field 1: tag, field 2: a float}}.
  EXPECT_NE(EventRecord(kRow).find(std::string("\x0A\x0Dloss/training\x15\0\0\x20\x40", 20)),
            std::string::npos);
}

TEST(EventFileTest, ReadsTheSameHoweverOftenItWasBegun) {
  const TestFolder folder;
  MetricsRow next = kRow;
  next.step = 501;
  {
    auto file = EventFile::Create(folder.Path("events"), {kRow}, 0);
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT(file->Append(next), IsOk());
  }
  const std::string appended = folder.Read("events");
  EXPECT_THAT(EventsIn(appended), SizeIs(3));
  ASSERT_THAT(EventFile::Create(folder.Path("events"), {kRow, next}, 5), IsOk());
  EXPECT_EQ(folder.Read("events"), appended);
}

}  // namespace
}  // namespace llama2
