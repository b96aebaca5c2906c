#include "frontend/ownership.h"

#include "base/text.h"
#include "frontend/diagnostics.h"

namespace weft::frontend {

using model::Implication;
using model::Selector;

void Ownership::check(const model::PolicyBlock& block, const ast::Selector& scope, const model::Rule& rule,
                      const ast::RuleStatement& statement) {
  using Gate = ast::RuleStatement::Gate;
  const auto outside = [&](bool speaks, const Selector& peers) {
    return speaks && inside(block, peers).answer != Implication::Answer::Yes;
  };
  const bool source = outside(rule.at_source, rule.source);
  const bool destination = outside(rule.at_destination, rule.destination);
  if (!source && !destination) return;

  const ast::Selector& written = source ? statement.edge.source : statement.edge.destination;
  Diagnostic& diagnostic =
      reporter_.report(foreign_gate, written.span, source ? "source" : "destination", printable(block.name));
  explain(diagnostic, scope, inside(block, source ? rule.source : rule.destination));
  if (source && destination) {
    diagnostic.label(statement.edge.destination.span, "nor is the destination inside");
    diagnostic.suggest("leave the rule to the policies of its two ends");
  } else if (statement.gate == Gate::Both) {
    const std::string_view other = source ? "at destination" : "at source";
    const Span place{written.span.source, statement.edge.source.span.begin, statement.edge.source.span.begin};
    diagnostic.fix(fmt::format("write its own gate only: `{}`", other), place, fmt::format("{} ", other),
                   Applicability::MaybeIncorrect);
  } else {
    narrow(diagnostic, block, source ? rule.source : rule.destination, scope, written);
  }
}

void Ownership::check(const model::PolicyBlock& block, const ast::Selector& scope, const Selector& subject,
                      const ast::Selector& written) {
  const Implication& answer = inside(block, subject);
  if (answer.answer == Implication::Answer::Yes) return;
  Diagnostic& diagnostic = reporter_.report(foreign_subject, written.span, printable(block.name));
  explain(diagnostic, scope, answer);
  narrow(diagnostic, block, subject, scope, written);
}

const Implication& Ownership::inside(const model::PolicyBlock& block, const Selector& peers) {
  if (scope_ != *block.scope) {
    scope_ = *block.scope;
    known_.clear();
  }
  const auto [at, fresh] = known_.try_emplace(to_string(peers));
  if (fresh) {
    const Selector with_gates = Selector::all_of({peers, Selector::negation(Selector::world())});
    at->second = model::implies(with_gates, *block.scope, policy_.schema);
  }
  return at->second;
}

void Ownership::explain(Diagnostic& diagnostic, const ast::Selector& scope, const Implication& answer) const {
  diagnostic.label(scope.span, "the policy is for these");
  if (answer.example) {
    diagnostic.note(fmt::format("outside is, for example, {}", to_string(*answer.example)));
  } else if (answer.answer == Implication::Answer::Unknown) {
    diagnostic.note("whether all of them are inside is too involved to decide");
  }
}

void Ownership::narrow(Diagnostic& diagnostic, const model::PolicyBlock& block, const Selector& peers,
                       const ast::Selector& scope, const ast::Selector& written) const {
  const Selector both = Selector::all_of({*block.scope, peers, Selector::negation(Selector::world())});
  if (model::satisfiable(both, policy_.schema).answer == model::Satisfiable::Answer::No) {
    diagnostic.suggest("none of these is among them: leave this to the policy of those it is about");
    return;
  }
  const auto wrapped = [](const ast::Selector& selector) {
    return !selector.parenthesized && std::holds_alternative<ast::AnyOf>(selector.node);
  };
  const std::string_view words = sources_.text(scope.span);
  const std::string front = wrapped(scope) ? fmt::format("({}) && ", words) : fmt::format("{} && ", words);
  const Span begin{written.span.source, written.span.begin, written.span.begin};
  const Span end{written.span.source, written.span.end, written.span.end};
  Fix fix{fmt::format("narrow it: `{}…`", printable(front)), {}, Applicability::MaybeIncorrect};
  fix.edits.push_back({begin, wrapped(written) ? front + "(" : front});
  if (wrapped(written)) fix.edits.push_back({end, ")"});
  diagnostic.fix(std::move(fix));
}

}  // namespace weft::frontend
