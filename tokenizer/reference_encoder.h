// The encoder's specification (the rules in encoder.h), written for reading: it takes
// quadratic time and shares no code with what it is compared with.
//
//   EXPECT_EQ(Encoder(&vocabulary).Encode(text), ReferenceEncode(vocabulary, text));
#ifndef LLAMA2_TOKENIZER_REFERENCE_ENCODER_H_
#define LLAMA2_TOKENIZER_REFERENCE_ENCODER_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// The ids of `text`, without BOS and EOS.
std::vector<int> ReferenceEncode(const Vocabulary& vocabulary, absl::string_view text);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_REFERENCE_ENCODER_H_
