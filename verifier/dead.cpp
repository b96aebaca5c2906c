#include "verifier/dead.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "base/stable_sort.h"
#include "verifier/among.h"
#include "verifier/coverage.h"
#include "verifier/dead_groups.h"
#include "verifier/expectation.h"
#include "verifier/region.h"
#include "verifier/remainder.h"
#include "verifier/surroundings.h"

namespace weft::verifier {

using model::Direction;
using model::IsolationId;
using model::Moment;
using model::Rule;
using model::RuleId;
using model::Verdict;

namespace {

class Scan {
 public:
  Scan(const model::Policy& policy, const Universe& universe, const Slicer& slicer, const Options& options,
       Report& report)
      : policy_(policy),
        universe_(universe),
        slicer_(slicer),
        options_(options),
        report_(report),
        coverage_(policy, universe, options),
        remainders_(universe),
        surroundings_(policy, universe, slicer, options.now),
        gone_(surroundings_.order().size()) {}

  void run() {
    // What is found dead says nothing any more when later ones are looked at.
    for (const Statement& statement : surroundings_.order()) {
      if (cancelled(options_.cancellation)) return;
      if (stop(statement)) continue;
      if (auto found = look_at(statement)) keep(std::move(*found));
    }
    // What decides, but never anything that others would not.
    for (const Statement& statement : std::views::reverse(surroundings_.order())) {
      if (cancelled(options_.cancellation)) return;
      if (gone_[surroundings_.place_of(statement)] || stop(statement)) continue;
      if (auto found = superfluous(statement)) keep(std::move(*found));
    }
    std::ranges::sort(found_, {}, &Dead::what);
    drop_explained_conflicts(policy_, found_, report_);
    std::vector<Dead> for_themselves;
    for (Dead& each : found_) {
      if (is_for_itself(each)) for_themselves.push_back(each);
      if (!is_told(each)) continue;
      if (!each.blockers.empty()) each.example = shown(each.what);
      if (each.example && !each.decides) check_replay(each);
      report_.dead.push_back(std::move(each));
    }
    gather_unreachable(policy_, for_themselves, report_);
    if (!unlooked_.empty()) {
      report_.not_checked.push_back(
          {span_of(policy_, *unlooked_.begin()), fmt::format("whether {} further rules ever decide", unlooked_.size()),
           told_ < options_.max_findings ? "the work that is allowed for all of them is used up"
                                         : fmt::format("{} that do not were found before", told_),
           true});
    }
    report_.statistics.questions += coverage_.questions();
  }

 private:
  void keep(Dead found) {
    if (is_told(found)) ++told_;
    found_.push_back(std::move(found));
  }

  bool is_told(const Dead& dead) const {
    return !is_expected(policy_, dead) && !is_ambiguous(dead) && !is_for_itself(dead);
  }

  // Policies state what they isolate each for itself, so that none of them rests on another.
  bool is_for_itself(const Dead& dead) const {
    return dead.kind == Dead::Kind::Redundant && std::holds_alternative<IsolationId>(dead.what) &&
           std::ranges::any_of(dead.blockers, [&](const Statement& other) {
             return block_of(policy_, other) != block_of(policy_, dead.what);
           });
  }

  bool stop(Statement statement) {
    if (told_ < options_.max_findings && !exhausted()) return false;
    unlooked_.insert(statement);
    return true;
  }

  // Work is counted, not time, so that the same policy gets the same findings everywhere.
  bool exhausted() const {
    constexpr std::uint64_t questions = 200;      // of all statements together, as much as so many may cost
    constexpr std::uint64_t of_a_question = 400;  // those of the solver end long before their limit
    if (options_.rlimit == 0) return false;
    const std::uint64_t asked = std::uint64_t{coverage_.questions()} * options_.rlimit / of_a_question;
    return remainders_.work() + asked > questions * options_.rlimit;
  }

  // Around what a statement matches at a gate that may exist.
  std::vector<Region> regions_at(Statement statement, Direction direction) const {
    std::vector<Region> out = regions_of(surroundings_.cover_of(statement, direction));
    auto kinds = kind_bit(model::PeerKind::Workload);
    if (policy_.profile.node_gates || !policy_.guards.empty()) kinds |= kind_bit(model::PeerKind::Node);
    for (Region& region : out) {
      Box& subject = direction == Direction::Egress ? region.source : region.destination;
      subject.kinds &= kinds;
      settle(universe_, subject);
    }
    std::erase_if(out, [](const Region& region) { return region.empty(); });
    return out;
  }

  // The statements that may match what this one matches, in order of precedence, without those that are gone.
  std::vector<Statement> around(Statement statement, Direction direction, Surroundings::Where where) const {
    std::vector<Statement> out;
    for (const std::uint32_t place : surroundings_.around(statement, direction, where)) {
      if (!gone_[place]) out.push_back(surroundings_.order()[place]);
    }
    return out;
  }

  std::optional<Moment> end_of(Statement statement) const {
    const auto* rule = std::get_if<RuleId>(&statement);
    return rule ? policy_[*rule].expires : std::nullopt;
  }

  // What others make of a statement at one gate.
  struct AtGate {
    CoverageAnswer::Kind kind = CoverageAnswer::Kind::Nothing;
    std::vector<Statement> cover;
    std::string why;
  };

  AtGate decides_at(Statement statement, Direction direction) {
    const std::vector<Region> regions = regions_at(statement, direction);
    if (regions.empty()) return {};
    std::vector<Statement> earlier = around(statement, direction, Surroundings::Where::Before);
    const Precedence place = precedence(policy_, statement);
    const std::optional<Moment> end = end_of(statement);
    // A pass of an earlier tier leads around what stands in between, so that every stretch of time is one of its own.
    const bool passes = std::ranges::any_of(earlier, [&](const Statement& s) {
      const auto* rule = std::get_if<RuleId>(&s);
      return rule && policy_[*rule].verdict == Verdict::Pass && policy_[*rule].tier < place.tier;
    });
    std::set<Moment> moments{options_.now};
    if (passes) {
      for (const Statement& each : earlier) {
        if (const auto until = end_of(each); until && *until > options_.now && (!end || *until < *end)) {
          moments.insert(*until);
        }
      }
    } else {
      // There are never fewer in its way than at the end of its time.
      std::erase_if(earlier, [&](const Statement& s) { return !has_a_say_until(policy_, s, end); });
    }
    AtGate out;
    for (auto moment = moments.rbegin(); moment != moments.rend(); ++moment) {
      std::vector<Statement> then = earlier;
      std::erase_if(then, [&](const Statement& s) {
        const auto until = end_of(s);
        return until && *until <= *moment;
      });
      const std::string suffix =
          moment == moments.rbegin() ? "" : fmt::format("-{}", static_cast<std::int64_t>(*moment));
      AtGate now = left_at(statement, direction, regions, then, passes, suffix);
      if (now.kind != CoverageAnswer::Kind::Nothing) return now;
      for (const Statement& each : now.cover) {
        if (std::ranges::find(out.cover, each) == out.cover.end()) out.cover.push_back(each);
      }
    }
    return out;
  }

  // Is there a flow that `others` leave to the statement?
  AtGate left_at(Statement statement, Direction direction, const std::vector<Region>& regions,
                 const std::vector<Statement>& others, bool by_walk, const std::string& suffix) {
    std::vector<Obstacle> obstacles;
    for (const Statement& other : others) {
      obstacles.push_back(obstacle(statement, direction, other, by_walk));
      obstacles.back().preference = obstacles.size();  // the first of those that match decides
    }
    const auto gets_through = [&](const Region& region) {
      const auto flow = example(statement, direction, region);
      return flow && !keeps_one(flow->flow(), direction, others, obstacles);
    };
    // Most statements decide what is plainest of all that they match, and nothing has to be taken apart to see it.
    if (gets_through(regions.front())) return {CoverageAnswer::Kind::Left, {}, {}};
    const Remainder rest = remainders_.of(regions, obstacles, gets_through);
    if (rest.kind == Remainder::Kind::Left) return {CoverageAnswer::Kind::Left, {}, {}};
    if (rest.kind == Remainder::Kind::Nothing) {
      AtGate out;
      for (const std::size_t i : rest.enough) out.cover.push_back(others[i]);
      return out;
    }
    const std::string name = name_of(statement, direction) + suffix;
    CoverageAnswer answer = coverage_.ask({statement, direction, others, by_walk, name});
    return {answer.kind, std::move(answer.cover), std::move(answer.why)};
  }

  Obstacle obstacle(Statement statement, Direction direction, Statement other, bool by_walk) const {
    const RuleCover& cover = surroundings_.cover_of(other, direction);
    Obstacle out{&cover, cover.source.exact() && cover.destination.exact()};
    const auto* id = std::get_if<RuleId>(&other);
    if (!id) {
      out.tier = static_cast<std::uint32_t>(policy_[std::get<IsolationId>(other)].tier);
      return out;
    }
    const Rule& rule = policy_[*id];
    out.tier = static_cast<std::uint32_t>(rule.tier);
    if (!rule.relations.empty() || !rule.ports.names.empty()) out.exact = false;
    if (rule.peer_node != model::PeerNode::Any) out.exact = false;
    if (!by_walk || rule.verdict != Verdict::Pass) return out;
    // A pass of an earlier tier leads on, to the statement's own or past it.
    const auto own_tier = static_cast<std::uint32_t>(precedence(policy_, statement).tier);
    const std::uint32_t to = rule.pass_to ? static_cast<std::uint32_t>(*rule.pass_to) : out.tier + 1;
    if (to <= own_tier) out.leads_to = to;
    return out;
  }

  bool matches(Statement statement, Direction direction, const model::Flow& flow) const {
    if (const auto* id = std::get_if<RuleId>(&statement)) return model::matches(policy_[*id], direction, flow);
    return model::matches(policy_[std::get<IsolationId>(statement)].subject,
                          direction == Direction::Egress ? flow.source : flow.destination);
  }

  // The walk itself: does one of the others end it?
  bool keeps_one(const model::Flow& flow, Direction direction, const std::vector<Statement>& others,
                 const std::vector<Obstacle>& obstacles) const {
    std::uint32_t from = 0;
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (obstacles[i].tier < from || !matches(others[i], direction, flow)) continue;
      if (!obstacles[i].leads_to) return true;
      from = *obstacles[i].leads_to;
    }
    return false;
  }

  // First those that decide against the statement: they are what its author has to know.
  std::vector<Statement> by_preference(Statement statement, std::vector<Statement> others) const {
    sort_stably(others, {}, [&](const Statement& other) { return !disagree(policy_, statement, other); });
    return others;
  }

  std::string name_of(Statement statement, Direction direction) const {
    const bool rule = std::holds_alternative<RuleId>(statement);
    return fmt::format("dead-{}-{:05}-{}", rule ? "rule" : "isolation",
                       std::visit([](auto id) { return static_cast<std::uint32_t>(id); }, statement),
                       direction == Direction::Egress ? "egress" : "ingress");
  }

  // A flow of the region that the statement matches at a gate there is, as the evaluator sees it. What becomes of it is
  // not asked.
  std::optional<Witness> example(Statement statement, Direction direction, const Region& region) const {
    const auto* id = std::get_if<RuleId>(&statement);
    static const std::vector<model::Relation> none;
    const model::PortSet* ports = id ? &policy_[*id].ports : nullptr;
    const auto flow = flow_in(universe_, region, id ? policy_[*id].relations : none, ports);
    if (!flow) return {};
    return confirmed(statement, direction, *flow);
  }

  std::optional<Witness> confirmed(Statement statement, Direction direction, const Valuation& valuation) const {
    Witness witness = universe_.concrete(valuation, options_.now, nobody_);
    const model::Flow flow = witness.flow();
    const model::End& subject = direction == Direction::Egress ? flow.source : flow.destination;
    if (!matches(statement, direction, flow) || !model::has_gates(policy_, subject)) return {};
    return witness;
  }

  // With what becomes of it. Of thousands of statements a handful match the flow, and the others have no say.
  Witness judged(Statement statement, Direction direction, Witness witness) const {
    const model::Flow flow = witness.flow();
    std::set<Statement> matching;
    const auto add = [&](Statement other) {
      const bool speaking = std::ranges::any_of(
          both_directions, [&](Direction gate) { return speaks(policy_, other, gate) && matches(other, gate, flow); });
      if (speaking) matching.insert(other);
    };
    for (const std::uint32_t place : surroundings_.meeting(surroundings_.cover_of(statement, direction))) {
      add(surroundings_.order()[place]);
    }
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      if (policy_.rules[i].audit) add(RuleId{i});
    }
    witness.decision = evaluate_among(policy_, matching, flow, options_.now);
    return witness;
  }

  std::optional<Witness> shown(Statement statement) {
    for (const Direction direction : both_directions) {
      if (!speaks(policy_, statement, direction)) continue;
      for (const Region& region : regions_at(statement, direction)) {
        if (auto witness = example(statement, direction, region)) return judged(statement, direction, *witness);
      }
      const std::string name = name_of(statement, direction) + "-any";
      const CoverageAnswer any = coverage_.ask({statement, direction, {}, false, name});
      if (any.kind != CoverageAnswer::Kind::Left) continue;
      if (auto witness = confirmed(statement, direction, any.flow)) return judged(statement, direction, *witness);
    }
    return {};
  }

  // At no gate does it decide what `at_gate` leaves it.
  template <typename AtEachGate>
  std::optional<Dead> nowhere(Statement statement, const AtEachGate& at_gate) {
    std::vector<Statement> blockers;
    for (const Direction direction : both_directions) {
      if (!speaks(policy_, statement, direction)) continue;
      AtGate found = at_gate(direction);
      if (found.kind == CoverageAnswer::Kind::Left) return {};
      if (found.kind == CoverageAnswer::Kind::Unknown) {
        report_.not_checked.push_back(
            {span_of(policy_, statement), "whether this ever decides", std::move(found.why), true});
        return {};
      }
      for (const Statement& each : found.cover) {
        if (std::ranges::find(blockers, each) == blockers.end()) blockers.push_back(each);
      }
    }
    gone_[surroundings_.place_of(statement)] = true;
    if (says_nobody(statement)) return {};
    Dead out{Dead::Kind::Contradictory, statement, by_preference(statement, std::move(blockers))};
    if (out.blockers.empty() && is_of_own_node(statement)) {
      out.kind = Dead::Kind::Shadowed;
      out.why =
          fmt::format("profile `{}` lets a workload's own node in before any rule is asked", policy_.profile.name);
    } else if (out.blockers.empty()) {
      out.why = why_never(statement);
    }
    return out;
  }

  // Who writes `none` knows.
  bool says_nobody(Statement statement) const {
    const auto is_none = [](const model::Selector& selector) { return selector.kind == model::Selector::Kind::None; };
    const auto* id = std::get_if<RuleId>(&statement);
    if (!id) return is_none(policy_[std::get<IsolationId>(statement)].subject);
    return is_none(policy_[*id].source) || is_none(policy_[*id].destination);
  }

  // A rule about the node that the destination runs on, which the profile lets in.
  bool is_of_own_node(Statement statement) const {
    const auto* id = std::get_if<RuleId>(&statement);
    if (!id || !policy_.profile.own_node_may_enter || regions_at(statement, Direction::Ingress).empty()) return false;
    return policy_[*id].peer_node == model::PeerNode::Own && !policy_[*id].at_source;
  }

  std::string why_never(Statement statement) const {
    const auto* id = std::get_if<RuleId>(&statement);
    if (!id) {
      const IsolationId isolation = std::get<IsolationId>(statement);
      if (!slicer_.cover_of(isolation).empty()) return "none of the peers it selects has a gate";
      return fmt::format("no peer matches `{}`", model::to_string(policy_[isolation].subject));
    }
    const Rule& rule = policy_[*id];
    const RuleCover& cover = slicer_.cover_of(*id);
    const char* with_keys = rule.relations.empty() ? "" : " with the labels that `when` compares";
    if (cover.source.empty()) return fmt::format("no source matches `{}`{}", to_string(rule.source), with_keys);
    if (cover.destination.empty()) {
      return fmt::format("no destination matches `{}`{}", to_string(rule.destination), with_keys);
    }
    if (cover.services.empty()) return fmt::format("no packet asks for `{}`", to_string(rule.ports));
    const bool at_no_gate = std::ranges::all_of(both_directions, [&](Direction direction) {
      return !speaks(policy_, statement, direction) || regions_at(statement, direction).empty();
    });
    if (at_no_gate) return "none of the peers where it would be judged has a gate";
    return "no flow has all that it asks for at once";
  }

  std::optional<Dead> look_at(Statement statement) {
    auto out = nowhere(statement, [&](Direction direction) { return decides_at(statement, direction); });
    if (!out) return out;
    if (!out->blockers.empty()) out->kind = kind_of(*out);
    return out;
  }

  // Which of two policies decides is not said: so neither can be told to be in the other's way.
  bool is_ambiguous(const Dead& dead) const {
    return std::ranges::any_of(report_.findings, [&](const Finding& finding) {
      if (finding.kind != Finding::Kind::AmbiguousPriority) return false;
      const auto blocks = std::minmax(policy_[finding.first].block, policy_[finding.second].block);
      return std::ranges::any_of(dead.blockers, [&](const Statement& other) {
        return std::minmax(block_of(policy_, dead.what), block_of(policy_, other)) == blocks;
      });
    });
  }

  Dead::Kind kind_of(const Dead& dead) const {
    const auto against = [&](const Statement& other) { return disagree(policy_, dead.what, other); };
    if (std::ranges::none_of(dead.blockers, against)) return Dead::Kind::Redundant;
    const auto* id = std::get_if<RuleId>(&dead.what);
    const auto denies_it_there = [&](const Statement& other) {
      const auto* rule = std::get_if<RuleId>(&other);
      return rule && policy_[*rule].verdict == Verdict::Deny && policy_[*rule].tier == policy_[*id].tier &&
             policy_[*rule].level == policy_[*id].level;
    };
    const bool overridden =
        id && policy_[*id].verdict == Verdict::Allow && std::ranges::all_of(dead.blockers, denies_it_there);
    return overridden ? Dead::Kind::Overridden : Dead::Kind::Shadowed;
  }

  // A flow that a dead statement decides would be our mistake.
  void check_replay(const Dead& dead) {
    const auto decided_by_it = [&](const std::optional<model::GateDecision>& gate) {
      if (!gate) return false;
      if (const auto* rule = std::get_if<RuleId>(&dead.what)) return gate->rule == *rule;
      return gate->isolation == std::get<IsolationId>(dead.what);
    };
    const model::Decision& decision = dead.example->decision;
    if (!decided_by_it(decision.egress) && !decided_by_it(decision.ingress)) return;
    report_.internal_errors.push_back(
        fmt::format("a statement that was found dead decides {}", describe(*dead.example)));
  }

  // Rules of the same tier that say the same take over whatever the rule decides.
  std::optional<Dead> superfluous(Statement statement) {
    const auto* id = std::get_if<RuleId>(&statement);
    if (!id) return {};
    const Rule& rule = policy_[*id];
    if (rule.verdict == Verdict::Pass || leaves_a_trace(rule)) return {};
    if (is_expected(policy_, {Dead::Kind::Redundant, statement})) return {};
    std::map<Direction, std::vector<Statement>> others;
    bool any_takes_over = false;
    for (const Direction direction : both_directions) {
      if (speaks(policy_, statement, direction)) others[direction] = same_of(*id, direction, any_takes_over);
    }
    if (!any_takes_over) return {};
    auto out = nowhere(statement, [&](Direction direction) -> AtGate {
      const std::vector<Region> regions = regions_at(statement, direction);
      if (regions.empty()) return {};
      return left_at(statement, direction, regions, others.at(direction), false, "-superfluous");
    });
    if (out) {
      out->kind = Dead::Kind::Redundant;
      out->decides = true;
    }
    return out;
  }

  // Of the rule's tier and in force as long as it is: what comes before it, and what decides as it does in its place.
  std::vector<Statement> same_of(RuleId id, Direction direction, bool& any_takes_over) const {
    const Rule& rule = policy_[id];
    const Precedence place = precedence(policy_, id);
    std::vector<Statement> out;
    for (const Statement& other : around(id, direction, Surroundings::Where::Anywhere)) {
      const auto* other_id = std::get_if<RuleId>(&other);
      if (!other_id || policy_[*other_id].tier != rule.tier) continue;
      const Rule& further = policy_[*other_id];
      const bool lasts = has_a_say_until(policy_, other, rule.expires);
      if (precedence(policy_, other) < place) {
        if (lasts) out.push_back(other);
      } else if (further.verdict != rule.verdict) {
        break;  // what stands behind it no longer decides in the rule's place
      } else if (lasts && !leaves_a_trace(further)) {
        out.push_back(other);
        any_takes_over = true;
      }
    }
    return out;
  }

  // What it decides shows otherwise than in the verdict.
  static bool leaves_a_trace(const Rule& rule) { return rule.log.has_value() || !rule.obligations.empty(); }

  const model::Policy& policy_;
  const Universe& universe_;
  const Slicer& slicer_;
  const Options& options_;
  Report& report_;
  Coverage coverage_;
  Remainders remainders_;
  Surroundings surroundings_;
  const model::Policy nobody_{};
  std::vector<bool> gone_;  // by place
  std::vector<Dead> found_;
  std::size_t told_ = 0;
  std::set<Statement> unlooked_;
};

}  // namespace

void find_dead(const model::Policy& policy, const Universe& universe, const Slicer& slicer, const Options& options,
               Report& report) {
  Scan(policy, universe, slicer, options, report).run();
}

}  // namespace weft::verifier
