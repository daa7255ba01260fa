#include "tools/train_report.h"

#include "gtest/gtest.h"
#include "training/metrics.h"

namespace llama2 {
namespace {

TEST(StepLineTest, HasWhatTheRowHas) {
  const StepLineOptions options = {
      .last_step = 20000, .peak_gflops = 200, .seconds_left = 4000};
  EXPECT_EQ(StepLine({.step = 500,
                      .loss = 2.12345,
                      .validation_loss = 2.5,
                      .learning_rate = 1.25e-3,
                      .gradient_norm = 0.5,
                      .tokens_per_second = 12345.6,
                      .gflops = 104},
                     options),
            "step   500/20000  loss 2.1235  val 2.5000  lr 1.25e-03  norm 0.50  12346 tok/s  "
            "104 GFLOP/s (52%)  1 h 06 min left");
  EXPECT_EQ(StepLine({.step = 0, .validation_loss = 6.9}, {.last_step = 9}),
            "step 0/9  val 6.9000");
}

}  // namespace
}  // namespace llama2
