#include "verifier/over_time.h"

#include <optional>
#include <utility>

namespace weft::verifier {

std::vector<TimedAnswer> over_time(const std::vector<model::Moment>& moments,
                                   const std::function<bool(const Refuted& before, model::Moment later)>& still,
                                   const std::function<Answer(std::size_t)>& ask) {
  std::vector<TimedAnswer> out;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const std::optional<model::Moment> until = i + 1 < moments.size() ? std::optional(moments[i + 1]) : std::nullopt;
    const auto* before = i > 0 ? std::get_if<Refuted>(&out.back().answer) : nullptr;
    if (before && still(*before, moments[i])) {
      out.back().when.until = until;
      continue;
    }
    Answer answer = ask(i);
    const bool both_proved =
        i > 0 && std::holds_alternative<Proved>(answer) && std::holds_alternative<Proved>(out.back().answer);
    if (both_proved || (i > 0 && answer == out.back().answer)) {
      out.back().when.until = until;
    } else {
      out.emplace_back(Interval{moments[i], until}, std::move(answer));
    }
  }
  return out;
}

}  // namespace weft::verifier
