#include "verifier/closed_compare.h"

#include <algorithm>

#include <fmt/format.h>

#include "verifier/class_selection.h"
#include "verifier/connectivity.h"
#include "verifier/path_closed.h"
#include "verifier/path_graph.h"

namespace weft::verifier {

namespace {

// Of a claim about chains: pairs of classes, each of which is asked for its services.
constexpr std::size_t max_compared_pairs = 500'000;

class Comparison {
 public:
  Comparison(const PartyGraph& parties, std::size_t effort, std::vector<std::string>& internal_errors)
      : parties_(parties),
        graph_(parties.graph()),
        effort_(effort),
        internal_errors_(internal_errors),
        selection_(graph_.classes()) {}

  void flows(std::size_t index, const model::Assertion& assertion) {
    const bool never = assertion.kind == model::Assertion::Kind::Never;
    const BitSet sources = selection_.of(assertion.source);
    const BitSet destinations = selection_.of(assertion.destination);
    if (destinations.empty()) return;
    std::size_t left = effort_;
    for (std::uint32_t atom = 0; atom < graph_.atoms().size(); ++atom) {
      if (!assertion.ports.points.contains(graph_.atoms()[atom])) continue;
      for (std::uint32_t source = 0; source < graph_.classes().size(); ++source) {
        if (!sources.test(source)) continue;
        if (left-- == 0) return;
        const BitSet reached = graph_.reached_from(atom, source);
        BitSet broken = destinations;
        if (never) {
          broken &= reached;
        } else {
          broken -= reached;
        }
        bool found = false;
        broken.each([&](std::uint32_t destination) {
          if (!found && graph_.pairs_exist(source, destination)) {
            found = is_broken(index, assertion, source, destination, atom);
          }
        });
        if (found) return;
      }
    }
  }

  void chain(std::size_t index, const model::Assertion& assertion) {
    Asked asked;
    const std::size_t max_rows =
        std::min(effort_, max_compared_pairs / std::max<std::size_t>(graph_.classes().size(), 1));
    const auto found = chain_that_breaks(parties_, assertion, max_rows, asked);
    internal_errors_.insert(internal_errors_.end(), asked.internal_errors.begin(), asked.internal_errors.end());
    if (!found) return;
    std::string hops;
    for (const Witness& flow : *found) hops += (hops.empty() ? "" : ", ") + describe(flow);
    internal_errors_.push_back(
        fmt::format("assertion {} was proved, and in the inventory a chain breaks it: {}", index, hops));
  }

 private:
  bool is_broken(std::size_t index, const model::Assertion& assertion, std::uint32_t source, std::uint32_t destination,
                 std::uint32_t atom) {
    const bool never = assertion.kind == model::Assertion::Kind::Never;
    const auto flow = parties_.first_flow(source, destination, Place::Apart, {graph_.atoms()[atom], {}}, never);
    if (!flow) return false;
    const bool related = std::ranges::all_of(
        assertion.relations, [&](const model::Relation& relation) { return model::holds(relation, flow->flow()); });
    if (!related) return false;
    internal_errors_.push_back(
        fmt::format("assertion {} was proved, and in the inventory {} on {} {} (the evaluator says that it is {})",
                    index, never ? "a flow" : "no flow", model::to_string(flow->service),
                    never ? "breaks it" : "keeps it", flow->decision.allowed ? "allowed" : "denied"));
    return true;
  }

  const PartyGraph& parties_;
  const Connectivity& graph_;
  std::size_t effort_;
  std::vector<std::string>& internal_errors_;
  ClassSelection selection_;
};

}  // namespace

void compare_with_inventory(const model::Policy& policy, const model::Inventory& inventory,
                            const Connectivity& connectivity, model::Moment now,
                            const std::vector<AssertionResult>& answers, std::size_t effort,
                            std::vector<std::string>& internal_errors) {
  const PartyGraph parties(policy, inventory, connectivity, now);
  Comparison comparison(parties, effort, internal_errors);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const model::Assertion& assertion = policy.assertions[i];
    if (!std::holds_alternative<Proved>(answers[i].answer) || assertion.in_inventory) continue;
    if (assertion.chain) {
      comparison.chain(i, assertion);
    } else {
      comparison.flows(i, assertion);
    }
  }
}

}  // namespace weft::verifier
