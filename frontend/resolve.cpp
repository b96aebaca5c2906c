#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "frontend/clauses.h"
#include "frontend/declarations.h"
#include "frontend/diagnostics.h"
#include "frontend/expectations.h"
#include "frontend/frontend.h"
#include "frontend/networks.h"
#include "frontend/ownership.h"
#include "frontend/selectors.h"
#include "frontend/services.h"

namespace weft::frontend {
namespace {

class Resolver {
 public:
  Resolver(const Sources& sources, std::span<const ast::File> files, Diagnostics& diagnostics,
           const ReadOptions& options)
      : files_(files),
        reporter_(diagnostics),
        declarations_(files, reporter_),
        networks_(declarations_, reporter_),
        services_(declarations_, reporter_),
        selectors_(declarations_, networks_, reporter_),
        clauses_(declarations_, reporter_, options.now),
        ownership_(sources, policy_, reporter_) {
    policy_.profile = options.profile;
  }

  model::Policy resolve() {
    const std::size_t errors = reporter_.errors();
    choose_profile();
    policy_.schema = declarations_.schema;
    policy_.tiers = declarations_.tiers;
    // Templates are tried out first: what is wrong with them whatever their arguments are is told without a use.
    const model::Policy bare = policy_;
    for (const bool trial : {true, false}) {
      for (const ast::File& file : files_) {
        if (file.trial == trial) define_names(file);
      }
      for (const ast::File& file : files_) {
        if (file.trial == trial) add(file);
      }
      for (const ast::File& file : files_) {
        if (file.trial == trial) add_tests(file);
      }
      if (trial) policy_ = bare;
    }
    if (errors == 0 && reporter_.errors() == 0) warn_of_what_has_no_effect();
    return std::move(policy_);
  }

 private:
  void choose_profile() {
    const ast::ProfileStatement* chosen = nullptr;
    const ast::File* chosen_in = nullptr;
    for (const ast::File& file : files_) {
      for (const ast::Statement& statement : file.statements) {
        const auto* it = std::get_if<ast::ProfileStatement>(&statement);
        if (!it) continue;
        const model::Profile* profile = model::find_profile(it->name.text);
        if (!profile) {
          report_unknown_profile(it->name);
        } else if (!chosen) {
          policy_.profile = *profile;
          policy_.profile_stated = it->span;
          chosen = it;
          chosen_in = &file;
        } else if (chosen_in == &file || chosen->name.text != it->name.text) {
          // Each file may say the profile it is written for, if they agree.
          Diagnostic& diagnostic = reporter_.report(stated_twice, it->span, "the profile");
          diagnostic.label(chosen->span, "it is stated here already");
          if (chosen->name.text == it->name.text) diagnostic.fix("leave this one out", it->span, "");
        }
      }
    }
  }

  void report_unknown_profile(const ast::Name& name) {
    std::vector<std::string> known;
    for (const model::Profile& profile : model::profiles()) known.push_back(profile.name);
    Diagnostic& diagnostic = reporter_.report(unknown_profile, name.span, printable(name.text));
    const std::string near = nearest(name.text, known);
    if (near.empty()) {
      diagnostic.suggest(fmt::format("the profiles are {}", fmt::join(known, ", ")));
    } else {
      did_you_mean(diagnostic, name.span, near);
    }
  }

  void add(const ast::File& file) {
    std::map<std::string, Span, std::less<>> policies;
    for (const ast::Statement& statement : file.statements) {
      const Reporter::Within within(reporter_, expansion_of(statement));
      if (const auto* it = std::get_if<ast::PolicyStatement>(&statement)) add(*it, policies);
      if (const auto* it = std::get_if<ast::GuardStatement>(&statement)) add(*it);
      if (const auto* it = std::get_if<ast::AssertionStatement>(&statement)) add(*it);
    }
  }

  // The `use` whose expansion is looked at.
  std::optional<Span> used_at() const {
    return reporter_.expansion() ? std::optional(reporter_.expansion()->at) : std::nullopt;
  }

  // What people read for a name: those of an expansion are called like its policies.
  std::string shown(const ast::Name& name) const {
    const std::size_t place = name.local.rfind('\n');
    return place == std::string::npos ? name.text : fmt::format("{}/{}", name.local.substr(place + 1), name.text);
  }

  // Every name is worked out, used or not: its mistakes are mistakes.
  void define_names(const ast::File& file) {
    for (const ast::Statement& statement : file.statements) {
      const Reporter::Within within(reporter_, expansion_of(statement));
      if (const auto* it = std::get_if<ast::GroupStatement>(&statement)) define(*it);
      if (const auto* it = std::get_if<ast::NetworkStatement>(&statement)) define(*it);
      if (const auto* it = std::get_if<ast::ServiceStatement>(&statement)) {
        const auto found = declarations_.services.find(it->name.key());
        if (found != declarations_.services.end() && found->second.statement == it) services_.named(it->name);
      }
    }
  }

  void define(const ast::GroupStatement& statement) {
    const auto found = declarations_.groups.find(statement.name.key());
    if (found == declarations_.groups.end() || found->second.statement != &statement) return;
    const Declarations::Group& group = selectors_.define(statement.name, found->second);
    policy_.groups.push_back({shown(statement.name), group.meaning, statement.name.span});
  }

  void define(const ast::NetworkStatement& statement) {
    const auto found = declarations_.networks.find(statement.name.key());
    if (found == declarations_.networks.end() || found->second.statement != &statement) return;
    if (const auto addresses = networks_.named(statement.name)) {
      policy_.groups.push_back(
          {shown(statement.name), model::Selector::world_address(*addresses), statement.name.span});
    }
  }

  // ---- policies

  void add(const ast::PolicyStatement& statement, std::map<std::string, Span, std::less<>>& policies) {
    if (!statement.unreadable_header) {
      const auto [first, fresh] = policies.emplace(statement.name.text, statement.name.span);
      if (!fresh) {
        reporter_.report(declared_twice, statement.name.span, "policy", marked(statement.name.text))
            .label(first->second, "it is declared here already");
      }
    }
    model::PolicyBlock block;
    block.name = statement.name.text;
    block.span = statement.name.span;
    block.tier = tier_of(statement);
    block.ordered = statement.ordered;
    if (statement.scope) {
      model::Selector scope = selectors_.resolve(*statement.scope);
      if (selectors_.understood()) block.scope = std::move(scope);
    }
    block.annotations = clauses_.annotations(statement.annotations, ClauseResolver::Subject::Policy);
    block.owner = statement.owner ? statement.owner->text : "";
    if (statement.priority) {
      block.priority = priority(*statement.priority);
      block.priority_stated = true;
    }
    const model::BlockId id{static_cast<std::uint32_t>(policy_.blocks.size())};
    policy_.blocks.push_back(block);

    std::uint32_t index = 0;
    std::map<std::string, Span, std::less<>> ids;
    for (const ast::PolicyItem& item : statement.items) {
      if (const auto* it = std::get_if<ast::RuleStatement>(&item)) {
        if (block.ordered) ++index;
        add(*it, statement, id, {block.priority, index});
        check_id(*it, ids);
      } else if (const auto* isolation = std::get_if<ast::IsolateStatement>(&item)) {
        add(*isolation, statement, id);
      } else {
        const auto& guard = std::get<ast::GuardStatement>(item);
        add(guard);
        if (block.scope) ownership_.check(block, *statement.scope, policy_.guards.back().nodes, guard.nodes);
      }
    }
  }

  void check_id(const ast::RuleStatement& statement, std::map<std::string, Span, std::less<>>& ids) {
    const auto* id = ClauseResolver::id(statement.annotations);
    if (!id) return;
    const auto [first, fresh] = ids.emplace(id->text, id->span);
    if (fresh) return;
    reporter_.report(declared_twice, id->span, "rule", marked(id->text))
        .label(first->second, "it is declared here already");
  }

  model::TierId tier_of(const ast::PolicyStatement& statement) {
    if (statement.tier) return declarations_.tier(*statement.tier).value_or(model::TierId{});
    if (declarations_.tiers.size() > 1 && !statement.unreadable_header && !declarations_.tiers_lost()) {
      std::vector<std::string> names;
      for (const model::Tier& tier : declarations_.tiers) names.push_back(fmt::format("`{}`", tier.name));
      reporter_.report(tier_needed, statement.name.span, printable(statement.name.text))
          .suggest(fmt::format("write `in TIER` after its name; the tiers are {}", fmt::join(names, ", ")));
    }
    return {};
  }

  std::int64_t priority(const ast::Literal& literal) {
    std::int64_t value = 0;
    const char* end = literal.text.data() + literal.text.size();
    if (std::from_chars(literal.text.data(), end, value).ec != std::errc{}) {
      reporter_.report(bad_priority, literal.span, printable(literal.text.substr(0, 40)));
      return 0;
    }
    return value;
  }

  void add(const ast::RuleStatement& statement, const ast::PolicyStatement& policy, model::BlockId id,
           model::Level level) {
    const model::PolicyBlock& block = policy_[id];
    model::Rule rule;
    switch (statement.verdict) {
      case ast::RuleStatement::Verdict::Allow:
        rule.verdict = model::Verdict::Allow;
        break;
      case ast::RuleStatement::Verdict::Deny:
        rule.verdict = model::Verdict::Deny;
        break;
      case ast::RuleStatement::Verdict::Pass:
        rule.verdict = model::Verdict::Pass;
        break;
    }
    rule.at_source = statement.gate != ast::RuleStatement::Gate::Destination;
    rule.at_destination = statement.gate != ast::RuleStatement::Gate::Source;
    resolve_ends(statement, rule, block.scope.has_value());
    rule.ports = services_.resolve(statement.edge.services).value_or(model::PortSet{});
    rule.because = statement.edge.because ? statement.edge.because->text : "";
    rule.relations = clauses_.relations(statement.edge.relations);
    rule.audit = statement.audit || policy.audit;
    if (statement.log) rule.log = statement.log->text ? statement.log->text->text : "";
    if (statement.expires) rule.expires = clauses_.deadline(*statement.expires);
    rule.obligations = clauses_.obligations(statement.obligations);
    rule.annotations = clauses_.annotations(statement.annotations, ClauseResolver::Subject::Rule);
    if (const auto* name = ClauseResolver::id(statement.annotations)) rule.id = name->text;
    rule.tier = block.tier;
    rule.level = level;
    rule.block = id;
    rule.span = statement.span;
    rule.used_at = used_at();
    if (statement.pass_to) rule.pass_to = pass_target(*statement.pass_to, block.tier);
    if (block.scope) ownership_.check(block, *policy.scope, rule, statement);
    policy_.rules.push_back(std::move(rule));
  }

  void resolve_ends(const ast::RuleStatement& statement, model::Rule& rule, bool owned) {
    using Role = RuleEnd::Role;
    const ast::Selector& source = statement.edge.source;
    const Span edge{source.span.source, source.span.begin, source.span.begin};
    const bool both = rule.at_source && rule.at_destination;
    // The peer of the source is the destination.
    RuleEnd first{both ? Role::Both : rule.at_destination ? Role::Peer : Role::Subject, edge, "at destination"};
    RuleEnd second{both ? Role::Both : rule.at_source ? Role::Peer : Role::Subject, edge, "at source"};
    rule.source = selectors_.resolve(source, first, owned && rule.at_source);
    rule.destination = selectors_.resolve(statement.edge.destination, second, owned && rule.at_destination);
    rule.peer_node = first.peer_node != model::PeerNode::Any ? first.peer_node : second.peer_node;
  }

  std::optional<model::TierId> pass_target(const ast::Name& name, model::TierId from) {
    const auto target = declarations_.tier(name);
    if (!target || *target > from) return target;
    const auto at = static_cast<std::size_t>(from);
    Diagnostic& diagnostic =
        reporter_.report(pass_backwards, name.span, printable(name.text), declarations_.tiers[at].name);
    std::vector<std::string> later;
    for (std::size_t i = at + 1; i < declarations_.tiers.size(); ++i)
      later.push_back(marked(declarations_.tiers[i].name));
    if (later.empty()) {
      diagnostic.suggest("there is no later tier; `pass` alone goes on to what the profile says");
    } else {
      const std::string title =
          later.size() == 1
              ? fmt::format("the later tier is {}; `pass` alone goes there", later.front())
              : fmt::format("the later tiers are {}; `pass` alone goes to the next", fmt::join(later, ", "));
      diagnostic.fix(title, name.span, spelled(declarations_.tiers[at + 1].name), Applicability::MaybeIncorrect);
    }
    return {};
  }

  void add(const ast::IsolateStatement& statement, const ast::PolicyStatement& policy, model::BlockId id) {
    const model::PolicyBlock& block = policy_[id];
    model::Isolation isolation;
    isolation.subject = selectors_.resolve(statement.subject, block.scope.has_value());
    isolation.egress = statement.side != ast::IsolateStatement::Side::Ingress;
    isolation.ingress = statement.side != ast::IsolateStatement::Side::Egress;
    isolation.audit = statement.audit || policy.audit;
    isolation.annotations = clauses_.annotations(statement.annotations, ClauseResolver::Subject::Isolation);
    isolation.tier = block.tier;
    isolation.block = id;
    isolation.span = statement.span;
    isolation.used_at = used_at();
    if (block.scope) ownership_.check(block, *policy.scope, isolation.subject, statement.subject);
    policy_.isolations.push_back(std::move(isolation));
  }

  void add(const ast::GuardStatement& statement) {
    policy_.guards.push_back({selectors_.resolve(statement.nodes), statement.span});
  }

  void add(const ast::AssertionStatement& statement) {
    model::Assertion assertion;
    assertion.kind = statement.never ? model::Assertion::Kind::Never : model::Assertion::Kind::Always;
    assertion.source = selectors_.resolve(statement.edge.source);
    assertion.destination = selectors_.resolve(statement.edge.destination);
    if (statement.chain && statement.edge.services.items.empty()) {
      assertion.ports.points = model::PointSet::any();
    } else {
      assertion.ports = services_.resolve(statement.edge.services).value_or(model::PortSet{});
    }
    assertion.chain = statement.chain;
    if (statement.avoiding) assertion.avoiding = selectors_.resolve(*statement.avoiding);
    assertion.in_inventory = statement.in_inventory.has_value();
    check_chain(statement);
    assertion.because = statement.edge.because ? statement.edge.because->text : "";
    assertion.relations = clauses_.relations(statement.edge.relations);
    assertion.annotations = clauses_.annotations(statement.annotations, ClauseResolver::Subject::Claim);
    assertion.span = statement.span;
    assertion.used_at = used_at();
    policy_.assertions.push_back(std::move(assertion));
  }

  // What is said of chains of hops, and of nothing else.
  void check_chain(const ast::AssertionStatement& statement) {
    if (!statement.chain) {
      if (statement.avoiding) {
        reporter_.report(hops_only, statement.avoiding->span)
            .label(statement.arrow, "a single hop, with nobody between its ends")
            .fix("`~>` speaks of chains of hops", statement.arrow, "~>", Applicability::MaybeIncorrect);
      }
      return;
    }
    if (!statement.edge.relations.empty()) {
      const Span relations{statement.edge.relations.front().span.source, statement.edge.relations.front().span.begin,
                           statement.edge.relations.back().span.end};
      reporter_.report(related_chain, relations)
          .label(statement.arrow, "the ends of a chain meet in no flow")
          .suggest(
              "write one claim for each value, such as `never tenant == \"a\" ~> tenant != \"a\"`; or claim a single "
              "hop with `->`");
    }
    if (!statement.never && !statement.in_inventory) {
      const std::uint32_t end = statement.span.end;
      reporter_.report(open_chain, statement.arrow)
          .note("whoever passes a flow on has to be there: of workloads that could exist nobody knows which do")
          .fix("claim it of what the inventory lists", {statement.span.source, end, end}, " in inventory",
               Applicability::MaybeIncorrect);
    }
  }

  // ---- tests

  void add_tests(const ast::File& file) {
    TestResolver resolver(policy_, declarations_, selectors_, services_, reporter_);
    std::map<std::string, Span, std::less<>> names;
    for (const ast::Statement& statement : file.statements) {
      const auto* it = std::get_if<ast::TestStatement>(&statement);
      if (!it) continue;
      const Reporter::Within within(reporter_, it->expansion);
      const auto [first, fresh] = names.emplace(it->name.text, it->name.span);
      if (!fresh && !it->unreadable_header) {
        reporter_.report(declared_twice, it->name.span, "test", marked(it->name.text))
            .label(first->second, "it is declared here already");
      }
      model::Test test = resolver.resolve(*it);
      test.annotations = clauses_.annotations(it->annotations, ClauseResolver::Subject::Test);
      policy_.tests.push_back(std::move(test));
    }
  }

  // ---- what is legal and still no use

  // The only kind of peer a selector can match, as far as its form says.
  static std::optional<model::PeerKind> only_kind(const model::Selector& selector) {
    using Kind = model::Selector::Kind;
    switch (selector.kind) {
      case Kind::Workload:
        return model::PeerKind::Workload;
      case Kind::Node:
        return model::PeerKind::Node;
      case Kind::World:
        return model::PeerKind::World;
      case Kind::OneOf:
      case Kind::Has:
      case Kind::Glob:
        return selector.key.scope == model::KeyScope::Node ? model::PeerKind::Node : model::PeerKind::Workload;
      case Kind::And:
        for (const model::Selector& operand : selector.operands) {
          if (const auto kind = only_kind(operand)) return kind;
        }
        return {};
      default:
        return {};
    }
  }

  void warn_of_what_has_no_effect() {
    for (const model::Isolation& isolation : policy_.isolations) {
      const auto kind = only_kind(isolation.subject);
      if (kind == model::PeerKind::World) {
        reporter_.report(no_gates, isolation.span, "the world has no gates");
      } else if (kind == model::PeerKind::Node && policy_.guards.empty() && !policy_.profile.node_gates) {
        reporter_.report(no_gates, isolation.span, "nodes have no gates unless they are guarded")
            .suggest("turn the gates of nodes on: `guard node`");
      }
    }
    for (const model::Guard& guard : policy_.guards) {
      const auto kind = only_kind(guard.nodes);
      if (kind && *kind != model::PeerKind::Node) {
        reporter_.report(no_gates, guard.span, "`guard` turns the gates of nodes on, and no node is among these");
      }
    }
    for (const model::Test& test : policy_.tests) {
      if (test.expectations.empty()) reporter_.report(empty_test, test.span, printable(test.name));
    }
    const bool says_something =
        std::ranges::any_of(files_, [](const ast::File& file) { return !file.statements.empty(); });
    // Templates are there for others to use.
    const bool for_others = std::ranges::any_of(files_, &ast::File::trial);
    if (says_something && !for_others && policy_.rules.empty() && policy_.isolations.empty()) {
      for (const ast::File& file : files_) {
        if (file.statements.empty()) continue;
        reporter_.report(no_rules, Span{file.source, 0, 0}, policy_.profile.name,
                         policy_.profile.allow_by_default ? "allows" : "denies");
        break;
      }
    }
  }

  std::span<const ast::File> files_;
  Reporter reporter_;
  Declarations declarations_;
  NetworkResolver networks_;
  ServiceResolver services_;
  SelectorResolver selectors_;
  ClauseResolver clauses_;
  model::Policy policy_;
  Ownership ownership_;
};

}  // namespace

model::Policy resolve(const Sources& sources, std::span<const ast::File> files, Diagnostics& diagnostics,
                      const ReadOptions& options) {
  const bool with_templates = std::ranges::any_of(files, [](const ast::File& file) {
    return std::ranges::any_of(file.statements, [](const ast::Statement& statement) {
      return std::holds_alternative<ast::TemplateStatement>(statement) ||
             std::holds_alternative<ast::UseStatement>(statement);
    });
  });
  if (with_templates) {
    const std::vector<ast::File> expanded = expand({files.begin(), files.end()}, diagnostics);
    return Resolver(sources, expanded, diagnostics, options).resolve();
  }
  return Resolver(sources, files, diagnostics, options).resolve();
}

}  // namespace weft::frontend
