#include "verifier/surroundings.h"

#include <algorithm>
#include <iterator>

namespace weft::verifier {

using model::Direction;
using model::IsolationId;
using model::Rule;
using model::RuleId;

namespace {

std::vector<Statement> by_precedence(const model::Policy& policy, model::Moment now) {
  std::vector<std::pair<Precedence, Statement>> all;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (rule.audit || (rule.expires && *rule.expires <= now)) continue;
    all.emplace_back(precedence(policy, RuleId{i}), RuleId{i});
  }
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
    all.emplace_back(precedence(policy, IsolationId{i}), IsolationId{i});
  }
  std::ranges::sort(all, {}, &std::pair<Precedence, Statement>::first);
  std::vector<Statement> out;
  for (const auto& [place, statement] : all) out.push_back(statement);
  return out;
}

}  // namespace

Surroundings::Surroundings(const model::Policy& policy, const Universe& universe, const Slicer& slicer,
                           model::Moment now)
    : slicer_(slicer),
      order_(by_precedence(policy, now)),
      rule_places_(policy.rules.size()),
      isolation_places_(policy.isolations.size()) {
  std::vector<std::uint32_t> rules, isolations;
  for (std::uint32_t place = 0; place < order_.size(); ++place) {
    const Statement& statement = order_[place];
    if (const auto* rule = std::get_if<RuleId>(&statement)) {
      rule_places_[static_cast<std::size_t>(*rule)] = place;
      rules.push_back(place);
    } else {
      isolation_places_[static_cast<std::size_t>(std::get<IsolationId>(statement))] = place;
      isolations.push_back(place);
    }
    speaks_at_.push_back({speaks(policy, statement, Direction::Egress), speaks(policy, statement, Direction::Ingress)});
  }
  const Cover everyone(universe, model::Selector::any());
  const IndexSet all = IndexSet::below(static_cast<std::uint32_t>(universe.services().size()));
  for (const Direction direction : both_directions) {
    std::vector<RuleCover>& covers = covers_[direction];
    for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
      const Cover& subject = slicer.cover_of(IsolationId{i});
      covers.push_back(direction == Direction::Egress ? RuleCover{subject, everyone, all}
                                                      : RuleCover{everyone, subject, all});
    }
  }
  const auto cover_at = [&](Direction direction) {
    return [this, direction](std::uint32_t place) -> const RuleCover& { return cover_of(order_[place], direction); };
  };
  rules_.emplace(std::move(rules), cover_at(Direction::Egress));  // of a rule, that is its cover at both gates
  for (const Direction direction : both_directions) {
    isolations_.emplace(direction, Candidates(isolations, cover_at(direction)));
  }
}

std::uint32_t Surroundings::place_of(Statement statement) const {
  if (const auto* rule = std::get_if<RuleId>(&statement)) return rule_places_[static_cast<std::size_t>(*rule)];
  return isolation_places_[static_cast<std::size_t>(std::get<IsolationId>(statement))];
}

const RuleCover& Surroundings::cover_of(Statement statement, Direction direction) const {
  if (const auto* rule = std::get_if<RuleId>(&statement)) return slicer_.cover_of(*rule);
  return covers_.at(direction)[static_cast<std::size_t>(std::get<IsolationId>(statement))];
}

std::vector<std::uint32_t> Surroundings::around(Statement statement, Direction direction, Where where) const {
  const RuleCover& cover = cover_of(statement, direction);
  const std::uint32_t own_place = place_of(statement);
  const std::uint32_t below = where == Where::Before ? own_place : static_cast<std::uint32_t>(order_.size());
  const std::size_t gate = direction == Direction::Egress ? 0 : 1;
  std::vector<std::uint32_t> out;
  std::ranges::set_union(rules_->of(cover, below), isolations_.at(direction).of(cover, below), std::back_inserter(out));
  std::erase_if(out, [&](std::uint32_t place) {
    if (place == own_place || !speaks_at_[place][gate]) return true;
    const RuleCover& other = cover_of(order_[place], direction);
    return !other.services.intersects(cover.services) || !other.source.intersects(cover.source) ||
           !other.destination.intersects(cover.destination);
  });
  return out;
}

std::vector<std::uint32_t> Surroundings::meeting(const RuleCover& cover) const {
  std::vector<std::uint32_t> isolations, out;
  std::ranges::set_union(isolations_.at(Direction::Egress).of(cover), isolations_.at(Direction::Ingress).of(cover),
                         std::back_inserter(isolations));
  std::ranges::set_union(rules_->of(cover), isolations, std::back_inserter(out));
  return out;
}

}  // namespace weft::verifier
