#include "cli/progress.h"

#include <chrono>
#include <string>

#include <unistd.h>

#include <fmt/format.h>

namespace weft::cli {
namespace {

void show(std::string_view line) { (void)!::write(STDERR_FILENO, line.data(), line.size()); }

}  // namespace

Progress::Progress(bool shown) {
  if (shown) watcher_ = std::thread([this] { watch(); });
}

void Progress::step(std::string_view what) {
  const std::lock_guard lock(mutex_);
  what_ = what;
}

void Progress::stop() {
  if (!watcher_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  watcher_.join();
}

void Progress::watch() {
  const auto start = std::chrono::steady_clock::now();
  bool visible = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return done_; })) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    show(fmt::format("\r\x1b[Kweft: {} ({} s)", what_, seconds.count()));
    visible = true;
  }
  if (visible) show("\r\x1b[K");
}

}  // namespace weft::cli
