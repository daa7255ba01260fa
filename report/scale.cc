#include "report/scale.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace llama2 {
namespace {

std::vector<double> LinearTicks(const Scale& scale, double room) {
  const double count = std::max(1.0, std::abs(scale.end - scale.begin) / room);
  const double least_step = (scale.most - scale.least) / count;
  const double power = std::pow(10, std::floor(std::log10(least_step)));
  double step = power;
  for (const double factor : {2, 5, 10}) {
    if (step < least_step * (1 - 1e-9)) step = factor * power;
  }
  std::vector<double> ticks;
  const int64_t last = static_cast<int64_t>(std::floor(scale.most / step + 1e-9));
  for (int64_t i = static_cast<int64_t>(std::ceil(scale.least / step - 1e-9)); i <= last; ++i) {
    ticks.push_back(i * step);
  }
  return ticks;
}

// The values mantissa * 10^(i * decades) within the scale.
std::vector<double> PowerTicks(const Scale& scale, const std::vector<double>& mantissas,
                               int decades) {
  std::vector<double> ticks;
  const int first = static_cast<int>(std::floor(std::log10(scale.least) / decades));
  const int last = static_cast<int>(std::floor(std::log10(scale.most) / decades));
  for (int i = first; i <= last; ++i) {
    for (const double mantissa : mantissas) {
      const double value = mantissa * std::pow(10, i * decades);
      if (value >= scale.least && value <= scale.most) ticks.push_back(value);
    }
  }
  return ticks;
}

bool Fit(const std::vector<double>& ticks, const Scale& scale, double room) {
  for (size_t i = 1; i < ticks.size(); ++i) {
    if (std::abs(scale.Place(ticks[i]) - scale.Place(ticks[i - 1])) < room) return false;
  }
  return true;
}

std::vector<double> LogarithmicTicks(const Scale& scale, double room) {
  static constexpr int kMostDecades = 200;  // from 1 / kMostValue to kMostValue
  const std::vector<std::vector<double>> kMantissas = {
      {1,   1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.2, 2.4,
       2.6, 2.8, 3,   3.5, 4,   4.5, 5,   5.5, 6,   7,   8, 9},
      {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 8},
      {1, 1.5, 2, 3, 5, 7},
      {1, 2, 5}};
  for (const std::vector<double>& mantissas : kMantissas) {
    std::vector<double> ticks = PowerTicks(scale, mantissas, 1);
    if (Fit(ticks, scale, room)) return ticks;
  }
  std::vector<double> ticks;
  for (int decades = 1; decades <= kMostDecades; ++decades) {
    ticks = PowerTicks(scale, {1}, decades);
    if (Fit(ticks, scale, room)) break;
  }
  return ticks;
}

}  // namespace

double Scale::Place(double value) const {
  const auto along = [this](double v) { return logarithmic ? std::log(v) : v; };
  const double part = (along(value) - along(least)) / (along(most) - along(least));
  return begin + part * (end - begin);
}

Scale Widened(Scale scale) {
  if (scale.logarithmic) {
    if (!(scale.most > scale.least * (1 + 1e-6))) {
      scale.most = scale.least * 1.1;
      scale.least /= 1.1;
    }
    return scale;
  }
  const double size = std::max(std::abs(scale.least), std::abs(scale.most));
  const double room = size > 0 ? 1e-6 * size : 0.5;
  if (!(scale.most - scale.least > room)) {
    const double middle = scale.least;
    scale.least = middle - std::max(room, 0.1 * size);
    scale.most = middle + std::max(room, 0.1 * size);
  }
  return scale;
}

std::vector<double> Ticks(const Scale& scale, double room) {
  return scale.logarithmic ? LogarithmicTicks(scale, room) : LinearTicks(scale, room);
}

std::string TickLabel(double value, const Scale& scale) {
  if (value != 0 && !scale.logarithmic && scale.most < 1e9) {
    if (scale.most >= 1e6) return absl::StrFormat("%gM", value / 1e6);
    if (scale.most >= 1e4) return absl::StrFormat("%gk", value / 1e3);
  }
  return absl::StrFormat("%g", value);
}

}  // namespace llama2
