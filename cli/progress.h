#pragma once

#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>

namespace weft::cli {

/// Says on a terminal what is being done, once it has taken longer than a second, and wipes the line at the end. Silent
/// everywhere else.
class Progress {
 public:
  explicit Progress(bool shown);
  ~Progress() { stop(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `what` must outlive the progress: a literal.
  void step(std::string_view what);
  /// Call before anything else is written to the terminal.
  void stop();

 private:
  void watch();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::string_view what_;
  bool done_ = false;
  std::thread watcher_;
};

}  // namespace weft::cli
