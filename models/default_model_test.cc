#include "models/default_model.h"

#include "base/mapped_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

TEST(DefaultModelTest, IsTheFilesInThisFolder) {
  ASSERT_OK_AND_ASSIGN(const MappedFile checkpoint, MappedFile::Open("models/stories1M.bin"));
  ASSERT_OK_AND_ASSIGN(const MappedFile tokenizer, MappedFile::Open("models/tok2048.bin"));
  EXPECT_EQ(DefaultModel().checkpoint, checkpoint.bytes());
  EXPECT_EQ(DefaultModel().tokenizer, tokenizer.bytes());
}

TEST(DefaultModelTest, FitsTogether) {
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint,
                       Checkpoint::Parse(DefaultModel().checkpoint, kDefaultModelName));
  const Config& config = checkpoint.config();
  EXPECT_FALSE(checkpoint.is_int8());
  EXPECT_EQ(config.parameters(), 1443456);
  EXPECT_EQ(config.seq_len, 512);
  EXPECT_THAT(Vocabulary::Parse(DefaultModel().tokenizer, kDefaultModelName, config.vocab_size),
              IsOk());
}

}  // namespace
}  // namespace llama2
