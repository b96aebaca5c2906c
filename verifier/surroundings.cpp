#include "verifier/surroundings.h"

#include <algorithm>
#include <numeric>

namespace weft::verifier {

using model::Direction;
using model::IsolationId;
using model::Rule;
using model::RuleId;

Surroundings::Surroundings(const model::Policy& policy, const Universe& universe, const Slicer& slicer,
                           model::Moment now)
    : policy_(policy), slicer_(slicer), rules_(living_rules(now), slicer) {
  std::vector<std::uint32_t> isolations(policy.isolations.size());
  std::iota(isolations.begin(), isolations.end(), 0U);
  const Cover everyone(universe, model::Selector::any());
  const IndexSet all = IndexSet::below(static_cast<std::uint32_t>(universe.services().size()));
  for (const Direction direction : both_directions) {
    std::vector<RuleCover>& covers = covers_[direction];
    for (const std::uint32_t i : isolations) {
      const Cover& subject = slicer.cover_of(IsolationId{i});
      covers.push_back(direction == Direction::Egress ? RuleCover{subject, everyone, all}
                                                      : RuleCover{everyone, subject, all});
    }
    isolations_.emplace(direction,
                        Candidates(isolations, [&](std::uint32_t i) -> const RuleCover& { return covers[i]; }));
  }
  number_by_precedence(now);
}

std::vector<std::uint32_t> Surroundings::living_rules(model::Moment now) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
    const Rule& rule = policy_.rules[i];
    if (!rule.audit && !(rule.expires && *rule.expires <= now)) out.push_back(i);
  }
  return out;
}

void Surroundings::number_by_precedence(model::Moment now) {
  std::vector<std::pair<Precedence, Statement>> all;
  for (const std::uint32_t i : living_rules(now)) all.emplace_back(precedence(policy_, RuleId{i}), RuleId{i});
  for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
    all.emplace_back(precedence(policy_, IsolationId{i}), IsolationId{i});
  }
  std::ranges::sort(all, {}, &std::pair<Precedence, Statement>::first);
  rule_places_.resize(policy_.rules.size());
  isolation_places_.resize(policy_.isolations.size());
  for (std::uint32_t place = 0; place < all.size(); ++place) {
    const Statement& statement = order_.emplace_back(all[place].second);
    if (const auto* rule = std::get_if<RuleId>(&statement)) {
      rule_places_[static_cast<std::size_t>(*rule)] = place;
    } else {
      isolation_places_[static_cast<std::size_t>(std::get<IsolationId>(statement))] = place;
    }
    speaks_at_.push_back(
        {speaks(policy_, statement, Direction::Egress), speaks(policy_, statement, Direction::Ingress)});
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
  const std::size_t gate = direction == Direction::Egress ? 0 : 1;
  std::vector<std::uint32_t> out;
  // Of thousands that may match, most stand behind: the quick questions come first.
  const auto add = [&](std::uint32_t place, const RuleCover& of_other) {
    if (place == own_place || (where == Where::Before && place > own_place) || !speaks_at_[place][gate]) return;
    if (of_other.services.intersects(cover.services) && of_other.source.intersects(cover.source) &&
        of_other.destination.intersects(cover.destination)) {
      out.push_back(place);
    }
  };
  for (const std::uint32_t i : rules_.of(cover)) add(rule_places_[i], slicer_.cover_of(RuleId{i}));
  const std::vector<RuleCover>& covers = covers_.at(direction);
  for (const std::uint32_t i : isolations_.at(direction).of(cover)) add(isolation_places_[i], covers[i]);
  std::ranges::sort(out);
  return out;
}

std::vector<std::uint32_t> Surroundings::meeting(const RuleCover& cover) const {
  std::vector<std::uint32_t> out;
  for (const std::uint32_t i : rules_.of(cover)) out.push_back(rule_places_[i]);
  for (const Direction direction : both_directions) {
    for (const std::uint32_t i : isolations_.at(direction).of(cover)) out.push_back(isolation_places_[i]);
  }
  std::ranges::sort(out);
  const auto rest = std::ranges::unique(out);
  out.erase(rest.begin(), rest.end());
  return out;
}

}  // namespace weft::verifier
