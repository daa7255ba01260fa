// The pages of a checkout.
//
//   for (const std::string& path : FindPages("/home/me/llama2.cc")) ...
#ifndef LLAMA2_TESTING_DOCS_FIND_PAGES_H_
#define LLAMA2_TESTING_DOCS_FIND_PAGES_H_

#include <string>
#include <vector>

namespace llama2 {

// The .md files in the folder `root` and those below, from `root`, sorted. Hidden folders
// and symbolic links, such as bazel-out, are passed over.
std::vector<std::string> FindPages(const std::string& root);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_FIND_PAGES_H_
