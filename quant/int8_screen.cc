#include "quant/int8_screen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/memory/memory.h"
#include "base/check.h"
#include "kernels/int8_kernel_table.h"
#include "quant/int8_matrix.h"
#include "quant/quantize.h"

namespace llama2 {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Rows of a block. Few enough that one is copied in the time of some tokens at most; many
// enough that their largest product is found 16 at a time.
constexpr int64_t kBlockRows = 256;

// A Multiply copies this part of the blocks that it is asked for.
constexpr int64_t kPasses = 8;

// Where more than this part of the rows may hold the largest product, all are multiplied, and
// for so many times the copy is not asked.
constexpr int64_t kMostCandidates = 8;
constexpr int kRest = 16;

constexpr int64_t kLeastGroup = 16;

// What MultiplyAbout makes exact: the products that come so near to the largest, but only so
// many. As logits they are the tokens of at least a fiftieth of the largest's probability.
constexpr float kExactWithin = 4;
constexpr int64_t kMostExact = 64;

// float32's unit roundoff, and what is added to a bound for the roundings that it is itself
// computed with. These are the more the longer groups are: of 64 numbers a length is off by
// less than 3e-7 of it.
constexpr double kRoundoff = 0x1p-24;
constexpr double kSlack = 1 + 1e-6;
constexpr int64_t kMostGroup = 64;

// What is added to lengths and to a bound for squares and products so small that they are
// rounded by more than their share.
constexpr double kTinyLength = 1e-18;
constexpr double kTinyProduct = 1e-30;

// Above this a sum of products might overflow on its way.
constexpr double kLargest = 1e37;

int64_t GroupSize(int64_t cols) { return DefaultGroupSize({cols}); }

}  // namespace

Int8Screen::Group::Group(const Int8GroupSquares& squares)
    : norm(std::sqrt(static_cast<double>(squares.x)) + kTinyLength),
      error(std::sqrt(static_cast<double>(squares.error)) + kTinyLength) {}

std::unique_ptr<Int8Screen> Int8Screen::Create(MatrixView<const float> w,
                                               const Kernels& kernels, Backing backing,
                                               int64_t least) {
  CHECK_EQ(w.stride(), w.cols());
  const int64_t group_size = GroupSize(w.cols());
  CHECK_LE(group_size, kMostGroup);
  if (w.rows() * w.cols() < least || group_size < kLeastGroup) return nullptr;
  // No page of it is touched before there is something to write.
  AlignedBuffer<uint8_t> memory;
  if (!memory.TryResize(HalvedInt8Matrix::Bytes(w.rows(), w.cols(), group_size))) {
    return nullptr;
  }
  memory.PreferHugePages();
  return absl::WrapUnique(new Int8Screen(w, kernels, std::move(backing), std::move(memory)));
}

Int8Screen::Int8Screen(MatrixView<const float> w, const Kernels& kernels, Backing backing,
                       AlignedBuffer<uint8_t> memory)
    : w_(w),
      kernels_(kernels),
      int8_kernels_(kernels.isa()),
      backing_(std::move(backing)),
      copy_(memory.span(), w.rows(), w.cols(), GroupSize(w.cols())),
      memory_(std::move(memory)),
      blocks_((w.rows() + kBlockRows - 1) / kBlockRows) {}

int64_t Int8Screen::ScratchBytes(int64_t batch) const {
  return QuantizedVectors::Bytes(batch, copy_.pieces());
}

QuantizedVectors Int8Screen::Quantized(absl::Span<uint8_t> scratch, int64_t batch) const {
  return QuantizedVectors(scratch, batch, copy_.pieces());
}

void Int8Screen::Quantize(absl::Span<const float> x, const QuantizedVectors& x8,
                          int64_t b) const {
  int8_kernels_.Quantize(x, x8, b);
}

void Int8Screen::Multiply(MatrixView<const float> x, const QuantizedVectors& x8, Range rows,
                          MatrixView<float> y) const {
  if (rows.size() == 0) return;
  std::atomic<int>& resting = blocks_[rows.begin / kBlockRows].resting;
  if (resting.load(std::memory_order_relaxed) > 0) {
    resting.fetch_sub(1, std::memory_order_relaxed);
    return MultiplyRows(x, rows, y);
  }
  CopySome(rows, rows.size() / kBlockRows / kPasses + 1);
  std::vector<Part> parts = MultiplyParts(x, x8, rows, Halves::kBoth, y);
  std::vector<Candidate> candidates;
  std::vector<Int8GroupSquares> squares(copy_.pieces().count());
  for (int64_t b = 0; b < x.rows(); ++b) {
    int8_kernels_.Measure(x.Row(b), x8, b, absl::MakeSpan(squares));
    const std::vector<Group> groups(squares.begin(), squares.end());
    ScreenVector(b, groups, rows, y.Row(b), parts, candidates);
  }
  if (static_cast<int64_t>(candidates.size()) * kMostCandidates > rows.size() * x.rows()) {
    resting.store(kRest, std::memory_order_relaxed);
    return MultiplyRows(x, rows, y);
  }
  AlignedBuffer<float> memory(w_.cols());
  for (const Candidate& c : candidates) {
    MatrixView<const float> row = w_.Rows(c.row, 1);
    if (backing_.read && backing_.read(row, memory.data())) row = {memory.data(), 1, w_.cols()};
    kernels_.Matmul(row, x.Rows(c.b, 1), y.Rows(c.b, 1).Columns(c.row - rows.begin, 1));
  }
}

void Int8Screen::Prepare(Range rows) const { CopySome(rows, blocks_.size()); }

void Int8Screen::CopySome(Range rows, int64_t most) const {
  // A block that begins in another thread's rows is that thread's to copy.
  const int64_t first = (rows.begin + kBlockRows - 1) / kBlockRows;
  for (int64_t i = first; i * kBlockRows < rows.end && most > 0; ++i) most -= Copy(i);
}

void Int8Screen::MultiplyAbout(MatrixView<const float> x, const QuantizedVectors& x8,
                               Range rows, MatrixView<float> y) const {
  if (rows.size() == 0) return;
  MultiplyParts(x, x8, rows, Halves::kUpper, y);
  for (int64_t b = 0; b < x.rows(); ++b) MultiplyLargest(x.Rows(b, 1), rows, y.Rows(b, 1));
}

void Int8Screen::MultiplyLargest(MatrixView<const float> x, Range rows,
                                 MatrixView<float> y) const {
  const absl::Span<const float> about = y.Row(0);
  const float least = about[kernels_.Argmax(about)] - kExactWithin;
  int64_t left = kMostExact;
  for (int64_t begin = 0; begin < rows.size() && left > 0; begin += kBlockRows) {
    int32_t found[kBlockRows];
    const int64_t count =
        kernels_.FindAtLeast(about.subspan(begin, kBlockRows), least, absl::MakeSpan(found));
    for (int64_t i = 0; i < count && left > 0; ++i, --left) {
      const int64_t row = rows.begin + begin + found[i];
      MultiplyRows(x, {row, row + 1}, y.Columns(row - rows.begin, 1));
    }
  }
}

void Int8Screen::MultiplyRows(MatrixView<const float> x, Range rows,
                              MatrixView<float> y) const {
  kernels_.Matmul(w_.Rows(rows.begin, rows.size()), x, y);
}

std::vector<Int8Screen::Part> Int8Screen::MultiplyParts(MatrixView<const float> x,
                                                        const QuantizedVectors& x8, Range rows,
                                                        Halves which,
                                                        MatrixView<float> y) const {
  std::vector<Part> parts;
  for (int64_t row = rows.begin; row < rows.end;) {
    const Range part = {row, std::min((row / kBlockRows + 1) * kBlockRows, rows.end)};
    const MatrixView<float> out = y.Columns(row - rows.begin, part.size());
    const Block& block = blocks_[row / kBlockRows];
    const bool copied = block.state.load(std::memory_order_acquire) == Block::State::kCopied;
    if (copied) {
      int8_kernels_.Matmul(copy_, row, part.size(), x8, which, out);
    } else {
      MultiplyRows(x, part, out);
    }
    parts.push_back({.rows = part, .block = copied ? &block : nullptr});
    row = part.end;
  }
  return parts;
}

void Int8Screen::ScreenVector(int64_t b, absl::Span<const Group> x, Range rows,
                              absl::Span<float> y, std::vector<Part>& parts,
                              std::vector<Candidate>& candidates) const {
  const auto products = [&](const Part& part) {
    return y.subspan(part.rows.begin - rows.begin, part.rows.size());
  };
  double least = -kInfinity;  // what the largest product is at least
  for (Part& part : parts) {
    part.largest = products(part)[kernels_.Argmax(products(part))];
    part.bound = part.block == nullptr ? 0 : Bound(*part.block, x);
    least = std::max(least, part.largest - part.bound);
  }
  for (const Part& part : parts) {
    if (part.block == nullptr) continue;
    const absl::Span<float> about = products(part);
    // Written so that what is no number may be the largest.
    if (!(part.largest + part.bound < least)) {
      for (int64_t i = 0; i < part.rows.size(); ++i) {
        if (!(about[i] + part.bound < least)) candidates.push_back({b, part.rows.begin + i});
      }
    }
    std::fill(about.begin(), about.end(), -std::numeric_limits<float>::infinity());
  }
}

bool Int8Screen::Copy(int64_t index) const {
  Block& block = blocks_[index];
  Block::State state = Block::State::kBare;
  if (!block.state.compare_exchange_strong(state, Block::State::kBeingCopied,
                                           std::memory_order_acquire)) {
    return false;
  }
  const int64_t begin = index * kBlockRows;
  const MatrixView<const float> rows = w_.Rows(begin, std::min(kBlockRows, w_.rows() - begin));
  block.groups = CopyRows(rows, begin);
  if (block.groups.empty()) {
    block.state.store(Block::State::kUnfit, std::memory_order_relaxed);
    return true;
  }
  block.state.store(Block::State::kCopied, std::memory_order_release);
  if (backing_.on_copied) backing_.on_copied(rows);
  return true;
}

std::vector<Int8Screen::Group> Int8Screen::CopyRows(MatrixView<const float> rows,
                                                    int64_t first) const {
  const int64_t size = copy_.group_size(), cols = rows.cols();
  AlignedBuffer<uint8_t> scratch(ScratchBytes(1));
  const QuantizedVectors row8 = Quantized(scratch.span(), 1);
  AlignedBuffer<uint8_t> panel(Int8Matrix::Bytes(kPanelRows, cols, size));
  std::vector<Int8GroupSquares> largest(copy_.pieces().count()), squares(largest.size());
  for (int64_t r = 0; r < rows.rows(); r += kPanelRows) {
    const int64_t count = std::min<int64_t>(kPanelRows, rows.rows() - r);
    uint8_t* values = panel.data();
    float* scales = reinterpret_cast<float*>(panel.data() + count * cols);
    for (int64_t i = 0; i < count; ++i) {
      const absl::Span<const float> row = rows.Row(r + i);
      Quantize(row, row8, 0);
      int8_kernels_.Measure(row, row8, 0, absl::MakeSpan(squares));
      for (size_t g = 0; g < squares.size(); ++g) {
        if (!std::isfinite(squares[g].x)) return {};
        largest[g].x = std::max(largest[g].x, squares[g].x);
        largest[g].error = std::max(largest[g].error, squares[g].error);
        values = absl::c_copy(row8.Values(0, g), values);
        *scales++ = row8.Scale(0, g * size);
      }
    }
    HalvePanel(Int8Matrix(panel.span().subspan(0, Int8Matrix::Bytes(count, cols, size)), count,
                          cols, size),
               /*from=*/0, copy_, /*to=*/first + r, memory_.span());
  }
  return {largest.begin(), largest.end()};
}

double Int8Screen::Bound(const Block& block, absl::Span<const Group> x) const {
  double bound = 0, product = 0, copy_product = 0;  // the last two without their signs
  for (size_t i = 0; i < x.size(); ++i) {
    const Group& w = block.groups[i];
    const double copy_norm = x[i].norm + x[i].error;
    bound += w.error * copy_norm + w.norm * x[i].error;
    product += w.norm * x[i].norm;
    copy_product += (w.norm + w.error) * copy_norm;
  }
  if (!(product < kLargest && copy_product < kLargest)) return kInfinity;
  // Sums of so many terms, one after the other, behind a few operations on each; of the 16 sums
  // of a dot product each has a sixteenth of its terms (docs/numerics.md).
  const double depth = static_cast<double>(w_.cols()) / 16 + 16;
  const double groups = static_cast<double>(x.size()) + 16;
  bound += kRoundoff * (depth * product + groups * copy_product);
  return kSlack * bound + kTinyProduct;
}

}  // namespace llama2
