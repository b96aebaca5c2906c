#include "verifier/coverage.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "verifier/dump.h"
#include "verifier/gate.h"
#include "verifier/minimal_core.h"
#include "verifier/query.h"

namespace weft::verifier {

using model::Direction;
using model::IsolationId;
using model::RuleId;

struct Coverage::Engine {
  Engine(const model::Policy& policy, const Universe& universe, const Options& options)
      : query(context, policy, universe) {
    query.limit(options.rlimit);
  }

  z3::context context;
  Query query;
};

Coverage::Coverage(const model::Policy& policy, const Universe& universe, const Options& options)
    : policy_(policy), universe_(universe), options_(options) {}

Coverage::~Coverage() = default;

namespace {

// So many statements are tried one by one; of more the solver is asked first which it needs.
constexpr std::size_t max_from_all = 100;

class Poser {
 public:
  Poser(Query& query, const model::Policy& policy, const CoverageQuestion& question)
      : query_(query),
        policy_(policy),
        question_(question),
        subject_(question.direction == Direction::Egress ? Side::Source : Side::Destination) {}

  // Names come into being before anything that is taken back.
  void mention() {
    literal(question_.target);
    query_.gated(subject_);
    for (const Statement& other : question_.others) literal(other);
  }

  Assumptions by_match() {
    Assumptions out{{literal(question_.target), query_.gated(subject_)}, {}};
    for (const Statement& other : question_.others) out.others.push_back(!literal(other));
    return out;
  }

  Assumptions by_walk() {
    Assumptions out{{literal(question_.target), query_.gated(subject_)}, {}};
    Slice slice;
    const Precedence target = precedence(policy_, question_.target);
    const bool egress = question_.direction == Direction::Egress;
    for (const Statement& other : question_.others) {
      out.others.push_back(present(other));
      if (const auto* rule = std::get_if<RuleId>(&other)) {
        (egress ? slice.egress : slice.ingress).push_back(*rule);
      } else if (precedence(policy_, other).tier == target.tier) {
        query_.require(!present(other) || !literal(other));  // an earlier isolation of the target's own tier
      } else {
        (egress ? slice.isolated_sources : slice.isolated_destinations).push_back(std::get<IsolationId>(other));
      }
    }
    query_.require(walk_reaches(query_, policy_, slice, question_.direction, target.tier,
                                [&](Statement statement) { return present(statement); }));
    return out;
  }

 private:
  z3::expr literal(Statement statement) {
    if (const auto* rule = std::get_if<RuleId>(&statement)) return query_.matches(*rule);
    return query_.matches(subject_, std::get<IsolationId>(statement));
  }

  z3::expr present(Statement statement) {
    const bool rule = std::holds_alternative<RuleId>(statement);
    const auto number = std::visit([](auto id) { return static_cast<std::uint32_t>(id); }, statement);
    return query_.condition(fmt::format("present.{}.{}", rule ? "rule" : "isolation", number));
  }

  Query& query_;
  const model::Policy& policy_;
  const CoverageQuestion& question_;
  Side subject_;
};

// A key with classes that nobody knows: a "no" cannot be believed then.
std::optional<std::string> inexact_key(const Universe& universe, const model::Selector& selector) {
  using Kind = model::Selector::Kind;
  if (selector.kind == Kind::OneOf || selector.kind == Kind::Has || selector.kind == Kind::Glob) {
    if (!universe.keys()[universe.key(selector.key)].exact) return model::to_string(selector.key);
  }
  for (const model::Selector& operand : selector.operands) {
    if (auto key = inexact_key(universe, operand)) return key;
  }
  return {};
}

std::optional<std::string> inexact_key(const Universe& universe, const model::Policy& policy, Statement statement) {
  if (const auto* isolation = std::get_if<IsolationId>(&statement)) {
    return inexact_key(universe, policy[*isolation].subject);
  }
  const model::Rule& rule = policy[std::get<RuleId>(statement)];
  for (const model::Selector* end : {&rule.source, &rule.destination}) {
    if (auto key = inexact_key(universe, *end)) return key;
  }
  for (const model::Relation& relation : rule.relations) {
    for (const model::LabelKey* key : {&relation.source, &relation.destination}) {
      if (!universe.keys()[universe.key(*key)].exact) return model::to_string(*key);
    }
  }
  return {};
}

}  // namespace

CoverageAnswer Coverage::ask(const CoverageQuestion& question) {
  CoverageAnswer out;
  if (cancelled(options_.cancellation)) {
    out.why = "the check was cancelled";
    return out;
  }
  ++questions_;
  try {
    auto& engine = question.direction == Direction::Egress ? egress_ : ingress_;
    if (!engine) engine = std::make_unique<Engine>(policy_, universe_, options_);
    const Cancellation::Work work(options_.cancellation, [&] { engine->context.interrupt(); });
    Query& query = engine->query;
    Poser poser(query, policy_, question);
    poser.mention();
    if (question.by_walk) query.solver.push();
    const Assumptions posed = question.by_walk ? poser.by_walk() : poser.by_match();
    MinimalCore solver(query, posed);
    const z3::check_result result = solver.check_all();
    if (options_.dump_smt) dump(question, static_cast<int>(result));
    switch (result) {
      case z3::sat:
        out.kind = CoverageAnswer::Kind::Left;
        out.flow = query.valuation(query.solver.get_model());
        break;
      case z3::unknown:
        out.why = fmt::format("the solver gave up within its limit of {} units ({})", options_.rlimit,
                              query.solver.reason_unknown());
        break;
      case z3::unsat: {
        out.kind = CoverageAnswer::Kind::Nothing;
        // What a pass leads around decides nothing, though it would without the pass, and what stands behind others may
        // decide nothing either: begin with all there is.
        std::vector<std::size_t> enough = solver.core();
        if (question.others.size() <= max_from_all) {
          enough.resize(question.others.size());
          std::iota(enough.begin(), enough.end(), std::size_t{0});
        }
        for (const std::size_t i : solver.minimal(std::move(enough))) out.cover.push_back(question.others[i]);
        std::vector<Statement> needed = question.by_walk ? question.others : out.cover;
        needed.push_back(question.target);
        for (const Statement& each : needed) {
          const auto key = inexact_key(universe_, policy_, each);
          if (!key) continue;
          out = {};
          out.why = fmt::format("the patterns on `{}` combine in more ways than can be told apart", *key);
          break;
        }
        break;
      }
    }
    if (question.by_walk) query.solver.pop();
  } catch (const z3::exception& error) {
    egress_.reset();  // what it has half understood may be wrong
    ingress_.reset();
    out = {};
    out.why = error.msg();
  }
  return out;
}

void Coverage::dump(const CoverageQuestion& question, int answer) const {
  z3::context context;
  Query query(context, policy_, universe_);
  Poser poser(query, policy_, question);
  const Assumptions posed = question.by_walk ? poser.by_walk() : poser.by_match();
  for (const auto* literals : {&posed.fixed, &posed.others}) {
    for (const z3::expr& literal : *literals) query.require(literal);
  }
  write_smt(*options_.dump_smt, question.name, "the statement has a say, and the model is a flow that shows it",
            smt_of(query.solver), static_cast<z3::check_result>(answer));
}

}  // namespace weft::verifier
