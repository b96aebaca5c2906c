#include "driver/background.h"

#include <chrono>
#include <utility>

namespace weft::driver {

BackgroundChecks::BackgroundChecks(std::function<void()> finished)
    : finished_(std::move(finished)), thread_([this] { work(); }) {}

BackgroundChecks::~BackgroundChecks() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  // A request may miss a question that is just beginning.
  while (busy()) {
    {
      const std::lock_guard lock(mutex_);
      if (current_) current_->cancellation->request();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  thread_.join();
}

void BackgroundChecks::start(std::shared_ptr<const Meaning> meaning, LintLevels levels) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(meaning), std::move(levels), std::make_unique<verifier::Cancellation>()});
  }
  wake_.notify_one();
}

void BackgroundChecks::cancel(const std::shared_ptr<const Meaning>& meaning) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const Job& job) { return job.meaning == meaning; });
  std::erase_if(done_, [&](const Verdicts& verdicts) { return verdicts.meaning == meaning; });
  if (current_ && current_->meaning == meaning) current_->cancellation->request();
}

std::vector<Verdicts> BackgroundChecks::collect() {
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

bool BackgroundChecks::busy() const {
  const std::lock_guard lock(mutex_);
  return current_ != nullptr || !waiting_.empty();
}

void BackgroundChecks::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return end_ || !waiting_.empty(); });
    if (end_) return;
    current_ = std::make_unique<Job>(std::move(waiting_.front()));
    waiting_.pop_front();
    lock.unlock();
    Verdicts verdicts = check(*current_);  // only this thread changes `current_`
    lock.lock();
    const bool heard = !current_->cancellation->requested();
    current_.reset();
    if (heard) done_.push_back(std::move(verdicts));
    lock.unlock();
    finished_();
    lock.lock();
  }
}

Verdicts BackgroundChecks::check(const Job& job) {
  const Meaning& meaning = *job.meaning;
  verifier::Options options;
  options.now = meaning.now;
  options.cancellation = job.cancellation.get();
  Verdicts out{job.meaning, verifier::check(meaning.policy, meaning.has_inventory ? meaning.inventory.get() : nullptr,
                                            options),
               {}};
  if (verifier::cancelled(options.cancellation)) return out;
  out.diagnostics.set_levels(job.levels);
  verifier::report_to(out.report, meaning.policy, meaning.sources, out.diagnostics, meaning.diagnostics);
  return out;
}

}  // namespace weft::driver
