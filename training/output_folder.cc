#include "training/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

std::string NameOfState(int64_t step) { return absl::StrFormat("state-%08d.bin", step); }

// The step of a state's file by its name.
std::optional<int64_t> StepOf(absl::string_view name) {
  int64_t step;
  if (!absl::ConsumePrefix(&name, "state-") || !absl::ConsumeSuffix(&name, ".bin") ||
      !absl::SimpleAtoi(name, &step)) {
    return std::nullopt;
  }
  return step;
}

absl::Status FolderError(absl::string_view path, std::error_code error,
                         absl::string_view what) {
  return absl::ErrnoToStatus(error.value(), absl::StrCat(path, ": ", what));
}

absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return FolderError(path, error, "cannot list this folder");
  return names;
}

// The steps of which there are states, the latest first.
absl::StatusOr<std::vector<int64_t>> StepsIn(const std::string& path) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(path));
  std::vector<int64_t> steps;
  for (const std::string& name : names) {
    const std::optional<int64_t> step = StepOf(name);
    if (step.value_or(-1) >= 0 && name == NameOfState(*step)) steps.push_back(*step);
  }
  std::sort(steps.rbegin(), steps.rend());
  return steps;
}

std::string Join(absl::string_view folder, absl::string_view name) {
  return absl::StrCat(folder, absl::EndsWith(folder, "/") ? "" : "/", name);
}

// What AtomicFileWriter calls a file that is not finished: name.tmp-PROCESS-NUMBER.
bool IsTemporary(absl::string_view name) {
  const size_t mark = name.rfind(".tmp-");
  return mark != absl::string_view::npos &&
         name.find_first_not_of("-0123456789", mark + 5) == absl::string_view::npos;
}

}  // namespace

absl::StatusOr<NewestState> FindNewestState(absl::string_view path) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> steps, StepsIn(std::string(path)));
  NewestState newest;
  absl::Status first_error;
  for (const int64_t step : steps) {
    newest.path = Join(path, NameOfState(step));
    absl::StatusOr<TrainingState> state = ReadTrainingState(newest.path);
    if (state.ok()) {
      newest.state = *std::move(state);
      return newest;
    }
    if (!absl::IsDataLoss(state.status())) return state.status();
    newest.damaged.emplace_back(state.status().message());
    first_error.Update(state.status());
  }
  RETURN_IF_ERROR(first_error);
  return newest;
}

absl::StatusOr<OutputFolder> OutputFolder::Open(absl::string_view path) {
  std::string folder(path);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return FolderError(path, error, "cannot make this folder");
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open this folder"));
  OutputFolder output(std::move(folder), fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot lock this folder"));
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": another process is training into this folder"));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(output.path_));
  for (const std::string& name : names) {
    if (IsTemporary(name)) std::filesystem::remove(output.Path(name), error);
  }
  return output;
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

OutputFolder& OutputFolder::operator=(OutputFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

OutputFolder::~OutputFolder() {
  if (fd_ >= 0) close(fd_);
}

std::string OutputFolder::Path(absl::string_view name) const { return Join(path_, name); }

absl::Status OutputFolder::Save(const TrainingState& state) const {
  RETURN_IF_ERROR(WriteTrainingState(state, Path(NameOfState(state.step))));
  ASSIGN_OR_RETURN(const std::vector<int64_t> steps, StepsIn(path_));
  bool found_previous = false;
  for (const int64_t step : steps) {
    if (step == state.step) continue;
    if (step < state.step && !std::exchange(found_previous, true)) continue;
    std::error_code error;
    std::filesystem::remove(Path(NameOfState(step)), error);
    if (error) return FolderError(Path(NameOfState(step)), error, "cannot remove");
  }
  return absl::OkStatus();
}

}  // namespace llama2
