// Finds the largest product of a float32 matrix and a vector without reading most of the
// matrix: a copy in int8, a quarter of the bytes, says how large each product is about, and a
// bound how far off it can be. The rows whose products may be the largest are then multiplied
// in float32, bit for bit as all would have been. Or says of all products what they are about.
//
//   const auto screen = Int8Screen::Create(w, kernels, {});         // w (R, K)
//   const QuantizedVectors x8 = screen->Quantized(scratch, B);      // of x (B, K)
//   for (int64_t b = 0; b < B; ++b) screen->Quantize(x.Row(b), x8, b);
//   screen->Multiply(x, x8, {0, R}, y);
//   int64_t largest = kernels.Argmax(y.Row(0));                     // as if y were x W^T
//   screen->MultiplyAbout(x, x8, {0, R}, y);                        // y is about x W^T
//
// For what a group holds of a row w of the matrix and of its copy v, of a vector x and of its
// copy z, all in exact numbers,
//
//   |w x - v z| = |(w - v) z + w (x - z)| <= |w - v| |z| + |w| |x - z|
//
// (Cauchy and Schwarz), and what rounding adds to either product is bounded by sums of |w| |x|
// and |v| |z| (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1).
#ifndef LLAMA2_QUANT_INT8_SCREEN_H_
#define LLAMA2_QUANT_INT8_SCREEN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "quant/halved_int8_matrix.h"
#include "quant/int8_kernels.h"

namespace llama2 {

// The copy is made block by block on the way: each Multiply copies a few blocks of rows and
// multiplies those that have no copy yet as they are. So the first product takes hardly
// longer, and a short run pays for little that it does not use.
//
// Thread-safe, as if nothing changed.
class Int8Screen {
 public:
  // What can be done for a matrix that is mapped from a file, if anything. Thread-safe.
  struct Backing {
    // Told of rows that now have a copy: few of them will be read from now on.
    std::function<void(MatrixView<const float> rows)> on_copied;
    // Copies such a row, which then need not come back into memory. False where it cannot.
    std::function<bool(MatrixView<const float> row, float* out)> read;
  };

  // A matrix of fewer weights lies in a cache, where float32 is read nearly as fast as int8.
  static constexpr int64_t kLeastWeights = int64_t{1} << 20;

  // Of `w` (R, K), whose rows lie one behind the other; it outlives the screen and does not
  // change meanwhile. Null where that would not help: where there are fewer weights than
  // `least`, where rows cannot be cut into groups long enough for their scales to be little
  // beside them, or where there is no memory.
  static std::unique_ptr<Int8Screen> Create(MatrixView<const float> w, const Kernels& kernels,
                                            Backing backing, int64_t least = kLeastWeights);

  // A batch of vectors as the copy reads them, and the bytes that they take, from the
  // beginning of a cache line on.
  int64_t ScratchBytes(int64_t batch) const;
  QuantizedVectors Quantized(absl::Span<uint8_t> scratch, int64_t batch) const;
  void Quantize(absl::Span<const float> x, const QuantizedVectors& x8, int64_t b) const;

  // y (B, rows) = x (B, K) w^T for the rows `rows`, which begin at a multiple of 16, where a
  // product may be the largest of these of its vector; -infinity where it cannot. All vectors
  // of x have been quantised. A product that is no number, or may be none, is always there.
  void Multiply(MatrixView<const float> x, const QuantizedVectors& x8, Range rows,
                MatrixView<float> y) const;

  // y (B, rows) is about x w^T, from the upper halves of the copy where there is one; the
  // products that come near the largest of their vector are exact, up to a few dozen. For
  // guesses: the others are off by about a tenth of their standard deviation.
  void MultiplyAbout(MatrixView<const float> x, const QuantizedVectors& x8, Range rows,
                     MatrixView<float> y) const;

  // Copies at once what can be copied of these rows, but for a block that begins before them:
  // MultiplyAbout copies nothing.
  void Prepare(Range rows) const;

 private:
  // What a group holds of a row or a vector: |x|, and |x - z|. Of z that is at most the sum.
  struct Group {
    explicit Group(const Int8GroupSquares& squares);
    double norm;
    double error;
  };

  // Rows that are copied together.
  struct Block {
    enum class State : uint8_t {
      kBare,         // it has no copy
      kBeingCopied,  // somebody is at it
      kCopied,
      kUnfit,  // it has no copy and gets none: not all of its numbers are finite
    };
    std::atomic<State> state = State::kBare;
    std::vector<Group> groups;  // of its rows at most
    // Rows that begin here are so many times still to be multiplied without their copies, which
    // have said little.
    std::atomic<int> resting = 0;
  };

  // Rows that are multiplied together: those of a block, or a part of them.
  struct Part {
    Range rows;
    const Block* block;  // null where it has no copy
    // For the vector at hand: the largest product, and how far each can be off.
    double largest = 0;
    double bound = 0;
  };

  // Vector b and that row may have the largest product.
  struct Candidate {
    int64_t b, row;
  };

  Int8Screen(MatrixView<const float> w, const Kernels& kernels, Backing backing,
             AlignedBuffer<uint8_t> memory);

  // The products of these rows as the matrix gives them.
  void MultiplyRows(MatrixView<const float> x, Range rows, MatrixView<float> y) const;
  // Makes the products of one vector exact that come near its largest.
  void MultiplyLargest(MatrixView<const float> x, Range rows, MatrixView<float> y) const;
  // Makes the products of these rows block by block: from `which` halves of the copy, or as the
  // matrix gives them where there is none.
  std::vector<Part> MultiplyParts(MatrixView<const float> x, const QuantizedVectors& x8,
                                  Range rows, Halves which, MatrixView<float> y) const;
  // Leaves in y, of vector b, only the products that were made with the matrix, and names the
  // rows that are still to be.
  void ScreenVector(int64_t b, absl::Span<const Group> x, Range rows, absl::Span<float> y,
                    std::vector<Part>& parts, std::vector<Candidate>& candidates) const;

  // Copies blocks that begin in these rows, at most so many.
  void CopySome(Range rows, int64_t most) const;
  // Copies the block, unless somebody has or does; whether that was to be done.
  bool Copy(int64_t index) const;
  // Copies these rows, of which `first` is the first, and says what each group holds of them at
  // most. Of none where they are not all finite.
  std::vector<Group> CopyRows(MatrixView<const float> rows, int64_t first) const;

  // How far a product of the copy's can be from the matrix's own; infinite where either may
  // overflow or be no number.
  double Bound(const Block& block, absl::Span<const Group> x) const;

  const MatrixView<const float> w_;
  const Kernels kernels_;
  const Int8Kernels int8_kernels_;
  const Backing backing_;
  const HalvedInt8Matrix copy_;  // over memory_

  // What changes on the way: each block is written once, by whoever copies it.
  mutable AlignedBuffer<uint8_t> memory_;
  mutable std::vector<Block> blocks_;
};

}  // namespace llama2

#endif  // LLAMA2_QUANT_INT8_SCREEN_H_
