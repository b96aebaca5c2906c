#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/diagnostics.h"
#include "driver/unit.h"
#include "verifier/verifier.h"

namespace weft::driver {

/// What the verifier says of one meaning.
struct Verdicts {
  std::shared_ptr<const Meaning> meaning;
  verifier::Report report;
  Diagnostics diagnostics;  ///< the report in words
};

/// Proves on a thread of its own, one meaning after the other.
class BackgroundChecks {
 public:
  /// `finished` is called on that thread whenever a check has ended, so that there may be something to collect.
  explicit BackgroundChecks(std::function<void()> finished);
  /// Stops what is under way.
  ~BackgroundChecks();
  BackgroundChecks(const BackgroundChecks&) = delete;
  BackgroundChecks& operator=(const BackgroundChecks&) = delete;

  void start(std::shared_ptr<const Meaning> meaning, LintLevels levels);
  /// What was started for that meaning is not done, or ends soon, and nobody hears of it. Does not wait. To be called
  /// again while `busy`, see verifier::Cancellation.
  void cancel(const std::shared_ptr<const Meaning>& meaning);
  std::vector<Verdicts> collect();
  /// True while something is under way or waits.
  bool busy() const;

 private:
  struct Job {
    std::shared_ptr<const Meaning> meaning;
    LintLevels levels;
    std::unique_ptr<verifier::Cancellation> cancellation;
  };

  void work();
  static Verdicts check(const Job& job);

  std::function<void()> finished_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  std::unique_ptr<Job> current_;
  std::vector<Verdicts> done_;
  bool end_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weft::driver
