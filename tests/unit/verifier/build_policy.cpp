#include "tests/unit/verifier/build_policy.h"

#include <fmt/format.h>

namespace weft::verifier::test {

using model::Selector;

Builder& Builder::tiers(std::vector<std::string> names) {
  policy.tiers.clear();
  for (std::string& name : names) policy.tiers.push_back({std::move(name), {}});
  return *this;
}

Builder& Builder::block(std::string name, std::uint32_t tier, bool ordered) {
  model::PolicyBlock block;
  block.name = std::move(name);
  block.tier = model::TierId{tier};
  block.ordered = ordered;
  policy.blocks.push_back(std::move(block));
  return *this;
}

Builder& Builder::priority(std::int64_t priority) {
  policy.blocks.back().priority = priority;
  policy.blocks.back().priority_stated = true;
  return *this;
}

Span Builder::line(const std::string& content) {
  const auto begin = static_cast<std::uint32_t>(text.size());
  text += content;
  const auto end = static_cast<std::uint32_t>(text.size());
  text += '\n';
  return {SourceId{0}, begin, end};
}

model::Rule& Builder::rule(model::Verdict verdict, Selector source, Selector destination, model::PortSet ports) {
  if (policy.blocks.empty()) block("p");
  const char* word = verdict == model::Verdict::Allow ? "allow" : verdict == model::Verdict::Deny ? "deny" : "pass";
  model::Rule rule;
  rule.verdict = verdict;
  rule.span = line(fmt::format("{} {} -> {} : {}", word, to_string(source), to_string(destination), to_string(ports)));
  rule.source = std::move(source);
  rule.destination = std::move(destination);
  rule.ports = std::move(ports);
  const model::PolicyBlock& block = policy.blocks.back();
  rule.block = model::BlockId{static_cast<std::uint32_t>(policy.blocks.size() - 1)};
  rule.tier = block.tier;
  std::uint32_t index = 0;
  if (block.ordered) {
    index = 1;
    for (const model::Rule& other : policy.rules) index += other.block == rule.block ? 1U : 0U;
  }
  rule.level = {block.priority, index};
  policy.rules.push_back(std::move(rule));
  return policy.rules.back();
}

model::Isolation& Builder::isolate(Selector subject) {
  if (policy.blocks.empty()) block("p");
  const Span span = line("isolate " + to_string(subject));
  policy.isolations.push_back({std::move(subject), true, true, policy.blocks.back().tier,
                               model::BlockId{static_cast<std::uint32_t>(policy.blocks.size() - 1)}, span});
  return policy.isolations.back();
}

void Builder::assertion(model::Assertion::Kind kind, Selector source, Selector destination, model::PortSet ports) {
  const bool never = kind == model::Assertion::Kind::Never;
  model::Assertion out;
  out.kind = kind;
  out.span = line(fmt::format("{} {} -> {} : {}", never ? "never" : "always", to_string(source), to_string(destination),
                              to_string(ports)));
  out.source = std::move(source);
  out.destination = std::move(destination);
  out.ports = std::move(ports);
  policy.assertions.push_back(std::move(out));
}

Builder& Builder::never(Selector source, Selector destination, model::PortSet ports) {
  assertion(model::Assertion::Kind::Never, std::move(source), std::move(destination), std::move(ports));
  return *this;
}

Builder& Builder::always(Selector source, Selector destination, model::PortSet ports) {
  assertion(model::Assertion::Kind::Always, std::move(source), std::move(destination), std::move(ports));
  return *this;
}

Sources Builder::sources() const {
  Sources out;
  out.add("test.weft", text);
  return out;
}

Selector app(const std::string& value) { return Selector::equals(model::keys::of_workload("app"), value); }
Selector env(const std::string& value) { return Selector::equals(model::keys::of_workload("env"), value); }
Selector both(Selector a, Selector b) { return Selector::all_of({std::move(a), std::move(b)}); }
model::AddressSet network(const char* prefix) { return model::AddressSet::of(*model::parse_prefix(prefix)); }
model::PortSet tcp(std::uint16_t port) {
  return {model::PointSet::of_point(model::service_point(model::protocol::tcp, port)), {}};
}
model::PortSet any_port() { return {model::PointSet::any(), {}}; }
model::PortSet named(const char* name) { return {{}, {{model::protocol::tcp, name}}}; }

}  // namespace weft::verifier::test
