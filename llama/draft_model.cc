#include "llama/draft_model.h"

#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "llama/int8.h"
#include "llama/linear.h"

namespace llama2 {
namespace {

// Another's layer, of which what it gives for little is enough.
class AboutLinear : public Linear {
 public:
  explicit AboutLinear(const Linear& linear) : linear_(linear) {}

  int64_t inputs() const override { return linear_.inputs(); }
  int64_t outputs() const override { return linear_.outputs(); }
  int64_t ScratchBytes(int64_t batch) const override { return linear_.ScratchBytes(batch); }
  void Convert(const LinearInput& in, int64_t b) const override { linear_.Convert(in, b); }

  // Only as a classifier: nothing is added to.
  void Multiply(const LinearInput& in, Range range, MatrixView<float> y,
                Store store) const override {
    CHECK(store == Store::kReplace);
    linear_.MultiplyAbout(in, range, y);
  }

 private:
  const Linear& linear_;
};

class BorrowedEmbedding : public Embedding {
 public:
  explicit BorrowedEmbedding(const Embedding& embedding) : embedding_(embedding) {}

  void Read(int64_t token, absl::Span<float> row) const override {
    embedding_.Read(token, row);
  }

 private:
  const Embedding& embedding_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const Transformer>> MakeDraftModel(const Transformer& model,
                                                                  Checkpoint int8,
                                                                  ThreadTeam& team) {
  ASSIGN_OR_RETURN(Parts parts, MakeInt8Parts(std::move(int8), model.kernels()));
  CHECK_EQ(parts.layers.size(), model.parts().layers.size());
  CHECK_EQ(parts.config.dim, model.config().dim);
  CHECK_EQ(parts.config.hidden_dim, model.config().hidden_dim);
  CHECK_EQ(parts.config.kv_dim(), model.config().kv_dim());
  const Linear& classifier = *model.parts().classifier;
  team.Run([&](ThreadTeam::Member& me) {
    classifier.PrepareAbout(me.Share(classifier.outputs(), Linear::kOutputGrain));
  });
  parts.config = model.config();
  parts.embedding = std::make_unique<BorrowedEmbedding>(*model.parts().embedding);
  parts.final_norm = model.parts().final_norm;
  parts.classifier = std::make_unique<AboutLinear>(classifier);
  return std::make_unique<Transformer>(std::move(parts), model.kernels());
}

}  // namespace llama2
