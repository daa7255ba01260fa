#include "tools/train_fixture.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "testing/tiny_vocabulary.h"

namespace llama2 {
namespace {

constexpr int kVocabSize = 320;

constexpr absl::string_view kConfig = R"(
text: "stories.txt"
tokenizer: "tokenizer.bin"
dim: 16
hidden_dim: 24
n_layers: 2
n_heads: 2
n_kv_heads: 1
seq_len: 16
held_out: 0.1
batch_size: 4
gradient_accumulation_steps: 1
batch_shards: 2
learning_rate: 1e-2
warmup_steps: 5
steps: 40
log_interval: 5
eval_interval: 15
eval_windows: 3
save_interval: 6
threads: 1
)";

}  // namespace

std::string MakeStories(int count) {
  constexpr const char* kNames[] = {"Lily", "Tom", "Max", "Sue"};
  constexpr const char* kAnimals[] = {"cat", "dog", "bird", "frog", "bear"};
  constexpr const char* kPlaces[] = {"park", "house", "garden"};
  uint32_t random = 1;
  const auto next = [&random](const auto& words) {
    random = random * 1664525 + 1013904223;
    return words[(random >> 16) % std::size(words)];
  };
  std::string text;
  for (int i = 0; i < count; ++i) {
    const char* name = next(kNames);
    const char* animal = next(kAnimals);
    absl::StrAppend(&text, "Once upon a time, there was a little ", animal, " named ", name,
                    ". ", name, " liked to play in the ", next(kPlaces), ". One day, ", name,
                    " saw a big ", next(kAnimals), ". They played and were happy.\n\n");
  }
  return text;
}

TrainFixture::TrainFixture() {
  folder().Write("stories.txt", MakeStories(100));
  folder().Write("tokenizer.bin", TinyTokenizerBin(kVocabSize));
  folder().Write("tiny.textproto", kConfig);
}

std::vector<std::string> TrainFixture::Args(absl::string_view output,
                                            std::vector<std::string> more) {
  std::vector<std::string> args = {"--config=tiny.textproto",
                                   absl::StrCat("--output=", output)};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

Outcome TrainFixture::TrainInScript(absl::string_view script, absl::string_view output,
                                    std::vector<std::string> more) const {
  Command command = ProgramCommand(Args(output, std::move(more)));
  command.environment = {"PATH=/usr/bin:/bin"};
  const std::vector<std::string> shell = {"/bin/sh", "-c", std::string(script), "sh"};
  command.args.insert(command.args.begin(), shell.begin(), shell.end());
  return RunToEnd(command);
}

std::vector<std::string> TrainFixture::States(absl::string_view output) const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder().Path(output))) {
    std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, "state-")) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace llama2
