// A study's numbers as pictures: one for each thing that was measured.
//
//   for (const StudyFigure& figure : StudyFigures(report)) {
//     Write(absl::StrCat(figure.name, ".svg"), figure.svg);
//   }
#ifndef LLAMA2_TOOLS_STUDY_STUDY_FIGURES_H_
#define LLAMA2_TOOLS_STUDY_STUDY_FIGURES_H_

#include <array>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analysis/study.pb.h"

namespace llama2 {

// Something that was measured of each cell.
struct StudyMetric {
  std::string name;     // of the field in StudyCell, and of the file
  std::string heading;  // of a table's column
  std::string title;
  std::string unit;         // what its numbers are, for an axis
  std::string explanation;  // a sentence for the reader
  const StudyMean& (StudyCell::*mean)() const;
  int decimals = 3;
  bool from_zero = false;
  bool to_one = false;
};

// What `report` has numbers of.
std::vector<StudyMetric> StudyMetrics(const StudyReport& report);

// The cells of a report by what makes them: models, prompts, temperatures, values of top-p.
class StudyCells {
 public:
  enum Dimension { kModel, kPrompt, kTemperature, kTopP };
  static constexpr int kDimensions = 4;
  using Place = std::array<int, kDimensions>;  // an index in each dimension

  // `report` outlives this.
  explicit StudyCells(const StudyReport& report);

  int size(Dimension dimension) const { return sizes_[dimension]; }
  const StudyCell& At(const Place& place) const;
  Place PlaceOf(int cell) const;

  // A value in words: "int8", "a story", "temperature 0.5", "top-p 0.9".
  std::string Name(Dimension dimension, int index) const;
  // The names in those dimensions that have more than one value, but for `without`.
  std::string Name(const Place& place, const std::vector<Dimension>& without = {}) const;

 private:
  const StudyReport& report_;
  const Place sizes_;
};

struct StudyFigure {
  std::string name;  // of a file, without an ending
  std::string svg;
  std::string explanation;  // of what is in it
};

// Along the axis are the temperatures, or the values of top-p where there is one temperature;
// where there is one of both, bars stand for prompts, or for models. What else there are
// several of are lines, or bars side by side; where these are too many, each prompt has its
// own figure. Whiskers are one standard error up and down.
std::vector<StudyFigure> StudyFigures(const StudyReport& report);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_STUDY_STUDY_FIGURES_H_
