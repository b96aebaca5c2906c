#include "lsp/errands.h"

#include <iterator>
#include <utility>

namespace weft::lsp {

void Errands::start(Json id, Work work) {
  worker_.start(std::move(id), [work = std::move(work)](verifier::Cancellation& cancellation) -> Outcome {
    try {
      return {work(cancellation)};
    } catch (const RequestError& error) {
      return {{}, error};
    } catch (const Json::exception& error) {
      return {{}, RequestError{error_code::internal_error, error.what()}};
    }
  });
}

bool Errands::cancel(const Json& id) {
  const auto found = worker_.cancel(id);
  if (found == decltype(worker_)::Found::Waiting) dropped_.push_back(id);
  return found != decltype(worker_)::Found::Nowhere;
}

void Errands::cancel_all() {
  std::vector<Json> waited = worker_.cancel_all();
  dropped_.insert(dropped_.end(), std::make_move_iterator(waited.begin()), std::make_move_iterator(waited.end()));
}

std::vector<Errands::Done> Errands::collect() {
  const RequestError cancelled{error_code::request_cancelled, "cancelled"};
  std::vector<Done> out;
  for (Json& id : std::exchange(dropped_, {})) out.push_back({std::move(id), {}, cancelled});
  for (auto& done : worker_.collect()) {
    if (done.cancelled) done.result = {{}, cancelled};
    out.push_back({std::move(done.key), std::move(done.result.result), std::move(done.result.error)});
  }
  return out;
}

}  // namespace weft::lsp
