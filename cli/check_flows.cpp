#include "cli/check_flows.h"

#include <optional>
#include <variant>

#include <fmt/format.h>

namespace weft::cli {
namespace {

using model::Direction;
using verifier::Witness;

std::optional<Span> place_of(const std::optional<model::GateDecision>& gate, const model::Policy& policy) {
  if (gate && gate->rule) return policy[*gate->rule].span;
  if (gate && gate->isolation) return policy[*gate->isolation].span;
  return {};
}

std::vector<Step> steps_of(const std::vector<Witness>& hops, Span claim, const driver::Compilation& compilation) {
  const model::Policy& policy = compilation.policy;
  std::vector<Step> out;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const std::string flow =
        (hops.size() > 1 ? fmt::format("hop {} of {}: ", i + 1, hops.size()) : "") + verifier::describe(hops[i]);
    const auto leaves = place_of(hops[i].decision.egress, policy), enters = place_of(hops[i].decision.ingress, policy);
    const std::string at_source = verifier::describe_gate(hops[i], Direction::Egress, policy, compilation.sources);
    const std::string at_destination =
        verifier::describe_gate(hops[i], Direction::Ingress, policy, compilation.sources);
    if (leaves == enters) {  // one statement opens both gates, or none does
      out.push_back({leaves.value_or(claim), fmt::format("{}; {}; {}", flow, at_source, at_destination)});
      continue;
    }
    out.push_back({leaves.value_or(claim), fmt::format("{}; {}", flow, at_source)});
    out.push_back({enters.value_or(claim), fmt::format("{}; {}", flow, at_destination)});
  }
  return out;
}

}  // namespace

std::map<const Diagnostic*, std::vector<Step>> flows_of(const driver::Compilation& compilation) {
  std::map<const Diagnostic*, std::vector<Step>> out;
  if (!compilation.report) return out;
  const model::Policy& policy = compilation.policy;
  // Claims that a template makes stand at one place: each takes the diagnostic that is next there.
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) {
    const auto* refuted = std::get_if<verifier::Refuted>(&compilation.report->assertions[i].answer);
    if (!refuted || policy.assertions[i].kind != model::Assertion::Kind::Never) continue;
    const Span claim = policy.assertions[i].span;
    for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
      if (diagnostic.code != "W3002" || diagnostic.span != claim || out.contains(&diagnostic)) continue;
      const std::vector<Witness> hops = refuted->chain.empty() ? std::vector{refuted->witness} : refuted->chain;
      out.emplace(&diagnostic, steps_of(hops, claim, compilation));
      break;
    }
  }
  return out;
}

}  // namespace weft::cli
