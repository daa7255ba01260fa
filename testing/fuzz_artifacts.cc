// Part of every fuzzer (fuzz.bzl): an input that crashes it is kept. What a test writes
// where it runs is lost with its sandbox; Bazel hands on what is in this folder, as
// bazel-testlogs/<package>/<fuzzer>/test.outputs/outputs.zip.
#include <cstdlib>
#include <string>
#include <vector>

// libFuzzer calls it first, and then reads the arguments that it leaves.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const char* folder = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (folder == nullptr) return 0;
  static std::string flag = std::string("-artifact_prefix=") + folder + "/";
  static std::vector<char*> arguments(*argv, *argv + *argc);
  arguments.insert(arguments.begin() + 1, flag.data());  // a later one is stronger
  *argc = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  *argv = arguments.data();
  return 0;
}
