#include "testing/docs/checkout_folder.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

namespace fs = std::filesystem;

// As `bazel run`: the program starts in another folder than its user, and is told where
// that is.
constexpr absl::string_view kBazel = R"sh(
fail() {
  echo "bazel: $*" >&2
  exit 1
}

[[ $1 == run ]] || fail "$1: a page's test can only run; mark the fence as not run"
shift
while [[ $1 == --?* ]]; do shift; done
label=$1
[[ -n $label ]] || fail "run: which target?"
shift
program=${programs[$label]}
[[ -n $program ]] || fail "$label: not among the programs of //testing/docs:checkout"
case $1 in
  --) shift ;;
  -*) fail "$1: bazel's own flag; the program's come behind --" ;;
esac
export BUILD_WORKING_DIRECTORY=$PWD BUILD_WORKSPACE_DIRECTORY=$root
cd "$bin" && exec "$program" "$@"
)sh";

absl::Status Error(const fs::path& path, const std::error_code& error) {
  return absl::InternalError(absl::StrCat(path.string(), ": ", error.message()));
}

absl::Status MakeFolder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? Error(path, error) : absl::OkStatus();
}

absl::Status CopyFile(const fs::path& from, const fs::path& to) {
  RETURN_IF_ERROR(MakeFolder(to.parent_path()));
  std::error_code error;
  fs::copy_file(from, to, error);
  if (!error) fs::permissions(to, fs::perms::owner_write, fs::perm_options::add, error);
  return error ? Error(from, error) : absl::OkStatus();
}

absl::Status MakeLink(const fs::path& to, const fs::path& link) {
  RETURN_IF_ERROR(MakeFolder(link.parent_path()));
  std::error_code error;
  fs::create_symlink(to, link, error);
  return error ? Error(link, error) : absl::OkStatus();
}

absl::Status MakeExecutable(const fs::path& path) {
  std::error_code error;
  fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, error);
  return error ? Error(path, error) : absl::OkStatus();
}

}  // namespace

Checkout::Checkout()
    : folder_(std::make_unique<TestFolder>()),
      path_(fs::path(folder_->path()).lexically_normal()) {}

absl::StatusOr<Checkout> Checkout::Create(const std::string& manifest,
                                          const std::string& shared_data) {
  Checkout checkout;
  const TestFolder& folder = *checkout.folder_;
  for (const char* name : {"bin", "checkout", "home", "scratch", "shared", "tmp"}) {
    RETURN_IF_ERROR(MakeFolder(folder.Path(name)));
  }
  ASSIGN_OR_RETURN(const std::string text, ReadText(manifest));
  std::string bazel = "#!/bin/bash\ndeclare -A programs\n";
  for (const std::string& line : SplitLines(text)) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() == 3 && words[0] == "program") {
      const fs::path program = fs::absolute(words[2]);
      absl::StrAppend(&bazel, "programs[", words[1], "]='", program.string(), "'\n");
      RETURN_IF_ERROR(MakeLink(program, fs::path(checkout.root()) / "bazel-bin" /
                                            fs::path(words[2]).relative_path()));
    } else if (words.size() == 2 && words[0] == "file") {
      RETURN_IF_ERROR(CopyFile(words[1], fs::path(checkout.root()) / words[1]));
    } else {
      return absl::InvalidArgumentError(absl::StrCat(manifest, ": found ", line));
    }
  }
  absl::StrAppend(&bazel, "root='", checkout.root(), "'\nbin='", checkout.path_, "/bin'\n",
                  kBazel);
  for (const char* name : {"bin/bazel", "checkout/bazelw"}) {
    RETURN_IF_ERROR(MakeExecutable(folder.Write(name, bazel)));
  }
  if (!shared_data.empty()) {
    RETURN_IF_ERROR(MakeLink(fs::absolute(shared_data), folder.Path("shared/data")));
  }
  return checkout;
}

std::vector<std::string> Checkout::environment() const {
  return {
      absl::StrCat("PATH=", path_, "/bin:/usr/local/bin:/usr/bin:/bin"),
      absl::StrCat("HOME=", path_, "/home"),
      absl::StrCat("TMPDIR=", tmp()),
      "LC_ALL=C.UTF-8",
  };
}

}  // namespace llama2
