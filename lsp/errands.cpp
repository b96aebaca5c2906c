#include "lsp/errands.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace weft::lsp {

Errands::Errands(std::function<void()> finished) : finished_(std::move(finished)), thread_([this] { work(); }) {}

Errands::~Errands() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
    waiting_.clear();
    if (current_) current_->cancellation->request();
  }
  wake_.notify_all();
  while (ending()) {
    insist();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  thread_.join();
}

void Errands::start(Json id, Work work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(id), std::move(work), std::make_unique<verifier::Cancellation>()});
  }
  wake_.notify_one();
}

bool Errands::cancel(const Json& id) {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->id == id) {
    current_->cancellation->request();
    return true;
  }
  const auto waits = std::ranges::find(waiting_, id, &Job::id);
  if (waits == waiting_.end()) return false;
  done_.push_back({id, {}, RequestError{error_code::request_cancelled, "cancelled"}});
  waiting_.erase(waits);
  return true;
}

void Errands::cancel_all() {
  const std::lock_guard lock(mutex_);
  for (const Job& job : waiting_) done_.push_back({job.id, {}, RequestError{error_code::request_cancelled, "cancelled"}});
  waiting_.clear();
  if (current_) current_->cancellation->request();
}

std::vector<Errands::Done> Errands::collect() {
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

bool Errands::ending() const {
  const std::lock_guard lock(mutex_);
  return current_ && current_->cancellation->requested();
}

void Errands::insist() {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->cancellation->requested()) current_->cancellation->request();
}

Errands::Done Errands::done(Job& job) {
  Done out{job.id};
  try {
    out.result = job.work(*job.cancellation);
  } catch (const RequestError& error) {
    out.error = error;
  } catch (const Json::exception& error) {
    out.error = RequestError{error_code::internal_error, error.what()};
  }
  if (job.cancellation->requested()) out.error = RequestError{error_code::request_cancelled, "cancelled"};
  return out;
}

void Errands::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return end_ || !waiting_.empty(); });
    if (end_) return;
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Done done = Errands::done(*current_);  // only this thread changes `current_`
    lock.lock();
    current_.reset();
    done_.push_back(std::move(done));
    lock.unlock();
    finished_();
    lock.lock();
  }
}

}  // namespace weft::lsp
