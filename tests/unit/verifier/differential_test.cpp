#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/environment.h"
#include "tests/unit/verifier/brute_force.h"
#include "tests/unit/verifier/random_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using weft::test::from_environment;

namespace {

std::string word(const BruteForce::Claim& claim) {
  return claim.broken ? "refuted" : claim.matched ? "proved" : "vacuous";
}

bool contains(const Interval& when, model::Moment moment) {
  return when.from <= moment && (!when.until || moment < *when.until);
}

std::string word(const Answer& answer) {
  if (const auto* proved = std::get_if<Proved>(&answer)) return proved->vacuous ? "vacuous" : "proved";
  return std::holds_alternative<Refuted>(answer) ? "refuted" : "undecided";
}

// The solver and the slow way must agree on everything; every witness must be what it claims.
void check_sample(std::uint64_t seed) {
  INFO("seed " << seed << " (WEFT_FUZZ_SEED)");
  const Sample sample = random_sample(seed);
  const model::Policy& policy = sample.policy;
  const BruteForce expected = try_all(policy, sample.world, sample.now);
  const Report report = check(policy, sample.with_inventory ? &sample.inventory : nullptr,
                              Options{.dump_smt = {}, .look_for_dead = false, .now = sample.now});
  CHECK(report.internal_errors.empty());
  CHECK(report.not_checked.empty());

  REQUIRE(report.assertions.size() == policy.assertions.size());
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) {
    INFO("assertion " << i);
    const AssertionResult& result = report.assertions[i];
    bool ever_broken = false;
    for (std::size_t m = 0; m < expected.moments.size(); ++m) {
      const BruteForce::Claim& claim = expected.claims[m][i];
      ever_broken = ever_broken || claim.broken;
      INFO("at " << static_cast<std::int64_t>(expected.moments[m]));
      if (result.parts.empty()) {
        CHECK(word(result.answer) == word(claim));
        continue;
      }
      const auto part =
          std::ranges::find_if(result.parts, [&](const auto& p) { return contains(p.when, expected.moments[m]); });
      REQUIRE(part != result.parts.end());
      CHECK(word(part->answer) == word(claim));
    }
    CHECK(std::holds_alternative<Refuted>(result.answer) == ever_broken);
    // The parts follow each other from now on for ever, and every witness shows what it claims, in all of its time.
    if (!result.parts.empty()) {
      CHECK(result.parts.front().when.from == sample.now);
      CHECK_FALSE(result.parts.back().when.until);
      for (std::size_t k = 1; k < result.parts.size(); ++k) {
        CHECK(result.parts[k - 1].when.until == result.parts[k].when.from);
      }
    }
    for (const TimedAnswer& part : result.parts) {
      const auto* refuted = std::get_if<Refuted>(&part.answer);
      if (!refuted) continue;
      INFO(to_string(refuted->witness, policy, Sources{}));
      CHECK(refuted->witness.moment == part.when.from);
      for (const model::Moment moment : expected.moments) {
        if (!contains(part.when, moment)) continue;
        CHECK(evaluate(policy, refuted->witness.flow(), moment) == refuted->witness.decision);
      }
    }
    if (const auto* refuted = std::get_if<Refuted>(&result.answer)) {
      CHECK(evaluate(policy, refuted->witness.flow(), refuted->witness.moment) == refuted->witness.decision);
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
    CHECK(evaluate_gate(policy, finding.direction, flow, finding.when.from).has_value());
    CHECK(finding.when.from >= sample.now);
    CHECK(finding.decisive);
    // In all of its time the two decide what it shows; where they are of one level, that is the deny's doing.
    for (const model::Moment moment : expected.moments) {
      if (!contains(finding.when, moment) || finding.kind != Finding::Kind::Conflict) continue;
      const auto gate = evaluate_gate(policy, finding.direction, flow, moment);
      REQUIRE((gate && gate->rule));
      CHECK(gate->verdict == model::Verdict::Deny);
      CHECK(gate->tier == policy[finding.first].tier);
      CHECK(policy[*gate->rule].level == policy[finding.first].level);
    }
    for (const model::RuleId id : {finding.first, finding.second}) {
      CHECK_FALSE(policy[id].audit);
      if (policy[id].expires) CHECK((finding.when.until && *finding.when.until <= *policy[id].expires));
    }
  }
  CHECK(conflicts == expected.conflicts);
  CHECK(ambiguous == expected.ambiguous);
}

// Without some rules and isolations, in the same order.
model::Policy without(const model::Policy& policy, const std::set<Statement>& gone) {
  model::Policy out = policy;
  out.rules.clear();
  out.isolations.clear();
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (!gone.contains(model::RuleId{i})) out.rules.push_back(policy.rules[i]);
  }
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
    if (!gone.contains(model::IsolationId{i})) out.isolations.push_back(policy.isolations[i]);
  }
  return out;
}

std::set<Statement> all_of(const model::Policy& policy) {
  std::set<Statement> out;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) out.insert(model::RuleId{i});
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) out.insert(model::IsolationId{i});
  return out;
}

// Exactly what decides nothing is found dead, and without all of it together nothing changes.
void check_dead(std::uint64_t seed, std::map<Dead::Kind, std::size_t>& kinds) {
  INFO("seed " << seed << " (WEFT_FUZZ_SEED)");
  Sample sample = random_sample(seed);
  model::Policy& policy = sample.policy;
  policy.assertions.clear();
  for (model::Rule& rule : policy.rules) rule.annotations.clear();
  for (model::PolicyBlock& block : policy.blocks) block.priority_stated = false;  // where it decides, nothing is dead
  const BruteForce expected = try_all(policy, sample.world, sample.now);
  const Report report =
      check(policy, sample.with_inventory ? &sample.inventory : nullptr, Options{.dump_smt = {}, .now = sample.now});
  CHECK(report.internal_errors.empty());
  CHECK(report.not_checked.empty());

  std::set<Statement> never, found, superfluous;
  for (const Statement& each : all_of(policy)) {
    const auto* id = std::get_if<model::RuleId>(&each);
    const bool absent = id && (policy[*id].audit || (policy[*id].expires && *policy[*id].expires <= sample.now));
    if (!absent && !expected.deciders.contains(each)) never.insert(each);
  }
  std::set<Statement> in_groups;
  for (const Unreachable& whole : report.unreachable) {
    for (const Statement& each : never) {
      const bool inside = std::visit(
          [&](auto id) {
            if constexpr (std::is_same_v<decltype(id), model::BlockId>)
              return block_of(policy, each) == id;
            else
              return std::visit([&](auto s) { return policy[s].tier; }, each) == id;
          },
          whole.what);
      if (inside) in_groups.insert(each);
    }
  }
  found = in_groups;
  for (const Dead& dead : report.dead) {
    ++kinds[dead.kind];
    CHECK((dead.decides ? superfluous : found).insert(dead.what).second);
    CHECK(dead.decides == expected.deciders.contains(dead.what));
    // Contradictory, or the profile lets in before any rule is asked: then it is said in words.
    CHECK(dead.blockers.empty() == !dead.why.empty());
    if (dead.kind == Dead::Kind::Contradictory) CHECK(dead.blockers.empty());
    if (dead.example) {
      const model::Flow flow = dead.example->flow();
      CHECK(evaluate(policy, flow, sample.now) == dead.example->decision);
      if (const auto* id = std::get_if<model::RuleId>(&dead.what)) {
        CHECK((matches(policy[*id], model::Direction::Egress, flow) ||
               matches(policy[*id], model::Direction::Ingress, flow)));
      }
    }
    if (dead.decides || dead.kind == Dead::Kind::Contradictory) continue;
    // What is named is enough.
    std::set<Statement> others = all_of(policy);
    for (const Statement& blocker : dead.blockers) others.erase(blocker);
    others.erase(dead.what);
    const model::Policy small = without(policy, others);
    const BruteForce alone = try_all(small, sample.world, expected.moments);
    Statement renumbered = dead.what;
    const auto before = static_cast<std::uint32_t>(std::ranges::count_if(
        others, [&](const Statement& s) { return s.index() == dead.what.index() && s < dead.what; }));
    std::visit([&](auto id) { renumbered = static_cast<decltype(id)>(static_cast<std::uint32_t>(id) - before); },
               dead.what);
    CHECK_FALSE(alone.deciders.contains(renumbered));
  }
  // Isolations that another policy repeats are meant to be so.
  for (const Statement& each : never) {
    if (!std::holds_alternative<model::IsolationId>(each) || policy.blocks.size() == 1) continue;
    if (policy.isolations.size() > 1 || policy.rules.size() > 1) found.insert(each);
  }
  CHECK(found == never);
  // A conflict that comes to no more than that the allow is dead is told of as that.
  const Report before = check(policy, sample.with_inventory ? &sample.inventory : nullptr,
                              Options{.dump_smt = {}, .look_for_dead = false, .now = sample.now});
  for (const Finding& finding : before.findings) {
    if (std::ranges::find(report.findings, finding) != report.findings.end()) continue;
    CHECK((never.contains(finding.first) || never.contains(finding.second)));
  }
  superfluous.insert(found.begin(), found.end());
  CHECK(try_all(without(policy, superfluous), sample.world, expected.moments).verdicts == expected.verdicts);
}

}  // namespace

TEST_CASE("what is dead is what decides nothing when every flow is tried", "[verifier][dead]") {
  const std::uint64_t count = from_environment("WEFT_FUZZ_RUNS", 300);
  const std::uint64_t first = from_environment("WEFT_FUZZ_SEED", 1);
  std::map<Dead::Kind, std::size_t> kinds;
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_dead(seed, kinds);
  if (count < 300) return;
  for (const Dead::Kind kind :
       {Dead::Kind::Shadowed, Dead::Kind::Overridden, Dead::Kind::Redundant, Dead::Kind::Contradictory}) {
    CHECK(kinds[kind] > 3);
  }
}

TEST_CASE("answers equal those of trying every flow", "[verifier]") {
  const std::uint64_t count = from_environment("WEFT_FUZZ_RUNS", 300);
  const std::uint64_t first = from_environment("WEFT_FUZZ_SEED", 1);
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_sample(seed);
}
