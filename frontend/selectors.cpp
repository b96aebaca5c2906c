#include "frontend/selectors.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "frontend/uses.h"

namespace weft::frontend {

using model::Selector;

namespace {

// Sets a variable and puts the old value back.
template <typename T>
class For {
 public:
  For(T& variable, T value) : variable_(variable), old_(std::exchange(variable, value)) {}
  ~For() { variable_ = old_; }
  For(const For&) = delete;
  For& operator=(const For&) = delete;

 private:
  T& variable_;
  T old_;
};

}  // namespace

model::Selector SelectorResolver::resolve(const ast::Selector& selector, RuleEnd& end, bool owned) {
  const For at(end_, &end);
  return resolve(selector, owned);
}

model::Selector SelectorResolver::resolve(const ast::Selector& selector, bool owned) {
  Part whole = part(selector);
  understood_ = whole.readable;
  if (!owned) warn_of(whole);
  spent_ += whole.comparisons;
  if (spent_ > Limits::all_comparisons) {
    if (!limit_reported_) {
      reporter_.report(too_involved, selector.span, "the rules make", Limits::all_comparisons)
          .suggest("name fewer alternatives in the groups they use");
    }
    limit_reported_ = true;
    return Selector::none();
  }
  return std::move(whole.meaning);
}

void SelectorResolver::warn_of(const Part& part) {
  for (const auto& [span, others] : part.bare) {
    const bool nodes = others == "workloads and the world";
    reporter_.report(bare_negation, span, others)
        .note("a comparison is false of whatever has no such label, so its negation is true of it")
        .fix(nodes ? "write `node && !…` if nodes are meant" : "write `workload && !…` if workloads are meant",
             {span.source, span.begin, span.begin}, nodes ? "node && " : "workload && ", Applicability::MaybeIncorrect);
  }
}

bool SelectorResolver::within_limits(std::size_t comparisons, std::size_t depth, Span span) {
  if (comparisons <= Limits::comparisons && depth <= Limits::nesting) return true;
  if (!limit_reported_) {
    if (depth > Limits::nesting) {
      reporter_.report(too_deep, span, Limits::nesting);
    } else {
      reporter_.report(too_involved, span, "this makes", Limits::comparisons);
    }
  }
  limit_reported_ = true;
  return false;
}

SelectorResolver::Part SelectorResolver::part(const ast::Selector& selector) {
  struct Visitor {
    SelectorResolver& self;
    Span span;
    Part operator()(const ast::Unreadable&) const { return self.unreadable(); }
    Part operator()(ast::Entity it) const { return self.entity(it); }
    Part operator()(const ast::Comparison& it) const { return self.comparison(it); }
    Part operator()(const ast::Has& it) const { return self.has(it); }
    Part operator()(const ast::Reference& it) const { return self.reference(it); }
    Part operator()(const ast::AddressTest& it) const { return self.addresses(it); }
    Part operator()(const ast::Not& it) const { return self.negation(it, span); }
    Part operator()(const ast::All& it) const { return self.combine(it.operands, true, span); }
    Part operator()(const ast::AnyOf& it) const { return self.combine(it.operands, false, span); }
  };
  return std::visit(Visitor{*this, selector.span}, selector.node);
}

SelectorResolver::Part SelectorResolver::entity(ast::Entity entity) {
  switch (entity) {
    case ast::Entity::Any:
      return {.meaning = Selector::any()};
    case ast::Entity::None:
      return {.meaning = Selector::none(), .confined = true};
    case ast::Entity::Workload:
      return {.meaning = Selector::workload(), .confined = true};
    case ast::Entity::Node:
      return {.meaning = Selector::node(), .confined = true};
    case ast::Entity::World:
      return {.meaning = Selector::world(), .confined = true};
    case ast::Entity::Apiserver:
      return {.meaning = {.kind = Selector::Kind::Apiserver}};
  }
  return unreadable();
}

SelectorResolver::Part SelectorResolver::comparison(const ast::Comparison& comparison) {
  using Operator = ast::Comparison::Operator;
  const auto key = declarations_.declared_key(comparison.key);
  if (!key) return unreadable();
  if (comparison.values.empty()) {
    const Span whole{comparison.key.span.source, comparison.key.span.begin, comparison.values_span.end};
    const std::string has = fmt::format("has {}", comparison.key.text);
    const bool in = comparison.op == Operator::In;
    reporter_.report(empty_set, comparison.values_span)
        .fix(in ? "write `none` for no peer at all" : fmt::format("write `{}` for every value", has), whole,
             in ? "none" : has, Applicability::MaybeIncorrect);
    return unreadable();
  }
  for (const ast::Text& value : comparison.values) check_value(*key, value, comparison.op == Operator::Like);

  std::vector<std::string> values;
  for (const ast::Text& value : comparison.values) values.push_back(value.text);
  switch (comparison.op) {
    case Operator::Equals:
    case Operator::In:
      return {.meaning = Selector::one_of(*key, std::move(values)), .confined = true};
    case Operator::Like:
      return {.meaning = Selector::glob(*key, std::move(values.front())), .confined = true};
    case Operator::Differs:
    case Operator::NotIn:
      break;
  }
  // A comparison with an absent key is false, and that includes `!=`: another value, but a value.
  return {
      .meaning = Selector::all_of({Selector::has(*key), Selector::negation(Selector::one_of(*key, std::move(values)))}),
      .comparisons = 2,
      .depth = 3,
      .confined = true};
}

void SelectorResolver::check_value(const model::LabelKey& key, const ast::Text& value, bool pattern) {
  const auto found = declarations_.schema.find(key);
  if (found == declarations_.schema.end() || !found->second.values) return;
  const std::vector<std::string>& domain = *found->second.values;
  if (value.parameter) return;  // any, in a template that is tried out
  const bool possible =
      pattern ? std::ranges::any_of(domain, [&](const auto& each) { return model::glob_matches(value.text, each); })
              : std::ranges::find(domain, value.text) != domain.end();
  // A value that is missing from the declaration is one mistake, however often it is used.
  if (possible || declarations_.labels_lost() || !unknown_values_.emplace(key, value.text).second) return;
  report_unknown_value(value, pattern, key, found->second);
}

namespace {

std::string shown(std::string_view value) { return fmt::format("\"{}\"", printable(value)); }

}  // namespace

void SelectorResolver::report_unknown_value(const ast::Text& value, bool pattern, const model::LabelKey& key,
                                            const model::KeyDomain& domain) {
  Diagnostic& diagnostic = reporter_.report(pattern ? unmatched_pattern : unknown_value, value.span,
                                            marked(to_string(key)), printable(value.text));
  diagnostic.label(domain.span, "its values are declared here");
  const std::string near = nearest(value.text, *domain.values);
  std::vector<Span> again;
  std::vector<std::string> strangers;  // other values that are not declared either, and are like none that is
  for (const KeyUse& use : uses_of(key, declarations_.files())) {
    for (const ast::Text* each : use.values) {
      if (each->parameter || use.pattern != pattern) continue;
      if (each->text == value.text && each->span != value.span) again.push_back(each->span);
      const bool stranger = each->text != value.text &&
                            std::ranges::find(*domain.values, each->text) == domain.values->end() &&
                            nearest(each->text, *domain.values).empty();
      if (stranger && std::ranges::find(strangers, each->text) == strangers.end()) strangers.push_back(each->text);
    }
  }
  if (!again.empty()) {
    diagnostic.note(fmt::format("{} more {} of it", again.size(), again.size() == 1 ? "use" : "uses"));
  }
  if (!near.empty()) {
    Fix fix{
        fmt::format("did you mean {}?", shown(near)), {{value.span, in_quotes(near)}}, Applicability::MaybeIncorrect};
    for (const Span& each : again) {
      if (each.source == value.span.source) fix.edits.push_back({each, in_quotes(near)});
    }
    diagnostic.fix(std::move(fix));
  }
  if (!near.empty() || pattern) return;
  // Where none of several values is like those declared, it is the declaration that lacks them.
  std::string missing = " | " + in_quotes(value.text);
  for (const std::string& each : strangers) {
    unknown_values_.emplace(key, each);
    missing += " | " + in_quotes(each);
  }
  if (!strangers.empty()) {
    std::vector<std::string> names;
    for (const std::string& each : strangers) names.push_back(shown(each));
    diagnostic.note(fmt::format("nor is it ever {}", fmt::join(names, ", ")));
  }
  const ast::LabelStatement* declaration = declaration_at(domain.span, declarations_.files());
  if (!declaration || !declaration->values || declaration->span.source != value.span.source) return;
  const Span end{declaration->span.source, declaration->values->back().span.end, declaration->values->back().span.end};
  diagnostic.fix(strangers.empty() ? "declare it with the others" : "declare them with the others", end, missing,
                 Applicability::MaybeIncorrect);
}

SelectorResolver::Part SelectorResolver::has(const ast::Has& has) {
  const auto key = declarations_.declared_key(has.key);
  if (!key) return unreadable();
  return {.meaning = Selector::has(*key), .confined = true};
}

SelectorResolver::Part SelectorResolver::peer_node(const ast::Name& name, model::PeerNode asked) {
  const bool in_place = end_ && end_->role == RuleEnd::Role::Peer && within_ == Within::Conjunction;
  if (!in_place || (end_->peer_node != model::PeerNode::Any && end_->peer_node != asked)) {
    report_misplaced(name, asked);
    return unreadable();
  }
  end_->peer_node = asked;
  return {.meaning = Selector::node(), .confined = true};
}

void SelectorResolver::report_misplaced(const ast::Name& name, model::PeerNode asked) {
  const auto report = [&](std::string_view why) -> Diagnostic& {
    return reporter_.report(misplaced_peer_node, name.span, name.text, why);
  };
  if (within_ == Within::Group || !end_) {
    report(within_ == Within::Group ? "a group has none" : "there is none here")
        .suggest(fmt::format("it can be the peer in a rule of one gate: `allow at destination {} -> …` or `allow at "
                             "source … -> {}`",
                             name.text, name.text));
  } else if (end_->role == RuleEnd::Role::Both) {
    report("this rule speaks at two gates")
        .fix(fmt::format("write the gate of the other end only: `{}`", end_->own_gate), end_->edge,
             fmt::format("{} ", end_->own_gate), Applicability::MaybeIncorrect);
  } else if (end_->role == RuleEnd::Role::Subject) {
    report("here stands the subject itself")
        .suggest("it can be the other end of this rule, or the rule one `at` the other end");
  } else if (within_ == Within::Alternative) {
    report("it cannot be one of several")
        .suggest(fmt::format("write a rule for `{}` and another one for the rest", name.text));
  } else if (within_ == Within::Negation) {
    report("it cannot be negated")
        .suggest(asked == model::PeerNode::Own ? "`remote_node` selects the nodes that are not the subject's own"
                                               : "`host` selects the node the subject runs on");
  } else {
    report("no node is both `host` and `remote_node`").suggest("leave one of them out");
  }
}

SelectorResolver::Part SelectorResolver::reference(const ast::Reference& reference) {
  if (const auto asked = peer_node_of(reference.name)) return peer_node(reference.name, *asked);
  if (const auto group = declarations_.groups.find(reference.name.key()); group != declarations_.groups.end()) {
    const Declarations::Group& known = define(reference.name, group->second);
    return {.meaning = known.meaning,
            .comparisons = known.comparisons,
            .depth = known.depth,
            .readable = known.readable,
            .confined = known.confined};
  }
  if (declarations_.networks.contains(reference.name.key())) {
    const auto addresses = networks_.named(reference.name);
    if (!addresses) return unreadable();
    return {.meaning = Selector::world_address(*addresses), .depth = 2, .confined = true};
  }
  declarations_.unknown_selector(reference.name);
  return unreadable();
}

const Declarations::Group& SelectorResolver::define(const ast::Name& name, Declarations::Group& group) {
  if (group.progress == Progress::Done) return group;
  static const Declarations::Group unknown{
      .statement = nullptr, .progress = Progress::Done, .meaning = {}, .readable = false, .confined = true};
  if (group.progress == Progress::Open) {
    reporter_.report(circular, name.span, "group", printable(name.text))
        .label(group.statement->name.span, "it is defined here");
    return unknown;
  }
  if (!within_limits(0, depth_, name.span)) return unknown;
  const Reporter::Within within(reporter_, group.statement->expansion);

  group.progress = Progress::Open;
  ++depth_;
  Part meaning;
  {
    const For within_group(within_, Within::Group);
    meaning = part(group.statement->selector);
  }
  --depth_;
  warn_of(meaning);
  group.progress = Progress::Done;
  group.comparisons = meaning.comparisons;
  group.depth = meaning.depth;
  group.readable = meaning.readable;
  group.confined = meaning.confined;
  group.meaning = std::move(meaning.meaning);
  return group;
}

SelectorResolver::Part SelectorResolver::addresses(const ast::AddressTest& test) {
  const auto addresses = networks_.resolve(test.networks);
  if (!addresses) return unreadable();
  if (test.world_only) return {.meaning = Selector::world_address(*addresses), .depth = 2, .confined = true};
  return {.meaning = Selector::address(*addresses)};
}

namespace {

// Which labels a selector looks at: those of workloads, those of nodes.
struct Labels {
  bool workloads = false;
  bool nodes = false;
};

Labels labels_in(const Selector& selector) {
  using Kind = Selector::Kind;
  if (selector.kind == Kind::OneOf || selector.kind == Kind::Has || selector.kind == Kind::Glob) {
    const bool node = selector.key.scope == model::KeyScope::Node;
    return {!node, node};
  }
  Labels out;
  for (const Selector& operand : selector.operands) {
    const Labels inner = labels_in(operand);
    out.workloads = out.workloads || inner.workloads;
    out.nodes = out.nodes || inner.nodes;
  }
  return out;
}

}  // namespace

SelectorResolver::Part SelectorResolver::negation(const ast::Not& negation, Span span) {
  const For inside(within_, within_ == Within::Group ? Within::Group : Within::Negation);
  Part inner = part(negation.operand.front());
  if (!within_limits(inner.comparisons, inner.depth + 1, span)) return unreadable();
  Part out{.meaning = Selector::none(),
           .comparisons = inner.comparisons,
           .depth = inner.depth + 1,
           .readable = inner.readable};
  if (!inner.readable) {
    out.confined = true;
  } else if (inner.meaning.kind == Selector::Kind::Not) {
    out.confined = !inner.bare.empty();  // the negation of what matched too much
  } else if (const Labels labels = labels_in(inner.meaning); labels.workloads || labels.nodes) {
    out.bare.emplace_back(span, labels.nodes && labels.workloads ? "the world"
                                : labels.nodes                   ? "workloads and the world"
                                                                 : "nodes and the world");
  }
  out.meaning = Selector::negation(std::move(inner.meaning));
  return out;
}

SelectorResolver::Part SelectorResolver::combine(const std::vector<ast::Selector>& operands, bool all, Span span) {
  Part out{.meaning = Selector::none(), .comparisons = 0, .confined = !all};
  const For inside(within_, all || within_ == Within::Group ? within_ : Within::Alternative);
  std::vector<Selector> meanings;
  meanings.reserve(operands.size());
  for (const ast::Selector& operand : operands) {
    Part each = part(operand);
    out.comparisons += each.comparisons;
    out.depth = std::max(out.depth, each.depth + 1);
    if (!within_limits(out.comparisons, out.depth, span)) return unreadable();
    out.readable = out.readable && each.readable;
    out.confined = all ? out.confined || each.confined : out.confined && each.confined;
    out.bare.insert(out.bare.end(), each.bare.begin(), each.bare.end());
    meanings.push_back(std::move(each.meaning));
  }
  if (all && out.confined) out.bare.clear();
  out.meaning = all ? Selector::all_of(std::move(meanings)) : Selector::any_of(std::move(meanings));
  return out;
}

}  // namespace weft::frontend
