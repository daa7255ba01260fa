#include "tokenizer/token.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(ByteOfPieceTest, ReadsWhatPieceOfByteWrites) {
  EXPECT_EQ(PieceOfByte(0x0A), "<0x0A>");
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(ByteOfPiece(PieceOfByte(byte)), byte);
  }
}

TEST(ByteOfPieceTest, IsNothingForOtherPieces) {
  for (const char* piece : {"", "a", "<0x0A", "<0x0A>>", "<0x0a>", "<0x0G>", "<0X0A>",
                            " <0x0A>", "<0x+A>", "<unk>", "<0x 1>", "(0x0A>", "<0x0A)"}) {
    EXPECT_EQ(ByteOfPiece(piece), std::nullopt) << piece;
  }
}

}  // namespace
}  // namespace llama2
