#include "lsp/grounds.h"

#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "frontend/place.h"
#include "verifier/prover.h"
#include "verifier/universe.h"

namespace weft::lsp {

std::optional<std::size_t> proved_claim_at(const View& view, std::uint32_t offset) {
  if (view.file() == nullptr || !view.known.verdicts) return {};
  const frontend::Place place = frontend::place_in(*view.file(), offset);
  if (place.assertion == nullptr || offset >= place.assertion->edge.source.span.begin) return {};
  const model::Policy& policy = view.meaning.policy;
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) {
    const model::Assertion& claim = policy.assertions[i];
    if (claim.span != place.assertion->span) continue;
    const verifier::AssertionResult& result = view.known.verdicts->report.assertions[i];
    const auto* proved = std::get_if<verifier::Proved>(&result.answer);
    if (proved == nullptr || proved->vacuous || !result.parts.empty() || claim.chain || claim.in_inventory) return {};
    return i;
  }
  return {};
}

Errands::Work with_grounds(std::shared_ptr<const driver::Meaning> meaning, std::size_t claim, Json answer) {
  return
      [meaning = std::move(meaning), claim, answer = std::move(answer)](verifier::Cancellation& cancellation) mutable {
        verifier::Options options;
        options.now = meaning->now;
        options.cancellation = &cancellation;
        const verifier::Universe universe(meaning->policy, meaning->has_inventory ? meaning->inventory.get() : nullptr);
        verifier::Prover prover(meaning->policy, universe, options);
        const bool always = meaning->policy.assertions[claim].kind == model::Assertion::Kind::Always;
        const auto grounds = prover.grounds(claim, always);
        if (grounds) {
          Json& text = answer["contents"]["value"];
          text = fmt::format("{}\n\nthe proof rests on: {}", text.get_ref<const std::string&>(),
                             verifier::describe(*grounds, meaning->policy, meaning->sources));
        }
        return std::move(answer);
      };
}

}  // namespace weft::lsp
