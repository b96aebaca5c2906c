#include "frontend/expectations.h"

#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"

namespace weft::frontend {

model::Test TestResolver::resolve(const ast::TestStatement& test) {
  model::Test out;
  out.name = test.name.text;
  out.span = test.name.span;
  for (const ast::Expectation& each : test.expectations) out.expectations.push_back(resolve(each));
  return out;
}

model::Expectation TestResolver::resolve(const ast::Expectation& expectation) {
  using Gate = ast::Expectation::Gate;
  model::Expectation out;
  out.source = end(expectation.source);
  out.destination = end(expectation.destination);
  out.ports = services_.resolve(expectation.services).value_or(model::PortSet{});
  out.allowed = expectation.allowed;
  if (expectation.gate == Gate::Source) out.gate = model::Direction::Egress;
  if (expectation.gate == Gate::Destination) out.gate = model::Direction::Ingress;
  if (expectation.by) out.by = by(*expectation.by);
  out.span = expectation.span;
  return out;
}

// ---- ends

model::TestEnd TestResolver::end(const ast::TestEnd& end) {
  struct Visitor {
    TestResolver& self;
    model::TestEnd operator()(const ast::Selector& it) const { return {self.selectors_.resolve(it), {}}; }
    model::TestEnd operator()(const ast::TestEnd::Imagined& it) const { return {self.imagined(it), {}}; }
    model::TestEnd operator()(const ast::TestEnd::Workload& it) const {
      return {model::TestEnd::Named{it.name.text}, {}};
    }
    model::TestEnd operator()(const ast::TestEnd::Address& it) const {
      if (const auto address = model::parse_address(it.address.text)) return {*address, {}};
      const bool prefix = it.address.text.find('/') != std::string::npos;
      Diagnostic& diagnostic = self.reporter_.report(one_address, it.address.span, printable(it.address.text));
      if (prefix) diagnostic.suggest("a packet carries one address: write it without a prefix length");
      return {model::Selector::none(), {}};
    }
  };
  model::TestEnd out = std::visit(Visitor{*this}, end.who);
  out.span = end.span;
  return out;
}

model::TestEnd::Imagined TestResolver::imagined(const ast::TestEnd::Imagined& imagined) {
  model::TestEnd::Imagined out;
  for (const ast::TestEnd::Imagined::Entry& entry : imagined.labels) {
    const auto key = declarations_.declared_key(entry.key);
    if (!key) continue;
    if (key->scope == model::KeyScope::Node) {
      reporter_.report(imagined_node, entry.key.span, marked(to_string(*key)))
          .suggest("what is imagined is a workload; name a node of the inventory in double quotes");
      continue;
    }
    selectors_.check_value(*key, entry.value);
    if (!out.labels.emplace(*key, entry.value.text).second) {
      reporter_.report(stated_twice, entry.key.span, marked(to_string(*key)));
    }
  }
  return out;
}

// ---- who decides

std::optional<model::Expectation::By> TestResolver::by(const ast::Expectation::By& by) {
  using What = model::Expectation::By::What;
  static constexpr auto words = std::to_array<std::pair<std::string_view, What>>(
      {{"isolation", What::Isolation}, {"profile", What::Profile}, {"own-node", What::OwnNode}, {"self", What::Self}});
  model::Expectation::By out;
  out.span = by.span;
  if (!by.name_is_text && !by.name.quoted && !by.rule) {
    for (const auto& [word, what] : words) {
      if (by.name.text != word) continue;
      out.what = what;
      return out;
    }
  }
  const auto policy = block(by.name, by.span.source);
  if (!policy) return {};
  if (!by.rule) {
    out.block = policy;
    return out;
  }
  out.what = What::Rule;
  out.rule = rule(*by.rule, *policy);
  if (!out.rule) return {};
  return out;
}

// Names of policies are unique in a file only: the test's own file goes first.
std::optional<model::BlockId> TestResolver::block(const ast::Name& name, SourceId source) {
  std::optional<model::BlockId> found;
  for (std::size_t i = 0; i < policy_.blocks.size(); ++i) {
    if (policy_.blocks[i].name != name.text) continue;
    const model::BlockId id{static_cast<std::uint32_t>(i)};
    if (policy_.blocks[i].span.source == source) return id;
    if (!found) found = id;
  }
  if (found) return found;
  if (declarations_.policies_lost()) return {};
  std::vector<std::string> known{"isolation", "profile", "own-node", "self"};
  for (const model::PolicyBlock& block : policy_.blocks) known.push_back(block.name);
  Diagnostic& diagnostic = reporter_.report(unknown_name, name.span, "policy", printable(name.text));
  if (const std::string near = nearest(name.text, known); !near.empty()) did_you_mean(diagnostic, name.span, near);
  return {};
}

std::optional<model::RuleId> TestResolver::rule(const ast::Name& name, model::BlockId block) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < policy_.rules.size(); ++i) {
    const model::Rule& rule = policy_.rules[i];
    if (rule.block != block || rule.id.empty()) continue;
    if (rule.id == name.text) return model::RuleId{static_cast<std::uint32_t>(i)};
    known.push_back(rule.id);
  }
  if (declarations_.rules_lost()) return {};
  Diagnostic& diagnostic = reporter_.report(unknown_name, name.span, "rule",
                                            printable(fmt::format("{}.{}", policy_[block].name, name.text)));
  if (const std::string near = nearest(name.text, known); !near.empty()) {
    did_you_mean(diagnostic, name.span, near);
  } else {
    diagnostic.suggest(fmt::format("a rule is named by the annotation before it: `@id({})`", printable(name.text)));
  }
  return {};
}

}  // namespace weft::frontend
