#include "analysis/inspect_text.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "analysis/describe_choice.h"
#include "analysis/likeliest.h"
#include "analysis/pass_recorder.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "llama/workspace.h"
#include "tokenizer/decoder.h"
#include "tokenizer/encoder.h"
#include "tokenizer/token.h"
#include "tokenizer/utf8.h"

namespace llama2 {
namespace {

// Rows that the classifier takes at once.
constexpr int64_t kLensBatch = 32;

absl::Status CheckSize(const Config& config, int64_t positions, int64_t prompt) {
  if (prompt > positions) {
    return absl::InvalidArgumentError(absl::StrCat(
        "prompt: found ", prompt, " tokens, expected at most ", positions, ", the steps"));
  }
  const int64_t bytes = RecordBytes(config, positions);
  if (bytes <= kMaxRecordBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "steps: found ", positions, ", with which a record of ", config.n_layers, " layers of ",
      config.n_heads, " heads would have ", bytes >> 20, " MiB, expected at most ",
      kMaxRecordBytes >> 20, " MiB; fewer steps need less"));
}

// One text under way. What is needed for all positions comes last: tokens first, then what
// the model would have said at each layer, then the names of all tokens that occur.
class Inspection {
 public:
  Inspection(const Vocabulary& vocabulary, const Transformer& model,
             const InspectOptions& options, ThreadTeam& team)
      : vocabulary_(vocabulary),
        model_(model),
        options_(options),
        team_(team),
        recorder_(model.config(), model.kernels()) {}

  absl::StatusOr<InspectReport> Run(std::vector<int> prompt, int64_t positions) {
    DescribeModel();
    report_.set_prompt_tokens(prompt.size());
    tokens_ = std::move(prompt);
    RETURN_IF_ERROR(Continue(positions));
    RETURN_IF_ERROR(AddLens());
    AddAttention();
    AddTokens();
    AddPieces();
    return std::move(report_);
  }

 private:
  void DescribeModel() {
    const Config& config = model_.config();
    InspectedModel& model = *report_.mutable_model();
    model.set_parameters(config.parameters());
    model.set_dim(config.dim);
    model.set_hidden_dim(config.hidden_dim);
    model.set_layers(config.n_layers);
    model.set_heads(config.n_heads);
    model.set_kv_heads(config.n_kv_heads);
    model.set_vocabulary(config.vocab_size);
    model.set_context(config.seq_len);
    const SamplerOptions& from = options_.sampler;
    SamplingSettings& sampling = *report_.mutable_sampling();
    sampling.set_temperature(from.temperature);
    sampling.set_top_p(from.top_p);
    sampling.set_top_k(from.top_k);
    sampling.set_min_p(from.min_p);
    sampling.set_repetition_penalty(from.repetition_penalty);
    sampling.set_repetition_window(from.repetition_window);
    sampling.set_seed(from.seed);
  }

  // Reads the prompt and goes on with it.
  absl::Status Continue(int64_t positions) {
    ASSIGN_OR_RETURN(Session session, Session::Create(model_, team_, {.capacity = positions}));
    session.set_observer(&recorder_);
    Sampler sampler(options_.sampler, model_.kernels());
    const std::vector<int> prompt = tokens_;
    for (size_t t = 0; t + 1 < prompt.size(); ++t) report_.add_positions();
    const auto note = [&](const Choice& choice) {
      *report_.add_positions()->mutable_choice() = DescribeChoice(
          choice.trace, choice.logits, options_.sampler.temperature, options_.guesses);
      tokens_.push_back(choice.trace.token);
    };
    return Generate(prompt, {.on_choice = note}, vocabulary_, sampler, session,
                    [](absl::string_view) { return true; })
        .status();
  }

  // What the model would say after each stage, at every position; after the last, what it
  // says.
  absl::Status AddLens() {
    const int64_t positions = report_.positions_size();
    const int64_t layers = model_.config().n_layers;
    ASSIGN_OR_RETURN(Workspace workspace,
                     Workspace::Create(model_, team_, std::min(kLensBatch, positions), 1));
    for (int64_t stage = 0; stage <= layers; ++stage) {
      const MatrixView<const float> residual = recorder_.residual(stage);
      CHECK_EQ(residual.rows(), positions);
      for (int64_t begin = 0; begin < positions; begin += kLensBatch) {
        const int64_t count = std::min(kLensBatch, positions - begin);
        const MatrixView<float> logits =
            model_.Classify(residual.Rows(begin, count), team_, workspace);
        for (int64_t i = 0; i < count; ++i) {
          model_.kernels().Softmax(logits.Row(i));
          AddStage(stage, begin + i, residual.Row(begin + i), logits.Row(i));
        }
      }
    }
    return absl::OkStatus();
  }

  void AddStage(int64_t stage, int64_t t, absl::Span<const float> residual,
                absl::Span<const float> probabilities) {
    InspectedPosition& position = *report_.mutable_positions(t);
    ResidualStage& to = *position.add_stages();
    to.set_norm(Norm(residual));
    if (stage > 0) {
      to.set_attention_norm(recorder_.attention_norms(stage - 1)[t]);
      to.set_feed_forward_norm(recorder_.feed_forward_norms(stage - 1)[t]);
    }
    for (int id : Likeliest(probabilities, options_.lens_guesses)) {
      *to.add_lens() = MakeGuess(id, probabilities);
    }
    *to.mutable_taken() = MakeGuess(tokens_[t + 1], probabilities);
    to.set_taken_rank(RankOf(tokens_[t + 1], probabilities));
    if (stage < model_.config().n_layers) return;
    *position.mutable_taken() = to.taken();
    position.set_taken_rank(to.taken_rank());
    double entropy = 0;
    for (float p : probabilities) entropy -= p > 0 ? p * std::log2(static_cast<double>(p)) : 0;
    position.set_entropy(static_cast<float>(entropy));
    for (int id : Likeliest(probabilities, options_.guesses)) {
      *position.add_next() = MakeGuess(id, probabilities);
    }
  }

  static Guess MakeGuess(int id, absl::Span<const float> probabilities) {
    Guess guess;
    guess.set_id(id);
    guess.set_probability(probabilities[id]);
    return guess;
  }

  void AddAttention() {
    const Config& config = model_.config();
    for (int64_t layer = 0; layer < config.n_layers; ++layer) {
      for (int64_t head = 0; head < config.n_heads; ++head) {
        const absl::Span<const float> weights = recorder_.attention(layer, head);
        AttentionMap& map = *report_.add_attention();
        map.set_layer(layer);
        map.set_head(head);
        map.set_weights(weights.data(), weights.size() * sizeof(float));
      }
    }
  }

  void AddTokens() {
    Decoder decoder(&vocabulary_);
    for (int id : tokens_) {
      InspectedToken& token = *report_.add_tokens();
      token.set_id(id);
      token.set_text(decoder.Decode(id));
      report_.mutable_text()->append(token.text());
    }
    report_.mutable_text()->append(decoder.Flush());
  }

  void AddPieces() {
    std::set<int> ids(tokens_.begin(), tokens_.end());
    for (const InspectedPosition& position : report_.positions()) {
      for (const Guess& guess : position.next()) ids.insert(guess.id());
      for (const auto& candidate : position.choice().candidates()) ids.insert(candidate.id());
      for (const auto& stretch : position.choice().walk()) {
        if (stretch.has_id()) ids.insert(stretch.id());
      }
      for (const ResidualStage& stage : position.stages()) {
        for (const Guess& guess : stage.lens()) ids.insert(guess.id());
      }
    }
    for (int id : ids) AddPiece(id);
  }

  void AddPiece(int id) {
    VocabularyPiece& piece = *report_.add_pieces();
    const std::string& bytes = vocabulary_.piece(id);
    piece.set_id(id);
    Utf8Stream utf8;
    utf8.Append(bytes, piece.mutable_text());
    utf8.Flush(piece.mutable_text());
    piece.set_bytes(bytes);
    switch (vocabulary_.kind(id)) {
      case TokenKind::kByte:
        piece.set_kind(VocabularyPiece::BYTE);
        piece.set_bytes(std::string(1, static_cast<char>(*ByteOfPiece(bytes))));
        break;
      case TokenKind::kControl:
        piece.set_kind(VocabularyPiece::CONTROL);
        break;
      case TokenKind::kUnknown:
        piece.set_kind(VocabularyPiece::UNKNOWN);
        break;
      default:
        piece.set_kind(VocabularyPiece::TEXT);
    }
  }

  const Vocabulary& vocabulary_;
  const Transformer& model_;
  const InspectOptions& options_;
  ThreadTeam& team_;
  PassRecorder recorder_;
  std::vector<int> tokens_;
  InspectReport report_;
};

}  // namespace

absl::StatusOr<InspectReport> InspectText(absl::string_view prompt,
                                          const Vocabulary& vocabulary,
                                          const Transformer& model,
                                          const InspectOptions& options, ThreadTeam& team) {
  CHECK_EQ(static_cast<int64_t>(vocabulary.size()), model.config().vocab_size);
  const int64_t context = model.config().seq_len;
  const int64_t positions =
      options.positions > 0 ? std::min(options.positions, context) : context;
  std::vector<int> tokens = Encoder(&vocabulary).Encode(prompt, {.add_bos = true});
  RETURN_IF_ERROR(CheckSize(model.config(), positions, tokens.size()));
  return Inspection(vocabulary, model, options, team).Run(std::move(tokens), positions);
}

}  // namespace llama2
