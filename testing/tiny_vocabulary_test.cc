#include "testing/tiny_vocabulary.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::SizeIs;

TEST(TinyVocabulary, BeginsAsEveryLlamaVocabulary) {
  const std::vector<std::string> vocabulary = TinyVocabulary(kLeastVocabulary);
  ASSERT_THAT(vocabulary, SizeIs(kLeastVocabulary));
  EXPECT_EQ(vocabulary[0], "<unk>");
  EXPECT_EQ(vocabulary[1], "\n<s>\n");
  EXPECT_EQ(vocabulary[2], "\n</s>\n");
  EXPECT_EQ(vocabulary[3], "<0x00>");
  EXPECT_EQ(vocabulary[258], "<0xFF>");
}

TEST(TinyVocabulary, HasAsManyDistinctTokensAsAskedFor) {
  for (const int64_t tokens : {260, 286, 300, 512, 1000, 32000}) {
    const std::vector<std::string> vocabulary = TinyVocabulary(tokens);
    EXPECT_THAT(vocabulary, SizeIs(tokens));
    EXPECT_THAT(std::set<std::string>(vocabulary.begin(), vocabulary.end()), SizeIs(tokens));
  }
}

TEST(TinyVocabulary, EveryMergeIsOfTwoEarlierTokens) {
  const std::vector<std::string> vocabulary = TinyVocabulary(2000);
  std::set<std::string> earlier(vocabulary.begin() + 259, vocabulary.begin() + 286);
  for (size_t id = 286; id < vocabulary.size(); ++id) {
    const std::string& text = vocabulary[id];
    bool found = false;
    for (size_t at = 1; at < text.size(); ++at) {
      found |= earlier.count(text.substr(0, at)) > 0 && earlier.count(text.substr(at)) > 0;
    }
    EXPECT_TRUE(found) << id << ": '" << text << "'";
    earlier.insert(text);
  }
}

// Takes a little-endian value off the front of `bytes`.
template <typename T>
T Take(absl::string_view& bytes) {
  T value{};
  EXPECT_GE(bytes.size(), sizeof(value));
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof(value)));
  bytes.remove_prefix(std::min(bytes.size(), sizeof(value)));
  return value;
}

TEST(TinyTokenizerBin, HoldsTheVocabularyAsTheFormatSays) {
  const std::string file = TinyTokenizerBin(300);
  absl::string_view rest = file;
  EXPECT_EQ(Take<uint32_t>(rest), 6);  // the longest token: "<0x00>"
  float last_score = 1;
  for (const std::string& text : TinyVocabulary(300)) {
    const float score = Take<float>(rest);
    EXPECT_LT(score, last_score);
    last_score = score;
    const int32_t length = Take<int32_t>(rest);
    EXPECT_EQ(rest.substr(0, length), text);
    rest.remove_prefix(length);
  }
  EXPECT_EQ(rest, "");
}

}  // namespace
}  // namespace llama2
