#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "verifier/cancellation.h"

namespace weft::driver {

/// Does jobs on a thread of its own, one after the other. A job is known by its key, and can be told to end.
template <typename Key, typename Result>
class Worker {
 public:
  /// Throws nothing. Once it is told to end, what it returns counts for nothing.
  using Work = std::function<Result(verifier::Cancellation&)>;
  struct Done {
    Key key;
    Result result;
    bool cancelled = false;
  };
  enum class Found { Nowhere, Waiting, UnderWay };

  /// `finished` is called on that thread whenever there is something to collect.
  explicit Worker(std::function<void()> finished) : finished_(std::move(finished)), thread_([this] { work(); }) {}
  /// Stops what is under way.
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      end_ = true;
      waiting_.clear();
      if (current_) current_->cancellation->request();
    }
    wake_.notify_all();
    // A request may miss a question that is just beginning.
    while (busy()) {
      insist();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start(Key key, Work work) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({std::move(key), std::move(work), std::make_unique<verifier::Cancellation>()});
    }
    wake_.notify_one();
  }

  /// What waits is forgotten; what is under way ends soon, and is collected as cancelled.
  Found cancel(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->key == key) {
      current_->cancellation->request();
      return Found::UnderWay;
    }
    return std::erase_if(waiting_, [&](const Job& job) { return job.key == key; }) > 0 ? Found::Waiting
                                                                                       : Found::Nowhere;
  }
  /// The same for all of them. The keys of those that waited.
  std::vector<Key> cancel_all() {
    const std::lock_guard lock(mutex_);
    std::vector<Key> out;
    for (Job& job : waiting_) out.push_back(std::move(job.key));
    waiting_.clear();
    if (current_) current_->cancellation->request();
    return out;
  }

  std::vector<Done> collect() {
    const std::lock_guard lock(mutex_);
    return std::exchange(done_, {});
  }
  /// True while something is under way or waits.
  bool busy() const {
    const std::lock_guard lock(mutex_);
    return current_ || !waiting_.empty();
  }
  /// True while something that was cancelled has not ended. Then `insist` is to be called every few milliseconds, see
  /// verifier::Cancellation.
  bool ending() const {
    const std::lock_guard lock(mutex_);
    return current_ && current_->cancellation->requested();
  }
  void insist() {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->cancellation->requested()) current_->cancellation->request();
  }

 private:
  struct Job {
    Key key;
    Work work;
    std::unique_ptr<verifier::Cancellation> cancellation;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return end_ || !waiting_.empty(); });
      if (end_) return;
      current_ = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      Result result = current_->work(*current_->cancellation);  // only this thread changes `current_`
      lock.lock();
      const bool cancelled = current_->cancellation->requested();
      done_.push_back({std::move(current_->key), std::move(result), cancelled});
      current_.reset();
      lock.unlock();
      finished_();
      lock.lock();
    }
  }

  std::function<void()> finished_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  std::optional<Job> current_;
  std::vector<Done> done_;
  bool end_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weft::driver
