#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "driver/worker.h"
#include "lsp/json.h"

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
  explicit Errands(std::function<void()> finished) : worker_(std::move(finished)) {}

  void start(Json id, Work work);
  /// The request is answered as cancelled, soon. False where none of that id is here.
  bool cancel(const Json& id);
  void cancel_all();
  std::vector<Done> collect();
  /// True while something that was cancelled has not ended. Then `insist` is to be called every few milliseconds.
  bool ending() const { return worker_.ending(); }
  void insist() { worker_.insist(); }

 private:
  struct Outcome {
    Json result{};
    std::optional<RequestError> error{};
  };

  std::vector<Json> dropped_;  ///< while they waited
  driver::Worker<Json, Outcome> worker_;
};

}  // namespace weft::lsp
