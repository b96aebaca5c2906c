#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/diagnostics.h"
#include "driver/unit.h"
#include "driver/worker.h"
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
  explicit BackgroundChecks(std::function<void()> finished) : worker_(std::move(finished)) {}

  void start(std::shared_ptr<const Meaning> meaning, LintLevels levels);
  /// What was started for that meaning is not done, or ends soon, and nobody hears of it. Does not wait.
  void cancel(const std::shared_ptr<const Meaning>& meaning) { worker_.cancel(meaning); }
  std::vector<Verdicts> collect();
  /// True while something is under way or waits.
  bool busy() const { return worker_.busy(); }
  /// True while something that was cancelled has not ended. Then `insist` is to be called every few milliseconds.
  bool ending() const { return worker_.ending(); }
  void insist() { worker_.insist(); }

 private:
  Worker<std::shared_ptr<const Meaning>, Verdicts> worker_;
};

}  // namespace weft::driver
