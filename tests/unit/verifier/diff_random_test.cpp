#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/environment.h"
#include "tests/unit/verifier/brute_force.h"
#include "tests/unit/verifier/random_policy.h"
#include "verifier/diff.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using weft::test::from_environment;

namespace {

// Changes a policy somewhere, with nothing but selectors and services that it knows, so that its world still tells all
// flows apart.
class Mutator {
 public:
  Mutator(const model::Policy& policy, std::uint64_t seed) : known_(policy), random_(seed) {}

  void change(model::Policy& policy) {
    model::Rule& rule = policy.rules[below(policy.rules.size())];
    const model::Rule& other = known_.rules[below(known_.rules.size())];
    switch (below(21)) {
      case 0:
        policy.rules.erase(policy.rules.begin() + static_cast<std::ptrdiff_t>(below(policy.rules.size())));
        if (policy.rules.empty()) policy.rules.push_back(other);
        break;
      case 1:
        rule.verdict = rule.verdict == model::Verdict::Allow ? model::Verdict::Deny : model::Verdict::Allow;
        rule.pass_to.reset();
        break;
      case 2:
        rule.source = other.source;
        break;
      case 3:
        rule.destination = other.destination;
        break;
      case 4:
        rule.ports = other.ports;
        break;
      case 5:
        rule.at_source = !rule.at_source || !rule.at_destination;
        break;
      case 6:
        rule.at_destination = !rule.at_destination || !rule.at_source;
        break;
      case 7:
        if (rule.expires) {
          rule.expires.reset();
        } else {
          rule.expires = model::Moment{150};
        }
        break;
      case 8:
        rule.audit = !rule.audit;
        break;
      case 9:
        rule.level.priority = static_cast<std::int64_t>(below(3)) - 1;
        break;
      case 10:
        rule.level.index = static_cast<std::uint32_t>(below(5));
        break;
      case 11:
        std::swap(policy.rules[below(policy.rules.size())], policy.rules[below(policy.rules.size())]);
        break;
      case 12:
        if (!policy.isolations.empty()) policy.isolations.pop_back();
        break;
      case 13:
        policy.isolations.push_back({other.destination, chance(), true, rule.tier, rule.block, {}});
        policy.isolations.back().audit = chance();
        break;
      case 14:
        policy.profile = model::profiles()[below(model::profiles().size())];
        break;
      case 15:
        if (policy.guards.empty()) {
          policy.guards.push_back({other.source, {}});
        } else {
          policy.guards.pop_back();
        }
        break;
      case 16:
        rule.relations = rule.relations.empty() ? other.relations : std::vector<model::Relation>{};
        break;
      case 17:
        rule.tier = model::TierId{static_cast<std::uint32_t>(below(policy.tiers.size()))};
        rule.pass_to.reset();
        break;
      case 18:
        insert_tier(policy, below(policy.tiers.size() + 1));
        break;
      case 19:
        for (model::Rule& each : policy.rules) ++each.level.index;  // as a new rule above them does
        break;
      default:
        policy.rules.push_back(other);
        policy.rules.back().verdict = chance() ? model::Verdict::Allow : model::Verdict::Deny;
        policy.rules.back().pass_to.reset();
        break;
    }
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool chance() { return below(2) == 0; }

  static void insert_tier(model::Policy& policy, std::size_t at) {
    policy.tiers.insert(policy.tiers.begin() + static_cast<std::ptrdiff_t>(at), {"inserted", {}});
    const auto moved = [&](model::TierId tier) {
      return model::TierId{static_cast<std::uint32_t>(tier) + (static_cast<std::size_t>(tier) >= at ? 1U : 0U)};
    };
    for (model::Rule& rule : policy.rules) {
      rule.tier = moved(rule.tier);
      if (rule.pass_to) rule.pass_to = moved(*rule.pass_to);
    }
    for (model::Isolation& isolation : policy.isolations) isolation.tier = moved(isolation.tier);
  }

  const model::Policy& known_;
  std::mt19937_64 random_;
};

using Groups = std::set<std::vector<Turn>>;

// Written apart from what is tested: who disagrees about a flow, if anybody does.
std::vector<Turn> expected_turns(const model::Decision& before, const model::Decision& after) {
  if (before.self || before.allowed == after.allowed) return {};
  const model::Decision& closed = after.allowed ? before : after;
  const Turn at_source{decider(before.egress), decider(after.egress)};
  const Turn at_destination{decider(before.ingress), decider(after.ingress)};
  const bool source = closed.egress && closed.egress->verdict == model::Verdict::Deny;
  const bool destination = closed.ingress && closed.ingress->verdict == model::Verdict::Deny;
  if (source && destination) {
    const bool one_opener =
        after.allowed ? at_source.after == at_destination.after : at_source.before == at_destination.before;
    if (!one_opener) return {at_source, at_destination};
  }
  return {source ? at_source : at_destination};
}

bool contains(const Interval& when, model::Moment moment) {
  return when.from <= moment && (!when.until || moment < *when.until);
}

struct Tried {
  std::size_t differing = 0;
  std::size_t unquestioned = 0;
};

void check_sample(std::uint64_t seed, Tried& tried) {
  INFO("seed " << seed << " (WEFT_FUZZ_SEED)");
  const Sample sample = random_sample(seed);
  const model::Policy& before = sample.policy;
  model::Policy after = before;
  Mutator mutator(before, seed * 31 + 7);
  for (std::uint64_t i = 0; i <= seed % 3; ++i) mutator.change(after);

  std::set<model::Moment> moments{sample.now};
  for (const model::Policy* policy : {&before, static_cast<const model::Policy*>(&after)}) {
    for (const model::Rule& rule : policy->rules) {
      if (rule.expires && *rule.expires > sample.now) moments.insert(*rule.expires);
    }
  }
  std::map<model::Moment, std::pair<Groups, Groups>> expected;  // gained, lost
  bool gains = false, loses = false;
  each_flow(sample.world, [&](const model::Flow& flow) {
    for (const model::Moment moment : moments) {
      const model::Decision was = model::evaluate(before, flow, moment), is = model::evaluate(after, flow, moment);
      const std::vector<Turn> turns = expected_turns(was, is);
      if (turns.empty()) continue;
      (is.allowed ? gains : loses) = true;
      (is.allowed ? expected[moment].first : expected[moment].second).insert(turns);
    }
  });

  const Diff found = diff(before, after, sample.with_inventory ? &sample.inventory : nullptr,
                          Options{.dump_smt = {}, .max_findings = 1000, .now = sample.now}, 1000);
  CHECK(found.internal_errors.empty());
  CHECK(found.not_checked.empty());
  CHECK(found.unlisted == 0);
  REQUIRE(found.verdict());
  CHECK((*found.verdict() == Diff::Verdict::Both) == (gains && loses));
  CHECK((*found.verdict() == Diff::Verdict::OnlyWidens) == (gains && !loses));
  CHECK((*found.verdict() == Diff::Verdict::OnlyNarrows) == (!gains && loses));
  for (const model::Moment moment : moments) {
    INFO("at " << static_cast<std::int64_t>(moment));
    Groups gained, lost;
    for (const Difference& each : found.differences) {
      if (!contains(each.when, moment)) continue;
      (each.gained ? gained : lost).insert(each.turns);
      const model::Flow flow = each.witness.flow();
      INFO(to_string(each.witness, after, Sources{}));
      CHECK(expected_turns(model::evaluate(before, flow, moment), model::evaluate(after, flow, moment)) == each.turns);
    }
    CHECK(gained == expected[moment].first);
    CHECK(lost == expected[moment].second);
  }
  for (const Difference& each : found.differences) {
    CHECK(each.before == model::evaluate(before, each.witness.flow(), each.when.from));
    CHECK(each.witness.decision == model::evaluate(after, each.witness.flow(), each.when.from));
    CHECK(each.witness.decision.allowed == each.gained);
    CHECK(each.before.allowed != each.gained);
  }
  tried.differing += gains || loses ? 1U : 0U;
  tried.unquestioned += found.questions == 0 ? 1U : 0U;

  // A policy differs from itself in nothing, and no solver is needed to say so.
  const Diff none = diff(before, before, nullptr, Options{.dump_smt = {}, .now = sample.now});
  CHECK(none.verdict() == Diff::Verdict::Equivalent);
  CHECK(none.questions == 0);
}

}  // namespace

TEST_CASE("what is gained and lost equals what trying every flow shows", "[verifier]") {
  const std::uint64_t count = from_environment("WEFT_FUZZ_RUNS", 200);
  const std::uint64_t first = from_environment("WEFT_FUZZ_SEED", 1);
  Tried tried;
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_sample(seed, tried);
  // Changes that change nothing and changes that do both have to be among them.
  if (count < 100) return;
  CHECK(tried.differing > count / 5);
  CHECK(tried.differing < count);
  CHECK(tried.unquestioned < count / 2);
}
