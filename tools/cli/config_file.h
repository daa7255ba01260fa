// Configurations as text-format files, laid one over the other.
//
//   RunConfig config, layer;
//   for (const std::string& path : paths) {             // weakest first
//     RETURN_IF_ERROR(LoadConfigFile(path, &layer));
//     Overlay(layer, &config);
//   }
//   std::cout << PrintConfig(config);                   // can be loaded again
#ifndef LLAMA2_TOOLS_CLI_CONFIG_FILE_H_
#define LLAMA2_TOOLS_CLI_CONFIG_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace llama2 {

// Replaces `config` by what the file at `path` says, held to the limits of its schema
// (field_value.h); what the file does not mention stays unset.
// Errors: InvalidArgument, `path:line:column: what is wrong there`, for an unknown field
// with the one that was probably meant; and those of MappedFile::Open.
absl::Status LoadConfigFile(absl::string_view path, google::protobuf::Message* config);

// The same for a file's content in memory; `name` stands for the path in errors.
absl::Status ParseConfig(absl::string_view content, absl::string_view name,
                         google::protobuf::Message* config);

// Every field that is set in `layer` replaces that of `config`, of the same type; a
// repeated field as a whole: a list is not added to a weaker one.
void Overlay(const google::protobuf::Message& layer, google::protobuf::Message* config);

// `config` with its schema's defaults where it says nothing, in text format, a field a
// line. ParseConfig of it gives a configuration that prints the same.
std::string PrintConfig(const google::protobuf::Message& config);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_CONFIG_FILE_H_
