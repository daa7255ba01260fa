#include "tools/tokenizer_files.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "base/atomic_file_writer.h"
#include "base/status_macros.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/token.h"
#include "tokenizer/tokenizer_bin.h"

namespace llama2 {
namespace {

absl::string_view NameOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kUnknown:
      return "unknown";
    case TokenKind::kControl:
      return "control";
    case TokenKind::kByte:
      return "byte";
    case TokenKind::kNormal:
      return "normal";
    case TokenKind::kUserDefined:
      return "user-defined";
    case TokenKind::kUnused:
      return "unused";
  }
  return "other";
}

// "token 3 ' the'".
std::string NameOf(int id, const Vocabulary& vocabulary) {
  return absl::StrCat("token ", id, " '", absl::CEscape(vocabulary.piece(id)), "'");
}

absl::StatusOr<std::string> Serialize(const Vocabulary& vocabulary, TokenizerFormat format) {
  switch (format) {
    case TokenizerFormat::kBin:
      return SerializeTokenizerBin(vocabulary.tokens());
    case TokenizerFormat::kModel:
      return SerializeSentencePieceModel(vocabulary.tokens());
  }
  return absl::InvalidArgumentError("no such format");
}

// How `after`, with as many tokens, is not `before`.
std::vector<std::string> Differences(const Vocabulary& before, const Vocabulary& after) {
  std::map<TokenKind, std::vector<int>> changed;  // by the kind that they were of
  std::vector<std::string> lines;
  for (int id = 0; id < before.size(); ++id) {
    if (after.kind(id) != before.kind(id)) changed[before.kind(id)].push_back(id);
    if (after.piece(id) != before.piece(id)) {
      lines.push_back(
          absl::StrCat(NameOf(id, before), " becomes '", absl::CEscape(after.piece(id)), "'"));
    }
  }
  for (const auto& [kind, ids] : changed) {
    lines.push_back(absl::StrCat(ids.size(), " ", NameOf(kind), " tokens become ",
                                 NameOf(after.kind(ids.front())), " ones, the first is ",
                                 NameOf(ids.front(), before)));
  }
  return lines;
}

// "512 tokens: 1 unknown, 2 control, 256 byte, 253 normal".
std::string KindsLine(const Vocabulary& vocabulary) {
  std::map<TokenKind, int> counts;
  for (const Token& token : vocabulary.tokens()) ++counts[token.kind];
  const auto append = [](std::string* out, const auto& count) {
    absl::StrAppend(out, count.second, " ", NameOf(count.first));
  };
  return absl::StrCat(vocabulary.size(), " tokens: ", absl::StrJoin(counts, ", ", append),
                      "\n");
}

std::string MissingBytesLine(const Vocabulary& vocabulary) {
  std::vector<std::string> missing;
  for (int byte = 0; byte < 256; ++byte) {
    if (vocabulary.byte_id(byte) == Vocabulary::unknown_id()) {
      missing.push_back(PieceOfByte(byte));
    }
  }
  if (missing.empty()) return "bytes without a token: none\n";
  return absl::StrCat("bytes without a token: ", missing.size(), ", the first is ",
                      missing.front(), "\n");
}

// Tokens that no text becomes, since one before them has the same.
std::string DuplicatesLine(const Vocabulary& vocabulary) {
  std::vector<int> duplicates;
  for (int id = 0; id < vocabulary.size(); ++id) {
    const std::optional<int> found = vocabulary.Find(vocabulary.piece(id));
    if (found.has_value() && *found < id) duplicates.push_back(id);
  }
  if (duplicates.empty()) return "texts that two tokens have: none\n";
  return absl::StrCat("texts that two tokens have: ", duplicates.size(),
                      ", the first is that of ", NameOf(duplicates.front(), vocabulary), "\n");
}

}  // namespace

std::optional<TokenizerFormat> FormatOfName(absl::string_view path) {
  if (absl::EndsWith(path, ".bin")) return TokenizerFormat::kBin;
  if (absl::EndsWith(path, ".model")) return TokenizerFormat::kModel;
  return std::nullopt;
}

absl::StatusOr<std::vector<std::string>> WriteTokenizer(const Vocabulary& vocabulary,
                                                        TokenizerFormat format,
                                                        absl::string_view path) {
  const absl::StatusOr<std::string> bytes = Serialize(vocabulary, format);
  if (!bytes.ok()) {
    return absl::Status(bytes.status().code(),
                        absl::StrCat(path, ": ", bytes.status().message()));
  }
  const auto content =
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
  ASSIGN_OR_RETURN(const Vocabulary written,
                   Vocabulary::Parse(content, path, vocabulary.size()));
  ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(writer.Append(*bytes));
  RETURN_IF_ERROR(writer.Commit());
  return Differences(vocabulary, written);
}

std::string DescribeVocabulary(const Vocabulary& vocabulary) {
  const absl::Span<const Token> tokens = vocabulary.tokens();
  const auto [low, high] =
      std::minmax_element(tokens.begin(), tokens.end(),
                          [](const Token& a, const Token& b) { return a.score < b.score; });
  const auto longest = std::max_element(
      tokens.begin(), tokens.end(),
      [](const Token& a, const Token& b) { return a.piece.size() < b.piece.size(); });
  return absl::StrCat(KindsLine(vocabulary), "scores: ", low->score, " to ", high->score, "\n",
                      "longest text: ", longest->piece.size(), " bytes, ",
                      NameOf(longest - tokens.begin(), vocabulary), "\n",
                      MissingBytesLine(vocabulary), DuplicatesLine(vocabulary));
}

}  // namespace llama2
