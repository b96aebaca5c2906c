#include "verifier/cancellation.h"

#include <utility>

namespace weft::verifier {

void Cancellation::request() {
  requested_.store(true, std::memory_order_relaxed);
  // Under the lock, so that what is stopped cannot end meanwhile.
  const std::lock_guard lock(mutex_);
  if (stop_) stop_();
}

Cancellation::Work::Work(Cancellation* cancellation, std::function<void()> stop) : cancellation_(cancellation) {
  if (cancellation_ == nullptr) return;
  const std::lock_guard lock(cancellation_->mutex_);
  cancellation_->stop_ = std::move(stop);
}

Cancellation::Work::~Work() {
  if (cancellation_ == nullptr) return;
  const std::lock_guard lock(cancellation_->mutex_);
  cancellation_->stop_ = nullptr;
}

}  // namespace weft::verifier
