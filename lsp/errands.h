#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "lsp/json.h"
#include "verifier/cancellation.h"

namespace weft::lsp {

/// Requests whose answers take too long for the loop: worked out on a thread of their own, one after the other.
class Errands {
 public:
  /// Gives the result of a request, or throws RequestError. It sees nothing of the server's.
  using Work = std::function<Json(verifier::Cancellation&)>;
  struct Done {
    Json id;
    Json result{};
    std::optional<RequestError> error{};
  };

  /// `finished` is called on that thread whenever there is something to collect.
  explicit Errands(std::function<void()> finished);
  /// Stops what is under way.
  ~Errands();
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  void start(Json id, Work work);
  /// The request is answered as cancelled, soon. False where none of that id is here.
  bool cancel(const Json& id);
  void cancel_all();
  std::vector<Done> collect();
  /// True while something that was cancelled has not ended. Then `insist` is to be called every few milliseconds, see
  /// verifier::Cancellation.
  bool ending() const;
  void insist();

 private:
  struct Job {
    Json id;
    Work work;
    std::unique_ptr<verifier::Cancellation> cancellation;
  };

  void work();
  static Done done(Job& job);

  std::function<void()> finished_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  std::optional<Job> current_;
  std::vector<Done> done_;
  bool end_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weft::lsp
