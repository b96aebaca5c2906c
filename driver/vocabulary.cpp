#include "driver/vocabulary.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/only_place.h"
#include "base/text.h"

namespace weft::driver {
namespace {

constexpr DiagnosticKind<std::string_view, std::string, std::string_view> value_outside{
    "W9013", Severity::Error, "`{}` has `{}: {:?}`, which the vocabulary of the policy does not allow"};
constexpr DiagnosticKind<std::string> port_undeclared{
    "W9014", Severity::Warning, "nothing in the inventory declares the port `{}`: this rule never matches by it"};

// Each value once, at the first instance that has it, with the number of the others.
void check_values(const model::Policy& policy, const model::Inventory& inventory, Diagnostics& diagnostics) {
  struct Outside {
    const model::Instance* first;
    std::size_t others = 0;
  };
  std::map<std::pair<model::LabelKey, std::string>, Outside> outside;
  for (const model::Instance& instance : inventory.instances) {
    if (instance.host) continue;  // its labels select nothing
    for (const auto& [key, value] : instance.peer.labels) {
      const auto domain = policy.schema.find(key);
      if (domain == policy.schema.end() || !domain->second.values) continue;
      if (std::ranges::find(*domain->second.values, value) != domain->second.values->end()) continue;
      const auto [found, fresh] = outside.try_emplace({key, value}, Outside{&instance});
      if (!fresh) ++found->second.others;
    }
  }
  for (const auto& [what, where] : outside) {
    const auto& [key, value] = what;
    const model::KeyDomain& domain = policy.schema.at(key);
    Diagnostic& out =
        diagnostics.report(value_outside, where.first->span, where.first->name, model::to_string(key), value);
    out.label(domain.span, "the values are declared here");
    if (where.others > 0) out.note(fmt::format("{} others have it too", where.others));
    const std::string meant = nearest(value, *domain.values);
    out.suggest(meant.empty() ? fmt::format("declare {:?} as a value of `{}`, or correct the inventory", value,
                                            model::to_string(key))
                              : fmt::format("did you mean {:?}?", meant));
  }
}

void check_ports(const model::Policy& policy, const model::Inventory& inventory, const Sources& sources,
                 Diagnostics& diagnostics) {
  std::map<std::uint8_t, std::set<std::string>> declared;
  for (const model::Instance& instance : inventory.instances) {
    for (const model::NamedPort& port : instance.peer.ports) declared[port.protocol].insert(port.name);
  }
  const auto written = [](const model::PortName& name) { return model::to_string(model::PortSet{{}, {name}}); };
  for (const model::Rule& rule : policy.rules) {
    for (const model::PortName& name : rule.ports.names) {
      const std::set<std::string>& names = declared[name.protocol];
      if (names.contains(name.name)) continue;
      Diagnostic& out = diagnostics.report(port_undeclared, rule.span, written(name));
      const std::string near = nearest(name.name, {names.begin(), names.end()});
      if (!near.empty()) {
        const std::string meant = written({name.protocol, near});
        const std::string title = fmt::format("did you mean `{}`, which somebody declares?", meant);
        if (const auto place = only_place(sources, rule.span, written(name))) {
          out.fix(title, *place, meant, Applicability::MaybeIncorrect);
        } else {
          out.suggest(title);
        }
      }
      out.suggest("declare it in the `ports` of the workloads that listen there, or write its number");
    }
  }
}

}  // namespace

void check_vocabulary(const model::Policy& policy, const model::Inventory& inventory, const Sources& sources,
                      Diagnostics& diagnostics) {
  check_values(policy, inventory, diagnostics);
  check_ports(policy, inventory, sources, diagnostics);
}

}  // namespace weft::driver
