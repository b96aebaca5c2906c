#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/environment.h"
#include "tests/support/world.h"
#include "tests/unit/verifier/brute_force.h"
#include "tests/unit/verifier/random_policy.h"
#include "verifier/path.h"
#include "verifier/path_chain.h"
#include "verifier/path_closed.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using weft::test::from_environment;

namespace {

bool contains(const Interval& when, model::Moment moment) {
  return when.from <= moment && (!when.until || moment < *when.until);
}

const Answer& answer_at(const std::vector<TimedAnswer>& answers, model::Moment moment) {
  const auto found = std::ranges::find_if(answers, [&](const auto& each) { return contains(each.when, moment); });
  REQUIRE(found != answers.end());
  return found->answer;
}

bool may_relay(const model::Assertion& claim, const model::End& end) {
  return end.peer->kind != model::PeerKind::World && !(claim.avoiding && model::matches(*claim.avoiding, end));
}

std::set<model::Moment> moments_of(const model::Policy& policy, model::Moment now) {
  std::set<model::Moment> out{now};
  for (const model::Rule& rule : policy.rules) {
    if (rule.expires && *rule.expires > now) out.insert(*rule.expires);
  }
  return out;
}

// Every flow of a chain is allowed, it begins and ends where the claim says, and it goes on from where it came to.
void check_chain(const model::Policy& policy, const model::Assertion& claim, const std::vector<Witness>& chain,
                 model::Moment moment) {
  REQUIRE_FALSE(chain.empty());
  CHECK(model::matches(claim.source, chain.front().flow().source));
  CHECK(model::matches(claim.destination, chain.back().flow().destination));
  CHECK(model::matches(claim.ports, chain.back().flow()));
  for (std::size_t i = 0; i < chain.size(); ++i) {
    CHECK(model::evaluate(policy, chain[i].flow(), moment).allowed);
    CHECK(model::evaluate(policy, chain[i].flow(), chain[i].moment) == chain[i].decision);
    if (i + 1 == chain.size()) continue;
    CHECK(may_relay(claim, chain[i].flow().destination));
    CHECK(chain[i].destination.kind == chain[i + 1].source.kind);
    CHECK(chain[i].destination.labels == chain[i + 1].source.labels);
    CHECK(chain[i].destination_name == chain[i + 1].source_name);
  }
  // One address is one peer, from the first flow to the last.
  std::map<model::Address, std::size_t> owners;
  const auto owner_is = [&](const std::optional<model::Address>& address, std::size_t end) {
    return !address || owners.emplace(*address, end).first->second == end;
  };
  const bool named = !chain.front().destination_name.empty() || !chain.front().source_name.empty();
  for (std::size_t i = 0; i < chain.size() && !named; ++i) {
    CHECK(owner_is(chain[i].source_address,
                   static_cast<std::size_t>(chain[i].source.instance.value_or(model::InstanceId{1000}))));
    CHECK(owner_is(chain[i].destination_address,
                   static_cast<std::size_t>(chain[i].destination.instance.value_or(model::InstanceId{2000}))));
  }
}

// ---- the open world: whoever has the same labels may exist any number of times

// What all flows of a world say: from whom to whom one is allowed, and where a chain may begin and end.
struct Edges {
  using Who = std::pair<model::PeerKind, model::Labels>;
  std::map<Who, std::set<Who>> on;     // to somebody who may relay
  std::map<Who, std::set<Who>> begun;  // the same, from a source of the claim
  std::set<Who> ends;                  // who has a flow that ends the chain
  bool at_once = false;                // a single flow does

  bool broken() const {
    if (at_once) return true;
    std::set<Who> reached;
    std::vector<Who> open;
    for (const auto& [source, destinations] : begun) {
      for (const Who& who : destinations) {
        if (reached.insert(who).second) open.push_back(who);
      }
    }
    while (!open.empty()) {
      const Who who = open.back();
      open.pop_back();
      if (ends.contains(who)) return true;
      const auto next = on.find(who);
      if (next == on.end()) continue;
      for (const Who& other : next->second) {
        if (reached.insert(other).second) open.push_back(other);
      }
    }
    return false;
  }
};

Edges edges(const model::Policy& policy, const model::Assertion& claim, const World& world, model::Moment moment) {
  Edges out;
  each_flow(world, [&](const model::Flow& flow) {
    if (!model::evaluate(policy, flow, moment).allowed) return;
    const Edges::Who source{flow.source.peer->kind, flow.source.peer->labels};
    const Edges::Who destination{flow.destination.peer->kind, flow.destination.peer->labels};
    const bool begins = model::matches(claim.source, flow.source);
    const bool ends = model::matches(claim.destination, flow.destination) && model::matches(claim.ports, flow);
    if (begins && ends) out.at_once = true;
    if (ends) out.ends.insert(source);
    if (!may_relay(claim, flow.destination)) return;
    out.on[source].insert(destination);
    if (begins) out.begun[source].insert(destination);
  });
  return out;
}

struct Seen {
  std::size_t broken = 0, held = 0, long_chains = 0, doubtful = 0, proved_in_all = 0;
  std::size_t grounds = 0, needed = 0, not_seen_needed = 0;  // statements without which others break a claim
};

void check_open(std::uint64_t seed, Seen& seen) {
  INFO("seed " << seed << " (WEFT_FUZZ_SEED)");
  Sample sample = random_sample(seed);
  std::mt19937_64 random(seed * 101 + 5);
  const auto some_end = [&] {
    const model::Rule& rule = sample.policy.rules[random() % sample.policy.rules.size()];
    return random() % 2 == 0 ? rule.source : rule.destination;
  };
  std::vector<model::Assertion> claims;
  for (model::Assertion claim : sample.policy.assertions) {
    claim.kind = model::Assertion::Kind::Never;
    claim.chain = true;
    claim.relations.clear();
    if (random() % 2 == 0) claim.avoiding = some_end();
    if (random() % 3 == 0) claim.source = some_end();
    claims.push_back(std::move(claim));
  }
  claims.resize(2);
  // Claims about one service to somebody like those who relay: what the last flow needs, those before it need not.
  for (int i = 0; i < 3; ++i) {
    model::Assertion claim;
    claim.kind = model::Assertion::Kind::Never;
    claim.chain = true;
    claim.source = some_end();
    claim.destination = i == 0 ? model::Selector::workload() : some_end();
    claim.ports.points = model::PointSet::of_point(sample.world.services[random() % 4]);
    claims.push_back(std::move(claim));
  }
  sample.policy.assertions = claims;

  const model::Policy& policy = sample.policy;
  const Options options{.dump_smt = {}, .now = sample.now};
  const Universe universe(policy, sample.with_inventory ? &sample.inventory : nullptr);
  const Slicer slicer(policy, universe);
  for (const model::Assertion& claim : policy.assertions) {
    INFO(to_string(claim.source) << " ~> " << to_string(claim.destination) << " : " << to_string(claim.ports));
    Asked asked;
    const std::vector<TimedAnswer> answers = no_chain(policy, claim, universe, slicer, options, "claim", asked);
    CHECK(asked.internal_errors.empty());
    for (const model::Moment moment : moments_of(policy, sample.now)) {
      const bool broken = edges(policy, claim, sample.world, moment).broken();
      const Answer& answer = answer_at(answers, moment);
      if (const auto* open = std::get_if<Undecided>(&answer)) {
        // A chain that needs one address twice is no proof of anything.
        CHECK_FALSE(sample.world.addresses.empty());
        CHECK(open->why.starts_with(address_of_two_peers));
        CHECK(broken);
        ++seen.doubtful;
        continue;
      }
      const auto* refuted = std::get_if<Refuted>(&answer);
      CHECK((refuted != nullptr) == broken);
      ++(broken ? seen.broken : seen.held);
      if (!refuted) continue;
      check_chain(policy, claim, refuted->chain, moment);
      if (refuted->chain.size() > 1) ++seen.long_chains;
    }
  }
}

// ---- an inventory

struct ClosedEdges {
  std::vector<model::Flow> allowed;
};

// By trying all flows of all instances one after the other.
bool claim_holds(const weft::test::World& world, const model::Assertion& claim, const std::vector<model::Flow>& flows,
                 model::Moment moment, bool& matched) {
  const bool never = claim.kind == model::Assertion::Kind::Never;
  using Who = std::optional<model::InstanceId>;
  const auto self = [](const model::Flow& flow) {
    return flow.source.peer->instance == flow.destination.peer->instance;  // or both of the world
  };
  const auto ends = [&](const model::Flow& flow) {
    return model::matches(claim.destination, flow.destination) && model::matches(claim.ports, flow);
  };
  const auto begins = [&](const model::Flow& flow) { return model::matches(claim.source, flow.source); };
  const auto related = [&](const model::Flow& flow) {
    return std::ranges::all_of(claim.relations, [&](const auto& relation) { return model::holds(relation, flow); });
  };
  std::vector<bool> allowed;
  for (const model::Flow& flow : flows) {
    allowed.push_back(!self(flow) && model::evaluate(world.policy, flow, moment).allowed);
    if (!self(flow) && begins(flow) && ends(flow) && related(flow)) matched = true;
  }
  if (!claim.chain) {
    for (std::size_t i = 0; i < flows.size(); ++i) {
      if (self(flows[i]) || !begins(flows[i]) || !ends(flows[i]) || !related(flows[i])) continue;
      if (allowed[i] == never) return false;
    }
    return true;
  }
  // Whoever is reached from some sources; sources themselves send from the ends that the claim names.
  const auto reached_from = [&](const auto& is_start) {
    std::set<Who> reached;
    for (bool grown = true; grown;) {
      grown = false;
      for (std::size_t i = 0; i < flows.size(); ++i) {
        if (!allowed[i] || !may_relay(claim, flows[i].destination)) continue;
        const Who source = flows[i].source.peer->instance;
        if (!is_start(flows[i]) && (!source || !reached.contains(source))) continue;
        grown = reached.insert(flows[i].destination.peer->instance).second || grown;
      }
    }
    return reached;
  };
  if (never) {
    const std::set<Who> reached = reached_from(begins);
    for (std::size_t i = 0; i < flows.size(); ++i) {
      if (!allowed[i] || !ends(flows[i])) continue;
      const Who source = flows[i].source.peer->instance;
      if (begins(flows[i]) || (source && reached.contains(source))) return false;
    }
    return true;
  }
  // Every source, every destination of another instance, every service of the claim with a flow between the two.
  struct Source {
    Who who;
    std::optional<model::Address> address;  // of the world
    auto operator<=>(const Source&) const = default;
  };
  std::map<Source, std::set<std::tuple<Who, std::optional<model::Address>, model::ServicePoint>>> wanted;
  const auto source_of = [](const model::Flow& flow) {
    const Who who = flow.source.peer->instance;
    return Source{who, who ? std::nullopt : flow.source.address};
  };
  for (const model::Flow& flow : flows) {
    if (self(flow) || !begins(flow) || !ends(flow)) continue;
    wanted[source_of(flow)].insert({flow.destination.peer->instance, flow.destination.address, flow.service});
  }
  for (const auto& [source, all] : wanted) {
    const auto starts = [&](const model::Flow& flow) { return begins(flow) && source_of(flow) == source; };
    const std::set<Who> reached = reached_from(starts);
    auto missing = all;
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const Who who = flows[i].source.peer->instance;
      if (!allowed[i] || !(starts(flows[i]) || (who && reached.contains(who)))) continue;
      missing.erase({flows[i].destination.peer->instance, flows[i].destination.address, flows[i].service});
    }
    if (!missing.empty()) return false;
  }
  return true;
}

std::vector<model::Relation> some_relations(weft::test::Random& random) {
  const std::vector<model::LabelKey> keys{model::keys::of_workload("app"), model::keys::of_workload("env"),
                                          model::keys::ns};
  const model::LabelKey& key = random.pick(keys);
  return {{key, random.chance(70) ? key : random.pick(keys), random.chance(50)}};
}

// Without rules and isolations but those that `stays` is true of.
template <typename Stays>
model::Policy only(const model::Policy& policy, Stays stays) {
  model::Policy out = policy;
  out.rules.clear();
  out.isolations.clear();
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (stays(Statement{model::RuleId{i}})) out.rules.push_back(policy.rules[i]);
  }
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
    if (stays(Statement{model::IsolationId{i}})) out.isolations.push_back(policy.isolations[i]);
  }
  return out;
}

// The statements keep the claim whatever becomes of the others; without any one of them some others break it.
void check_grounds(const weft::test::World& world, const model::Assertion& claim, const Grounds& grounds,
                   const std::vector<model::Flow>& flows, weft::test::Random& random, Seen& seen) {
  std::set<Statement> named(grounds.statements.begin(), grounds.statements.end());
  if (grounds.relays) named.insert(grounds.relays->begin(), grounds.relays->end());
  const auto holds = [&](const model::Policy& policy) {
    weft::test::World other = world;
    other.policy = policy;
    bool matched = false;
    return claim_holds(other, claim, flows, model::before_all, matched);
  };
  CHECK(holds(only(world.policy, [&](const Statement& each) { return named.contains(each); })));
  CHECK(holds(only(world.policy, [&](const Statement& each) { return named.contains(each) || random.chance(50); })));
  ++seen.grounds;
  if (grounds.relays) return;  // each of the two lists closes its own hops: a chain may be closed by either
  for (const Statement& gone : named) {
    const auto against = [&](const Statement& each) {
      if (const auto* rule = std::get_if<model::RuleId>(&each)) {
        return world.policy[*rule].verdict == (grounds.allowed ? model::Verdict::Deny : model::Verdict::Allow);
      }
      return world.policy[std::get<model::IsolationId>(each)].audit != grounds.allowed;
    };
    bool broken = false;
    for (int tries = 0; tries < 4 && !broken; ++tries) {
      broken = !holds(only(world.policy, [&](const Statement& each) {
        return each != gone && (named.contains(each) || (tries == 0 ? against(each) : random.chance(50)));
      }));
    }
    ++(broken ? seen.needed : seen.not_seen_needed);
  }
}

void check_closed(std::uint64_t seed, Seen& seen) {
  INFO("seed " << seed << " (WEFT_FUZZ_SEED)");
  weft::test::WorldOptions small = weft::test::WorldOptions::small();
  small.most_workloads = 6;
  weft::test::World world = weft::test::generate_world(seed, small);
  weft::test::Random random(seed * 17 + 3);
  if (world.policy.rules.empty()) return;
  if (random.chance(30)) world.policy.profile = model::profiles()[random.below(model::profiles().size())];
  const auto rule = [&]() -> const model::Rule& { return world.policy.rules[random.below(world.policy.rules.size())]; };
  world.policy.assertions.clear();
  for (int i = 0; i < 12; ++i) {
    model::Assertion claim;
    claim.kind = i % 2 == 0 ? model::Assertion::Kind::Never : model::Assertion::Kind::Always;
    claim.source = rule().source;
    claim.destination = rule().destination;
    claim.ports = random.chance(40) ? model::PortSet{model::PointSet::any(), {}} : rule().ports;
    claim.chain = i >= 4;  // most are: what is rare is a chain that is needed
    claim.in_inventory = true;
    if (!claim.chain && random.chance(60)) claim.relations = some_relations(random);
    if (claim.chain && random.chance(40)) claim.avoiding = rule().destination;
    world.policy.assertions.push_back(std::move(claim));
  }
  const std::vector<model::Flow> flows = weft::test::flows(world, {.limit = 400'000, .seed = 1});
  if (flows.size() == 400'000) return;
  Options options{.dump_smt = {}, .now = model::before_all};
  options.explain_proofs = true;
  const Universe universe(world.policy, &world.inventory);
  const Slicer slicer(world.policy, universe);
  ClosedWorld closed(world.policy, world.inventory, options);
  for (std::size_t i = 0; i < world.policy.assertions.size(); ++i) {
    const model::Assertion& claim = world.policy.assertions[i];
    INFO("claim " << i << ": " << to_string(claim.source) << " to " << to_string(claim.destination) << " : "
                  << to_string(claim.ports) << (claim.avoiding ? " avoiding " + to_string(*claim.avoiding) : ""));
    Asked asked;
    const std::vector<TimedAnswer> answers = closed.holds(i, asked);
    for (const std::string& error : asked.internal_errors) FAIL_CHECK(error);
    if (asked.grounds) check_grounds(world, claim, *asked.grounds, flows, random, seen);
    // What is proved of all inventories is so in this one.
    if (claim.chain && claim.kind == model::Assertion::Kind::Never && i < 6) {
      const std::vector<TimedAnswer> open = no_chain(world.policy, claim, universe, slicer, options, "claim", asked);
      for (const std::string& error : asked.internal_errors) FAIL_CHECK(error);
      for (const model::Moment moment : moments_of(world.policy, options.now)) {
        if (!std::holds_alternative<Proved>(answer_at(open, moment))) continue;
        CHECK(std::holds_alternative<Proved>(answer_at(answers, moment)));
        ++seen.proved_in_all;
      }
    }
    std::size_t tried = 0;
    for (const model::Moment moment : moments_of(world.policy, options.now)) {
      if (++tried > 2) break;
      bool matched = false;
      const bool holds = claim_holds(world, claim, flows, moment, matched);
      const Answer& answer = answer_at(answers, moment);
      CHECK(std::holds_alternative<Proved>(answer) == holds);
      if (const auto* proved = std::get_if<Proved>(&answer)) CHECK((!proved->vacuous || !matched));
      ++(holds ? seen.held : seen.broken);
      const auto* refuted = std::get_if<Refuted>(&answer);
      if (!refuted) continue;
      if (claim.chain && claim.kind == model::Assertion::Kind::Never) {
        check_chain(world.policy, claim, refuted->chain, moment);
        if (refuted->chain.size() > 1) ++seen.long_chains;
      }
      CHECK(model::evaluate(world.policy, refuted->witness.flow(), refuted->witness.moment) ==
            refuted->witness.decision);
    }
  }
}

}  // namespace

TEST_CASE("chains of the open world equal those found by trying every flow", "[verifier]") {
  const std::uint64_t count = from_environment("WEFT_FUZZ_RUNS", 150);
  const std::uint64_t first = from_environment("WEFT_FUZZ_SEED", 1);
  Seen seen;
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_open(seed, seen);
  if (count < 100) return;
  CHECK(seen.broken > 10);
  CHECK(seen.held > 10);
  CHECK(seen.long_chains > 5);
  CHECK(seen.doubtful < count / 10);
}

TEST_CASE("claims about an inventory equal what trying every flow of it shows", "[verifier]") {
  const std::uint64_t count = from_environment("WEFT_FUZZ_RUNS", 60);
  const std::uint64_t first = from_environment("WEFT_FUZZ_SEED", 1);
  Seen seen;
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_closed(seed, seen);
  if (count < 50) return;
  CHECK(seen.broken > 10);
  CHECK(seen.held > 10);
  CHECK(seen.long_chains > 3);
  CHECK(seen.proved_in_all > 3);
  CHECK(seen.grounds > 20);
  INFO("of the statements named " << seen.needed << " were seen to be needed, " << seen.not_seen_needed << " not");
  CHECK(seen.needed > 10 * seen.not_seen_needed);
}
