// Whether a thread has its processor to itself, from looking at the clock again and again:
// where the processor is shared, it is gone for milliseconds between two looks.
//
//   ProcessorWatch watch(Now());
//   auto finding = ProcessorWatch::Finding::kOpen;
//   while (finding == ProcessorWatch::Finding::kOpen) finding = watch.Look(Now());
#ifndef LLAMA2_KERNELS_PROCESSOR_WATCH_H_
#define LLAMA2_KERNELS_PROCESSOR_WATCH_H_

namespace llama2 {

// Thread-safety: one caller at a time.
class ProcessorWatch {
 public:
  enum class Finding { kOpen, kOwn, kShared };

  // The seconds that it takes to find out. A thread that has just woken up stays for less
  // where others wait.
  static constexpr double kLongEnough = 8e-3;

  // The thread begins to look; the time is in seconds of any clock.
  explicit ProcessorWatch(double now) : first_(now), last_(now) {}

  // The thread is running now. What is found once is not asked again.
  Finding Look(double now) {
    const double gap = now - last_;
    last_ = now;
    if (gap > kLongestGap) return Finding::kShared;
    return now - first_ < kLongEnough ? Finding::kOpen : Finding::kOwn;
  }

 private:
  // Interrupts take less; schedulers give a processor away for one or more milliseconds.
  static constexpr double kLongestGap = 0.5e-3;

  const double first_;
  double last_;
};

}  // namespace llama2

#endif  // LLAMA2_KERNELS_PROCESSOR_WATCH_H_
