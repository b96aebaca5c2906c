#include <utility>

#include "base/text.h"
#include "frontend/ast_builder.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"

namespace weft::frontend {

std::vector<ast::Annotation> AstBuilder::annotations(const std::vector<Parser::AnnotationContext*>& notes) {
  using Kind = ast::Annotation::Value::Kind;
  std::vector<ast::Annotation> out;
  for (const auto* note : notes) {
    ast::Annotation annotation{name(note->called), {}, span(note)};
    for (const auto* written : note->values) {
      ast::Annotation::Value value{Kind::Word, name(written->start).text, span(written)};
      if (written->literal) {
        switch (written->literal->getType()) {
          case Parser::STRING:
            value = {Kind::Text, text_literal(written->literal).text, span(written)};
            break;
          case Parser::DATE:
            value.kind = Kind::Date;
            break;
          default:
            value.kind = Kind::Number;
            break;
        }
      }
      annotation.values.push_back(std::move(value));
    }
    out.push_back(std::move(annotation));
  }
  return out;
}

void AstBuilder::repeated(Span clause, const antlr4::Token* word) {
  diagnostics_.report(stated_twice, clause, fmt::format("`{}`", text(word)));
}

// ---- declarations

ast::Statement AstBuilder::statement(const Parser::OneStatementContext* context) {
  std::vector<ast::Annotation> notes = annotations(context->notes);
  ast::Statement out = declaration(context->meaning);
  if (auto* claim = std::get_if<ast::AssertionStatement>(&out)) {
    claim->annotations = std::move(notes);
  } else if (!notes.empty()) {
    diagnostics_.report(unfit_annotation, notes.front().span, notes.front().name.text, text(context->meaning->start))
        .suggest("annotations stand before rules, `isolate`, policies, claims, tests and templates");
  }
  return out;
}

ast::Statement AstBuilder::declaration(const Parser::DeclarationContext* context) {
  if (const auto* it = context->isProfile) return ast::ProfileStatement{name(it->called), span(it)};
  if (const auto* it = context->isLabel) return label(it);
  if (const auto* it = context->isGroup) return ast::GroupStatement{name(it->called), selector(it->meaning), span(it)};
  if (const auto* it = context->isNetwork) {
    return ast::NetworkStatement{name(it->called), networks(it->meaning->items, span(it->meaning)), span(it)};
  }
  if (const auto* it = context->isService) {
    return ast::ServiceStatement{name(it->called), services(it->meaning->items, span(it->meaning)), span(it)};
  }
  if (const auto* it = context->isTiers) {
    ast::TiersStatement tiers;
    for (const auto* each : it->names) tiers.names.push_back(name(each));
    tiers.span = span(it);
    return tiers;
  }
  if (const auto* it = context->isGuard) return guard(it);
  if (const auto* it = context->isUse) return use(it);
  if (const auto* it = context->isImport) return import(it);
  return assertion(context->isAssertion);
}

ast::LabelStatement AstBuilder::label(const Parser::LabelContext* context) {
  ast::LabelStatement out;
  out.span = span(context);
  for (const auto* each : context->keys) out.keys.push_back(key(each));
  if (!context->anyText) {
    out.values.emplace();
    for (const auto* value : context->values) out.values->push_back(text_literal(value));
  }
  return out;
}

ast::GuardStatement AstBuilder::guard(const Parser::GuardContext* context) {
  return {selector(context->nodes), span(context)};
}

ast::AssertionStatement AstBuilder::assertion(const Parser::AssertionContext* context) {
  ast::AssertionStatement out;
  out.never = context->claim->getType() == Parser::NEVER;
  const auto* meaning = context->meaning;
  out.edge.source = selector(meaning->from);
  out.edge.destination = selector(meaning->to);
  if (meaning->what) out.edge.services = services(meaning->what->items, span(meaning->what));
  out.chain = meaning->arrow->getType() == Parser::REACHES;
  out.arrow = span(meaning->arrow);
  for (const auto* clause : context->clauses) {
    if (clause->why) {
      if (out.edge.because) repeated(span(clause), clause->start);
      out.edge.because = text_value(clause->why);
    } else if (clause->relays) {
      if (out.avoiding) repeated(span(clause), clause->start);
      out.avoiding = selector(clause->relays);
    } else if (clause->isClosed) {
      if (out.in_inventory) {
        diagnostics_.report(stated_twice, span(clause), "`in inventory`");
      }
      out.in_inventory = span(clause);
    } else {
      if (!out.edge.relations.empty()) repeated(span(clause), clause->start);
      for (const auto* each : clause->relations) out.edge.relations.push_back(relation(each));
    }
  }
  out.span = span(context);
  return out;
}

// ---- policies

ast::PolicyStatement AstBuilder::policy_header(const Parser::OnePolicyHeaderContext* context) {
  const auto* header = context->header;
  ast::PolicyStatement out;
  out.annotations = annotations(context->notes);
  out.span = span(header);
  if (header->title) {
    ast::Text title = text_literal(header->title);
    out.name = {std::move(title.text), title.span};
    out.name_is_text = true;
  } else {
    out.name = name(header->called);
  }
  for (const auto* clause : header->clauses) {
    bool twice = false;
    if (clause->tier) {
      twice = out.tier.has_value();
      out.tier = name(clause->tier);
    } else if (clause->isOrdered) {
      twice = std::exchange(out.ordered, true);
    } else if (clause->isAudit) {
      twice = std::exchange(out.audit, true);
    } else if (clause->level) {
      twice = out.priority.has_value();
      out.priority = literal(clause->level);
      if (clause->minus) {
        out.priority->text.insert(0, "-");
        out.priority->span.begin = span(clause->minus).begin;
      }
    } else if (clause->scope) {
      twice = out.scope.has_value();
      out.scope = selector(clause->scope);
    } else {
      twice = out.owner.has_value();
      out.owner = text_value(clause->who);
    }
    if (twice) repeated(span(clause), clause->start);
  }
  return out;
}

ast::PolicyItem AstBuilder::policy_item(const Parser::OnePolicyItemContext* context) {
  const auto* item = context->item;
  std::vector<ast::Annotation> notes = annotations(context->notes);
  if (item->guardItem) {
    if (!notes.empty()) {
      diagnostics_.report(unfit_annotation, notes.front().span, notes.front().name.text, "guard")
          .suggest("annotations stand before rules, `isolate`, policies, claims, tests and templates");
    }
    return guard(item->guardItem);
  }
  const auto finish = [&](auto statement) -> ast::PolicyItem {
    statement.annotations = std::move(notes);
    statement.audit = item->isAudit != nullptr;
    statement.span = span(item);
    return statement;
  };
  if (item->isolationItem) return finish(isolation(item->isolationItem));
  return finish(rule(item->ruleItem));
}

ast::IsolateStatement AstBuilder::isolation(const Parser::IsolationContext* context) {
  using Side = ast::IsolateStatement::Side;
  ast::IsolateStatement out;
  out.subject = selector(context->subject);
  if (context->side) out.side = context->side->getType() == Parser::INGRESS ? Side::Ingress : Side::Egress;
  return out;
}

ast::RuleStatement AstBuilder::rule(const Parser::Rule_Context* context) {
  using Verdict = ast::RuleStatement::Verdict;
  using Gate = ast::RuleStatement::Gate;
  ast::RuleStatement out;
  switch (context->verdict->getType()) {
    case Parser::ALLOW:
      out.verdict = Verdict::Allow;
      break;
    case Parser::DENY:
      out.verdict = Verdict::Deny;
      break;
    default:
      out.verdict = Verdict::Pass;
      break;
  }
  if (context->tier) out.pass_to = name(context->tier);
  if (context->gate) out.gate = context->gate->getType() == Parser::SOURCE ? Gate::Source : Gate::Destination;
  out.edge = edge(context->meaning);
  for (const auto* clause : context->clauses) {
    bool twice = false;
    if (clause->why) {
      twice = out.edge.because.has_value();
      out.edge.because = text_value(clause->why);
    } else if (clause->wanted) {
      out.obligations.push_back(obligation(clause->wanted));
    } else if (clause->isLog) {
      twice = out.log.has_value();
      out.log = ast::Log{{}, span(clause)};
      if (clause->note) out.log->text = text_value(clause->note);
    } else if (clause->deadline) {
      twice = out.expires.has_value();
      out.expires = literal(clause->deadline);
    } else {
      twice = !out.edge.relations.empty();
      for (const auto* each : clause->relations) out.edge.relations.push_back(relation(each));
    }
    if (twice) repeated(span(clause), clause->start);
  }
  return out;
}

ast::Edge AstBuilder::edge(const Parser::EdgeContext* context) {
  ast::Edge out;
  out.source = selector(context->from);
  out.destination = selector(context->to);
  out.services = services(context->what->items, span(context->what));
  return out;
}

ast::Relation AstBuilder::relation(const Parser::RelationContext* context) const {
  return {relation_end(context->left), relation_end(context->right), context->op->getType() == Parser::EQUALS,
          span(context)};
}

ast::Relation::End AstBuilder::relation_end(const Parser::RelationEndContext* context) const {
  return {context->end->getType() == Parser::SOURCE, key(context->subject), span(context)};
}

ast::Obligation AstBuilder::obligation(const Parser::ObligationContext* context) {
  ast::Obligation out{name(context->kind), {}, span(context)};
  for (const auto* detail : context->details) out.details.push_back({name(detail->called), text_value(detail->value)});
  return out;
}

// ---- tests

ast::TestStatement AstBuilder::test_header(const Parser::OneTestHeaderContext* context) {
  ast::TestStatement out;
  out.annotations = annotations(context->notes);
  out.name = text_literal(context->header->title);
  out.span = span(context->header);
  return out;
}

ast::Expectation AstBuilder::expectation(const Parser::OneExpectationContext* context) {
  using Gate = ast::Expectation::Gate;
  const auto* item = context->item;
  ast::Expectation out;
  out.source = test_end(item->from);
  out.destination = test_end(item->to);
  out.services = services(item->what->items, span(item->what));
  out.allowed = item->verdict->getType() == Parser::ALLOW;
  for (const auto* clause : item->clauses) {
    if (clause->gate) {
      if (out.gate != Gate::Both) repeated(span(clause), clause->start);
      out.gate = clause->gate->getType() == Parser::SOURCE ? Gate::Source : Gate::Destination;
    } else {
      if (out.by) repeated(span(clause), clause->start);
      out.by = decider(clause->by);
    }
  }
  out.span = span(item);
  return out;
}

ast::TestEnd AstBuilder::test_end(const Parser::TestEndContext* context) {
  const Span whole = span(context);
  if (context->who) return {selector(context->who), whole};
  if (context->workload) return {ast::TestEnd::Workload{text_literal(context->workload)}, whole};
  if (context->address) return {ast::TestEnd::Address{literal(context->address)}, whole};
  ast::TestEnd::Imagined imagined;
  for (const auto* entry : context->imagined->entries) {
    imagined.labels.push_back({key(entry->subject), text_value(entry->value, "values")});
  }
  return {std::move(imagined), whole};
}

ast::Expectation::By AstBuilder::decider(const Parser::DeciderContext* context) {
  ast::Expectation::By out;
  if (context->title) {
    ast::Text title = text_literal(context->title);
    out.name = {std::move(title.text), title.span};
    out.name_is_text = true;
  } else {
    out.name = name(context->called);
  }
  if (context->ruleId) out.rule = name(context->ruleId);
  out.span = span(context);
  return out;
}

}  // namespace weft::frontend
