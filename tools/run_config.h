// What a run is told (run_config.proto), beyond what its schema can say.
//
//   RETURN_IF_ERROR(Validate(config));
//   ASSIGN_OR_RETURN(std::string path, TokenizerPath(config));
//   Sampler sampler(SamplerOptionsOf(config), kernels);
#ifndef LLAMA2_TOOLS_RUN_CONFIG_H_
#define LLAMA2_TOOLS_RUN_CONFIG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sampling/sampler.h"
#include "tools/run_config.pb.h"

namespace llama2 {

// InvalidArgument, naming the field, what was found and what was expected, where a value
// does not keep to the schema's limits or names nothing that exists; FailedPrecondition
// where this CPU lacks the instruction set.
absl::Status Validate(const RunConfig& config);

// The vocabulary's file. Without config.tokenizer: the first that exists of
// tokenizer.bin and tokenizer.model beside the checkpoint, then in the current folder
// (where llama2.c looks). NotFound: there is none.
absl::StatusOr<std::string> TokenizerPath(const RunConfig& config);

// How the next token is chosen, for a `config` that Validate accepts.
SamplerOptions SamplerOptionsOf(const RunConfig& config);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_RUN_CONFIG_H_
