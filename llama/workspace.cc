#include "llama/workspace.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "kernels/kernels.h"
#include "llama/config.h"
#include "llama/linear.h"

namespace llama2 {

absl::StatusOr<Workspace> Workspace::Create(const Transformer& model, const ThreadTeam& team,
                                            int64_t max_batch, int64_t max_positions) {
  CHECK_GT(max_batch, 0);
  CHECK_GT(max_positions, 0);
  const Config& c = model.config();
  const auto scratch = [&](int64_t batch) {
    int64_t bytes = model.parts().classifier->ScratchBytes(batch);
    for (const Layer& layer : model.parts().layers) {
      for (const auto* linear : {&layer.wq, &layer.wo, &layer.w1, &layer.w2}) {
        bytes = std::max(bytes, (*linear)->ScratchBytes(batch));
      }
    }
    return bytes;
  };
  Workspace w;
  w.max_batch_ = max_batch;
  w.own_.resize(team.size());
  const auto resize = [&](AlignedBuffer<float>& buffer, int64_t cols) {
    return buffer.TryResize(max_batch * RowStride(cols));
  };
  bool there = resize(w.residual_, c.dim) && resize(w.normed_, c.dim) &&
               w.converted_.TryResize(scratch(max_batch)) && resize(w.queries_, c.dim) &&
               resize(w.keys_, c.kv_dim()) && resize(w.values_, c.kv_dim()) &&
               resize(w.attention_, c.dim) && resize(w.gate_, c.hidden_dim) &&
               resize(w.up_, c.hidden_dim) && w.logits_.TryResize(max_batch * c.vocab_size) &&
               resize(w.cosines_, c.head_dim()) && resize(w.sines_, c.head_dim());
  for (Own& own : w.own_) {
    there = there && own.normed.TryResize(c.dim) && own.converted.TryResize(scratch(1)) &&
            own.scores.TryResize(AttentionScratchSize(max_positions));
  }
  if (!there) {
    return absl::ResourceExhaustedError(absl::StrCat("workspace: no memory for a batch of ",
                                                     max_batch, " at ", max_positions,
                                                     " positions; a smaller one needs less"));
  }
  return w;
}

}  // namespace llama2
