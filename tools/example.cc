// The library in ten lines: what the README shows.
//
//   bazel run //tools:example -- model.bin tokenizer.bin
#include <iostream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "base/user_folder.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/fp32.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

absl::Status TellStory(absl::string_view model_path, absl::string_view vocabulary_path) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open(model_path));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::Load(vocabulary_path));
  const auto model = MakeFp32Transformer(std::move(checkpoint), Kernels(BestIsa()));
  ThreadTeam team(/*threads=*/1);
  ASSIGN_OR_RETURN(Session session, Session::Create(*model, team, {}));
  Sampler sampler({.temperature = 0.8f, .seed = 42}, model->kernels());
  const auto prompt = Encoder(&vocabulary).Encode("Once upon a time", {.add_bos = true});
  const auto print = [](absl::string_view text) { return bool(std::cout << text); };
  return Generate(prompt, {.echo = true}, vocabulary, sampler, session, print).status();
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: example MODEL TOKENIZER\n";
    return 2;
  }
  absl::Status status = llama2::EnterUserFolder();
  if (status.ok()) status = llama2::TellStory(argv[1], argv[2]);
  std::cout << "\n";
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
