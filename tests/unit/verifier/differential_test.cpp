#include <algorithm>
#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/verifier/brute_force.h"
#include "tests/unit/verifier/random_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

const char* word(const Answer& answer) {
  if (const auto* proved = std::get_if<Proved>(&answer)) return proved->vacuous ? "vacuous" : "proved";
  return std::holds_alternative<Refuted>(answer) ? "refuted" : "undecided";
}

// The solver and the slow way must agree on everything; every witness must be what it claims.
void check_sample(std::uint64_t seed) {
  INFO("seed " << seed << " (WEFT_FUZZ_SEED)");
  const Sample sample = random_sample(seed);
  const model::Policy& policy = sample.policy;
  const BruteForce expected = try_all(policy, sample.world);
  const Report report = check(policy, sample.with_inventory ? &sample.inventory : nullptr, Options{});
  CHECK(report.internal_errors.empty());
  CHECK(report.not_checked.empty());

  REQUIRE(report.assertions.size() == policy.assertions.size());
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) {
    const BruteForce::Claim& claim = expected.claims[i];
    INFO("assertion " << i);
    const Answer& answer = report.assertions[i].answer;
    const auto* refuted = std::get_if<Refuted>(&answer);
    INFO((refuted ? to_string(refuted->witness, policy, Sources{}) : std::string()));
    CHECK(word(answer) == std::string(claim.broken ? "refuted" : claim.matched ? "proved" : "vacuous"));
    if (refuted) {
      CHECK(evaluate(policy, refuted->witness.flow()) == refuted->witness.decision);
    }
  }
  std::set<std::pair<model::RuleId, model::RuleId>> conflicts;
  std::set<std::pair<model::BlockId, model::BlockId>> ambiguous;
  for (const Finding& finding : report.findings) {
    const auto [first, second] = std::minmax(policy[finding.first].block, policy[finding.second].block);
    const bool fresh = finding.kind == Finding::Kind::Conflict ? conflicts.emplace(finding.first, finding.second).second
                                                               : ambiguous.emplace(first, second).second;
    CHECK(fresh);
    CHECK(finding.first < finding.second);
    const model::Flow flow = finding.witness.flow();
    CHECK(matches(policy[finding.first], finding.direction, flow));
    CHECK(matches(policy[finding.second], finding.direction, flow));
    CHECK(evaluate_gate(policy, finding.direction, flow).has_value());
  }
  CHECK(conflicts == expected.conflicts);
  CHECK(ambiguous == expected.ambiguous);
}

}  // namespace

TEST_CASE("answers equal those of trying every flow", "[verifier]") {
  const std::uint64_t count = from_environment("WEFT_FUZZ_RUNS", 300);
  const std::uint64_t first = from_environment("WEFT_FUZZ_SEED", 1);
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_sample(seed);
}
