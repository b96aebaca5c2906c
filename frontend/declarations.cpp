#include "frontend/declarations.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "frontend/lost.h"
#include "frontend/services.h"
#include "frontend/uses.h"

namespace weft::frontend {

std::string marked(std::string_view text) {
  const std::string shown = printable(text);
  return shown.find('`') == std::string::npos ? fmt::format("`{}`", shown) : shown;
}

std::string spelled(std::string_view name) { return to_string(model::keys::of_workload(std::string(name))); }

void did_you_mean(Diagnostic& diagnostic, Span place, std::string_view near) {
  diagnostic.fix(fmt::format("did you mean `{}`?", printable(near)), place, spelled(near),
                 Applicability::MaybeIncorrect);
}

const ast::ExpansionPointer& expansion_of(const ast::Statement& statement) {
  static const ast::ExpansionPointer none;
  return std::visit(
      [](const auto& it) -> const ast::ExpansionPointer& {
        if constexpr (requires { it.expansion; }) {
          return it.expansion;
        } else {
          return none;
        }
      },
      statement);
}

namespace {

bool lies_in(Span inner, Span outer) {
  return inner.source == outer.source && inner.begin >= outer.begin && inner.end <= outer.end;
}

}  // namespace

bool Reporter::said_of_template(std::string_view code, Severity severity, Span span) {
  if (!expansion_) return false;
  const auto what = std::make_tuple(code, span.source, span.begin, span.end);
  if (expansion_->trial || severity != Severity::Error) return !said_.insert(what).second;
  return said_.contains(what);
}

// A mistake in an argument stands in the `use` and needs no pointer to it.
Diagnostic& Reporter::show_uses(Diagnostic& diagnostic, Span span) const {
  for (const ast::Expansion* each = expansion_; each && !each->trial && !lies_in(span, each->at);
       each = each->outer.get()) {
    diagnostic.label(each->at, fmt::format("in this use of `{}`", printable(each->name)));
  }
  return diagnostic;
}

bool Reporter::full(Span span) {
  if (diagnostics_.errors() < Limits::errors) return false;
  const bool said = !diagnostics_.empty() && diagnostics_.all().back().code == too_many_errors.code;
  if (!noted_ && !said) diagnostics_.report(too_many_errors, span, Limits::errors);
  noted_ = true;
  return true;
}

Declarations::Declarations(std::span<const ast::File> files, Reporter& reporter) : files_(files), reporter_(reporter) {
  for (const model::LabelKey& key : {model::keys::ns, model::keys::sa, model::keys::cluster}) schema[key] = {};
  for (const ast::File& file : files) {
    lost_.names.insert(lost_.names.end(), file.lost.names.begin(), file.lost.names.end());
    lost_.group = lost_.group || file.lost.group;
    lost_.service = lost_.service || file.lost.service;
    lost_.label = lost_.label || file.lost.label;
    lost_.tier = lost_.tier || file.lost.tier;
    lost_.policy = lost_.policy || file.lost.policy;
    lost_.rule = lost_.rule || file.lost.rule;
  }
  for (const ast::File& file : files) {
    for (const ast::Statement& statement : file.statements) {
      const Reporter::Within within(reporter_, expansion_of(statement));
      if (const auto* it = std::get_if<ast::GroupStatement>(&statement)) declare(*it);
      if (const auto* it = std::get_if<ast::NetworkStatement>(&statement)) declare(*it);
      if (const auto* it = std::get_if<ast::ServiceStatement>(&statement)) declare(*it);
      if (const auto* it = std::get_if<ast::TiersStatement>(&statement)) declare(*it);
    }
  }
  for (const bool library : {false, true}) {
    for (const ast::File& file : files) {
      if (file.library != library) continue;
      for (const ast::Statement& statement : file.statements) {
        if (const auto* it = std::get_if<ast::LabelStatement>(&statement)) declare(*it, library);
      }
    }
  }
  if (tiers.empty()) tiers.push_back({"main", {}});
}

// ---- declaring

std::optional<model::PeerNode> peer_node_of(const ast::Name& name) {
  if (name.quoted || !name.local.empty()) return {};
  if (name.text == "host") return model::PeerNode::Own;
  if (name.text == "remote_node") return model::PeerNode::Other;
  return {};
}

// Groups and networks share their names: both stand where a selector stands.
bool Declarations::selector_name_taken(const ast::Name& name, std::string_view kind) {
  if (peer_node_of(name)) {
    reporter_.report(reserved_name, name.span, kind == "group" ? "a group" : "a network", name.text)
        .fix("in backticks it is a name", name.span, fmt::format("`{}`", name.text), Applicability::MaybeIncorrect);
    return true;
  }
  const auto group = groups.find(name.key());
  const auto network = networks.find(name.key());
  if (group == groups.end() && network == networks.end()) return false;
  const Span first = group != groups.end() ? group->second.statement->name.span : network->second.statement->name.span;
  reporter_.report(declared_twice, name.span, kind, marked(name.text)).label(first, "it is declared here already");
  return true;
}

void Declarations::declare(const ast::GroupStatement& statement) {
  if (selector_name_taken(statement.name, "group")) return;
  groups.emplace(statement.name.key(), Group{.statement = &statement, .meaning = {}});
}

void Declarations::declare(const ast::NetworkStatement& statement) {
  if (selector_name_taken(statement.name, "network")) return;
  const Progress progress = statement.open ? Progress::Done : Progress::Untouched;
  networks.emplace(statement.name.key(), Network{.statement = &statement, .progress = progress, .meaning = {}});
}

void Declarations::declare(const ast::ServiceStatement& statement) {
  const ast::Name& name = statement.name;
  if (!name.quoted && is_protocol(name.text)) {
    reporter_.report(reserved_name, name.span, "a service", name.text)
        .fix("in backticks it is a name", name.span, fmt::format("`{}`", name.text), Applicability::MaybeIncorrect);
    return;
  }
  const Progress progress = statement.open ? Progress::Done : Progress::Untouched;
  const auto [at, fresh] =
      services.emplace(name.key(), Service{.statement = &statement, .progress = progress, .meaning = {}});
  if (!fresh) {
    reporter_.report(declared_twice, name.span, "service", marked(name.text))
        .label(at->second.statement->name.span, "it is declared here already");
  }
}

// What the user declares comes before what standard modules do, and among these the key that has values.
bool Declarations::declared_before(const model::LabelKey& key, const model::KeyDomain& domain, bool library) {
  if (!library || !library_keys_.contains(key)) return library;
  model::KeyDomain& first = schema[key];
  if (!first.values) first = domain;
  return !domain.values || first.values == domain.values;
}

void Declarations::declare(const ast::LabelStatement& statement, bool library) {
  model::KeyDomain domain;
  if (statement.values) {
    domain.values.emplace();
    for (const ast::Text& value : *statement.values) {
      if (std::ranges::find(*domain.values, value.text) != domain.values->end()) {
        reporter_.report(declared_twice, value.span, "value", marked(value.text));
      } else {
        domain.values->push_back(value.text);
      }
    }
  }
  for (const ast::Key& written : statement.keys) {
    const auto meant = key(written);
    if (!meant) {
      lost_.label = true;
      continue;
    }
    if (meant->scope == model::KeyScope::Identity) {
      Diagnostic& diagnostic = reporter_.report(predeclared_key, written.span, marked(to_string(*meant)));
      if (statement.keys.size() == 1) diagnostic.fix("leave this statement out", statement.span, "");
      continue;
    }
    domain.span = written.span;
    const auto [at, fresh] = schema.emplace(*meant, domain);
    if (fresh && library) library_keys_.insert(*meant);
    if (!fresh && !declared_before(*meant, domain, library)) {
      reporter_.report(declared_twice, written.span, "label key", marked(to_string(*meant)))
          .label(at->second.span, "it is declared here already");
    }
  }
}

void Declarations::declare(const ast::TiersStatement& statement) {
  if (tiers_span_) {
    reporter_.report(stated_twice, statement.span, "the list of tiers")
        .label(*tiers_span_, "it is stated here already");
    return;
  }
  tiers_span_ = statement.span;
  for (const ast::Name& name : statement.names) {
    const auto first = std::ranges::find(tiers, name.text, &model::Tier::name);
    if (first == tiers.end()) {
      tiers.push_back({name.text, name.span});
    } else {
      reporter_.report(declared_twice, name.span, "tier", marked(name.text))
          .label(first->span, "it is declared here already");
    }
  }
}

// ---- looking up

namespace {

using Word = std::pair<std::string_view, std::string_view>;

template <std::size_t size>
std::string_view translated(const std::array<Word, size>& words, std::string_view name) {
  const auto found = std::ranges::find(words, name, &Word::first);
  return found == words.end() ? std::string_view() : found->second;
}

// What identities are called elsewhere.
std::string_view foreign_key(std::string_view name) {
  static constexpr auto words = std::to_array<Word>({{"namespace", "ns"},
                                                     {"serviceaccount", "sa"},
                                                     {"service_account", "sa"},
                                                     {"service-account", "sa"},
                                                     {"serviceAccount", "sa"},
                                                     {"clustername", "cluster"},
                                                     {"cluster_name", "cluster"}});
  return translated(words, name);
}

// What peers are called elsewhere.
std::string_view foreign_entity(std::string_view name) {
  static constexpr auto words = std::to_array<Word>({{"all", "any"},
                                                     {"everyone", "any"},
                                                     {"everything", "any"},
                                                     {"everybody", "any"},
                                                     {"anyone", "any"},
                                                     {"anything", "any"},
                                                     {"All", "any"},
                                                     {"ANY", "any"},
                                                     {"nobody", "none"},
                                                     {"nothing", "none"},
                                                     {"pod", "workload"},
                                                     {"pods", "workload"},
                                                     {"endpoint", "workload"},
                                                     {"container", "workload"},
                                                     {"internet", "world"},
                                                     {"external", "world"},
                                                     {"outside", "world"},
                                                     {"machine", "node"},
                                                     {"nodes", "node"},
                                                     {"hosts", "node"},
                                                     {"kube-apiserver", "apiserver"}});
  return translated(words, name);
}

}  // namespace

std::optional<model::LabelKey> Declarations::key(const ast::Key& key) {
  if (key.extra || (key.scope && (key.scope->quoted || (key.scope->text != "ns" && key.scope->text != "node")))) {
    // `app.kubernetes.io/name` without backticks.
    const std::string written = printable(key.text);
    static constexpr auto owners = std::to_array<std::string_view>(
        {"label", "labels", "pod", "workload", "source", "destination", "metadata", "this", "self", "peer"});
    if (!key.extra && !key.scope->quoted && std::ranges::find(owners, key.scope->text) != owners.end()) {
      reporter_.report(bad_key, key.span, written)
          .fix(fmt::format("a selector speaks of the labels of its own end: write `{}`", printable(key.name.text)),
               key.span, spelled(key.name.text), Applicability::MaybeIncorrect)
          .suggest("the two ends are compared by `when source.KEY == destination.KEY`");
      return {};
    }
    const bool scoped = key.scope && !key.scope->quoted && (key.scope->text == "ns" || key.scope->text == "node");
    const std::string place = scoped ? key.scope->text + "." : "";
    std::string odd = written.substr(std::min(written.size(), place.size()));
    std::erase(odd, '`');  // of parts that have theirs already
    // With a slash it is the name of one label, as Kubernetes has them; with dots it may be a slip.
    reporter_.report(bad_key, key.span, written)
        .fix(fmt::format("odd names stand in backticks: {}`{}`", place, odd), key.span,
             fmt::format("{}`{}`", place, odd),
             written.contains('/') ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
    return {};
  }
  if (key.scope) {
    return key.scope->text == "ns" ? model::keys::of_namespace(key.name.text) : model::keys::of_node(key.name.text);
  }
  if (!key.name.quoted) {
    if (key.name.text == "node") {
      reporter_.report(bad_key, key.span, "node").suggest("the labels of nodes are written `node.zone`");
      return {};
    }
    for (const model::LabelKey& known : {model::keys::ns, model::keys::sa, model::keys::cluster}) {
      if (key.name.text == known.name) return known;
    }
  }
  return model::keys::of_workload(key.name.text);
}

std::optional<model::LabelKey> Declarations::declared_key(const ast::Key& written) {
  if (written.open) return {};
  const auto meant = key(written);
  if (!meant || schema.contains(*meant)) return meant;
  if (!lost_.label && first_time("key", to_string(*meant))) unknown_key(written, *meant);
  return {};
}

// One mistake, however often it is made: it is told where it stands first, and put right everywhere in that file.
void Declarations::unknown_key(const ast::Key& written, const model::LabelKey& meant) {
  const std::string name = to_string(meant);
  std::vector<std::string> known;
  for (const auto& [each, domain] : schema) known.push_back(to_string(each));
  const std::string near = nearest(name, known);
  const std::string own(foreign_key(name));
  Diagnostic& diagnostic = reporter_.report(unknown_label_key, written.span, marked(name));
  const std::vector<KeyUse> uses = uses_of(meant, files_);
  if (uses.size() > 1) diagnostic.note(fmt::format("so are {} more uses of it", uses.size() - 1));
  if (near.empty() && own.empty()) {
    diagnostic.suggest(fmt::format("declare it: `label {} : string`", printable(name)));
    return;
  }
  Fix fix{own.empty() ? fmt::format("did you mean `{}`?", near) : fmt::format("`{}` is written `{}`", name, own),
          {},
          Applicability::MaybeIncorrect};
  fix.edits.push_back({written.span, own.empty() ? near : own});
  for (const KeyUse& use : uses) {
    if (use.key->span.source == written.span.source && use.key->span != written.span) {
      fix.edits.push_back({use.key->span, own.empty() ? near : own});
    }
  }
  diagnostic.fix(std::move(fix));
}

std::optional<model::TierId> Declarations::tier(const ast::Name& name) {
  const auto found = std::ranges::find(tiers, name.text, &model::Tier::name);
  if (found != tiers.end()) return static_cast<model::TierId>(found - tiers.begin());
  if (!lost_.tier && name.local.empty() && first_time("tier", name.text)) {
    std::vector<std::string> known;
    for (const model::Tier& tier : tiers) known.push_back(tier.name);
    Diagnostic& diagnostic = reporter_.report(unknown_tier, name.span, printable(name.text));
    const std::string near = nearest(name.text, known);
    if (!near.empty()) {
      did_you_mean(diagnostic, name.span, near);
    } else if (!tiers_span_) {
      diagnostic.suggest(fmt::format("declare the tiers in their order: `tiers {}, …`", printable(name.text)));
    } else {
      diagnostic.label(*tiers_span_, "these are the tiers");
    }
  }
  return {};
}

template <typename Map>
void Declarations::visible_names(const Map& declared, std::vector<std::string>& into) {
  for (const auto& [key, each] : declared) {
    if (each.statement->name.local.empty()) into.push_back(key);
  }
}

// A name of an expansion is declared in it, or it is a parameter in the wrong place; both have been told.
bool Declarations::lost(const ast::Name& name) const {
  return !name.local.empty() || std::ranges::find(lost_.names, name.text) != lost_.names.end();
}

bool Declarations::first_time(std::string_view kind, const std::string& name) {
  return unknown_.insert(fmt::format("{} {}", kind, name)).second;
}

void Declarations::unknown_selector(const ast::Name& name) {
  if (lost_.group || lost(name) || !first_time("selector", name.text)) return;
  Diagnostic& diagnostic = reporter_.report(unknown_name, name.span, "group or network", printable(name.text));
  const model::LabelKey key = model::keys::of_workload(name.text);
  if (schema.contains(key) || name.text == "ns" || name.text == "sa" || name.text == "cluster") {
    diagnostic.suggest(fmt::format("it is a label key: compare it, `{} == \"…\"`, or ask for it, `has {}`",
                                   printable(name.text), printable(name.text)));
    return;
  }
  if (const auto service = services.find(name.key()); service != services.end()) {
    diagnostic.label(service->second.statement->name.span, "this is a service");
    return;
  }
  if (const std::string_view own = name.quoted ? "" : foreign_entity(name.text); !own.empty()) {
    diagnostic.fix(fmt::format("`{}` is written `{}`", name.text, own), name.span, std::string(own),
                   Applicability::MaybeIncorrect);
    return;
  }
  std::vector<std::string> known{"any", "none", "workload", "node", "world", "apiserver", "host", "remote_node"};
  const std::vector<std::string> entities = known;
  visible_names(groups, known);
  visible_names(networks, known);
  const std::string near = nearest(name.text, known);
  if (std::ranges::find(entities, near) != entities.end()) {
    diagnostic.fix(fmt::format("did you mean `{}`?", near), name.span, near, Applicability::MaybeIncorrect);
  } else if (!near.empty()) {
    did_you_mean(diagnostic, name.span, near);
  }
}

void Declarations::unknown_network(const ast::Name& name) {
  if (const auto group = groups.find(name.key()); group != groups.end()) {
    if (!first_time("network", name.text)) return;
    reporter_.report(unknown_name, name.span, "network", printable(name.text))
        .label(group->second.statement->name.span, "this is a group");
    return;
  }
  if (lost_.group || lost(name) || !first_time("network", name.text)) return;
  Diagnostic& diagnostic = reporter_.report(unknown_name, name.span, "network", printable(name.text));
  std::vector<std::string> known;
  visible_names(networks, known);
  if (const std::string near = nearest(name.text, known); !near.empty()) did_you_mean(diagnostic, name.span, near);
}

namespace {

// The ports of services that go by one name everywhere (IANA); nothing is declared by them.
std::string_view usual_ports(std::string_view name) {
  static constexpr auto known = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"dns", "tcp|udp/53"}, {"http", "tcp/80"}, {"https", "tcp/443"}, {"ntp", "udp/123"}, {"ssh", "tcp/22"}});
  const auto found = std::ranges::find(known, name, &std::pair<std::string_view, std::string_view>::first);
  return found == known.end() ? std::string_view() : found->second;
}

}  // namespace

void Declarations::unknown_service(const ast::Name& name) {
  if (lost_.service || lost(name) || !first_time("service", name.text)) return;
  Diagnostic& diagnostic = reporter_.report(frontend::unknown_service, name.span, printable(name.text));
  std::vector<std::string> known;
  visible_names(services, known);
  std::string near = name.quoted ? std::string() : nearest_protocol(name.text);
  if (near.empty()) near = nearest(name.text, known);
  if (!near.empty()) did_you_mean(diagnostic, name.span, near);
  if (const std::string_view usual = usual_ports(name.text); !usual.empty()) {
    diagnostic.fix(fmt::format("declare it: `service {} = {}`, or write `{}`", name.text, usual, usual), name.span,
                   std::string(usual), Applicability::MaybeIncorrect);
  } else if (near.empty()) {
    const std::string_view quote = name.quoted ? "`" : "";
    diagnostic.suggest(
        fmt::format("declare it: {}", marked(fmt::format("service {}{}{} = tcp/PORT", quote, name.text, quote))));
  }
}

}  // namespace weft::frontend
