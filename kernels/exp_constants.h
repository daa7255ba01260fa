// The numbers of our exp, shared by every instruction set.
//
// exp(x) = 2^n * exp(r), n = round(x / ln 2), r = x - n ln 2 in two steps, and
// exp(r) = 1 + r + r^2 P(r), P of degree 4 fitted to the least largest relative
// error over |r| <= 0.347: 0.06 units in the last place before rounding.
#ifndef LLAMA2_KERNELS_EXP_CONSTANTS_H_
#define LLAMA2_KERNELS_EXP_CONSTANTS_H_

namespace llama2 {

// Below kExpLowest the result would be denormal: it is 0. Above kExpHighest it is
// infinity; there the argument is cut, so that n stays small.
constexpr float kExpLowest = -87.33654f;
constexpr float kExpHighest = 89.0f;

constexpr float kLog2E = 1.44269504f;
// ln 2 as a short number, whose product with n is exact, and the rest.
constexpr float kLn2High = 0.693359375f;
constexpr float kLn2Low = -2.12194440e-4f;

// Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, which then stands
// in the lowest bits.
constexpr float kRound = 12582912.0f;
constexpr unsigned kRoundBits = 0x4B400000u;

constexpr float kExpP0 = 0x1.fffffcp-2f;
constexpr float kExpP1 = 0x1.55549p-3f;
constexpr float kExpP2 = 0x1.5558f4p-5f;
constexpr float kExpP3 = 0x1.123a6cp-7f;
constexpr float kExpP4 = 0x1.6a234ap-10f;

}  // namespace llama2

#endif  // LLAMA2_KERNELS_EXP_CONSTANTS_H_
