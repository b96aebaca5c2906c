#include <catch2/catch.hpp>

#include "model/evaluate.h"
#include "tests/unit/verifier/random_policy.h"
#include "verifier/coverage.h"
#include "verifier/remainder.h"
#include "verifier/surroundings.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::RuleId;

namespace {

struct Counts {
  std::size_t left = 0;
  std::size_t nothing = 0;
  std::size_t by_several = 0;
  std::size_t unknown = 0;
};

class Comparison {
 public:
  explicit Comparison(const Sample& sample)
      : policy_(sample.policy),
        now_(sample.now),
        universe_(policy_, sample.with_inventory ? &sample.inventory : nullptr),
        slicer_(policy_, universe_),
        surroundings_(policy_, universe_, slicer_, now_),
        remainders_(universe_),
        coverage_(policy_, universe_, options_) {}

  void run(Counts& counts) {
    for (const Statement& target : surroundings_.order()) {
      const auto* rule = std::get_if<RuleId>(&target);
      for (const model::Direction direction : both_directions) {
        if (rule && speaks(policy_, target, direction)) compare(*rule, direction, counts);
      }
    }
  }

 private:
  void compare(RuleId target, model::Direction direction, Counts& counts) {
    std::vector<Statement> others;
    std::vector<Obstacle> obstacles;
    for (const std::uint32_t place : surroundings_.around(target, direction, Surroundings::Where::Before)) {
      others.push_back(surroundings_.order()[place]);
      obstacles.push_back(obstacle(others.back(), direction));
      obstacles.back().preference = obstacles.size();
    }
    const auto gets_through = [&](const Region& region) {
      const auto flow = flow_in(universe_, region, policy_[target].relations, &policy_[target].ports);
      return flow && shows(target, others, direction, universe_.concrete(*flow, now_, {}).flow());
    };
    const Remainder said =
        remainders_.of(regions_of(surroundings_.cover_of(target, direction)), obstacles, gets_through);
    const auto asked = [&](const std::vector<Statement>& those) {
      return coverage_.ask({target, direction, those, false, "comparison"}).kind;
    };
    INFO("rule " << static_cast<std::uint32_t>(target) << " at "
                 << (direction == model::Direction::Egress ? "egress" : "ingress"));
    switch (said.kind) {
      case Remainder::Kind::Left:
        CHECK(asked(others) == CoverageAnswer::Kind::Left);
        ++counts.left;
        return;
      case Remainder::Kind::Unknown:
        ++counts.unknown;
        return;
      case Remainder::Kind::Nothing:
        break;
    }
    std::vector<Statement> enough;
    for (const std::size_t i : said.enough) enough.push_back(others[i]);
    CHECK(asked(enough) == CoverageAnswer::Kind::Nothing);
    ++counts.nothing;
    if (enough.size() < 2) return;
    ++counts.by_several;
    for (std::size_t i = 0; i < enough.size(); ++i) {
      std::vector<Statement> fewer = enough;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      // A peer whose gate the solver knows not to be there needs nobody in its way.
      if (policy_.guards.empty() && !policy_.profile.own_node_may_enter) {
        CHECK(asked(fewer) == CoverageAnswer::Kind::Left);
      }
    }
  }

  Obstacle obstacle(Statement other, model::Direction direction) const {
    const RuleCover& cover = surroundings_.cover_of(other, direction);
    Obstacle out{&cover, cover.source.exact() && cover.destination.exact()};
    if (const auto* id = std::get_if<RuleId>(&other)) {
      const model::Rule& rule = policy_[*id];
      if (!rule.relations.empty() || !rule.ports.names.empty()) out.exact = false;
      if (rule.peer_node != model::PeerNode::Any) out.exact = false;
    }
    return out;
  }

  bool shows(RuleId target, const std::vector<Statement>& others, model::Direction direction,
             const model::Flow& flow) const {
    const model::End& subject = direction == model::Direction::Egress ? flow.source : flow.destination;
    if (!model::has_gates(policy_, subject) || !model::matches(policy_[target], direction, flow)) return false;
    return std::ranges::none_of(others, [&](const Statement& other) {
      const auto* id = std::get_if<RuleId>(&other);
      return id ? model::matches(policy_[*id], direction, flow)
                : model::matches(policy_[std::get<model::IsolationId>(other)].subject, subject);
    });
  }

  const model::Policy& policy_;
  model::Moment now_;
  Universe universe_;
  Slicer slicer_;
  Surroundings surroundings_;
  Remainders remainders_;
  Options options_;
  Coverage coverage_;
};

}  // namespace

TEST_CASE("what boxes say is left of a rule is what the solver says", "[verifier][dead]") {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    const Sample sample = random_sample(seed);
    Comparison(sample).run(counts);
  }
  CHECK(counts.left > 100);
  CHECK(counts.nothing > 30);
  CHECK(counts.by_several > 3);
  CHECK(counts.unknown < counts.left);
}
