// Where values stand along an axis, and the round ones among them that get a label.
//
//   const Scale scale = {.least = 0, .most = 4200, .begin = 64, .end = 776};
//   for (double value : Ticks(scale, /*room=*/80)) {
//     Label(scale.Place(value), TickLabel(value, scale));      // 0, 500, 1000, ...
//   }
#ifndef LLAMA2_REPORT_SCALE_H_
#define LLAMA2_REPORT_SCALE_H_

#include <string>
#include <vector>

namespace llama2 {

// Values beyond this, up or down, have no place in a picture.
inline constexpr double kMostValue = 1e100;

struct Scale {
  double least = 0, most = 1;  // values, least < most; above 0 where logarithmic
  double begin = 0, end = 1;   // their places, in pixels
  bool logarithmic = false;

  double Place(double value) const;
};

// The limits moved apart, where they are not least < most by enough to be told apart.
Scale Widened(Scale scale);

// The round values from scale.least to scale.most, rising: as many as leave `room` pixels
// between them. Of a linear scale they are the multiples of 1, 2 or 5 times a power of ten.
// The scale is one that Widened gives.
std::vector<double> Ticks(const Scale& scale, double room);

// How a tick is written: on an axis that is long, 5000 as "5k".
std::string TickLabel(double value, const Scale& scale);

}  // namespace llama2

#endif  // LLAMA2_REPORT_SCALE_H_
