#pragma once

#include <atomic>
#include <functional>
#include <mutex>

namespace weft::verifier {

/// Lets another thread end a check early. What a check that was cancelled returns is of no use.
class Cancellation {
 public:
  /// Asks the check to end; from any thread. A question that begins at this very moment may miss it, so who waits for
  /// the end asks again now and then.
  void request();
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

  /// While it lives, `request` calls `stop`, from the thread of who asks.
  class Work {
   public:
    /// `cancellation` may be null: then nobody asks.
    Work(Cancellation* cancellation, std::function<void()> stop);
    ~Work();
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

   private:
    Cancellation* cancellation_;
  };

 private:
  std::atomic<bool> requested_ = false;
  std::mutex mutex_;
  std::function<void()> stop_;
};

/// True if there is somebody who can ask, and has.
inline bool cancelled(const Cancellation* cancellation) { return cancellation != nullptr && cancellation->requested(); }

}  // namespace weft::verifier
