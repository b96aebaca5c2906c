#include "lsp/describe.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace weft::lsp {

using model::Selector;

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

namespace {

std::string_view subject_of(const model::LabelKey& key) {
  return key.scope == model::KeyScope::Node ? "nodes" : "workloads";
}

// "`app` is \"web\"": a comparison without its subject; empty for what is none.
std::string condition(const Selector& selector) {
  const auto key = [&] {
    const std::string text = model::to_string(selector.key);
    return text.find('`') == std::string::npos ? fmt::format("`{}`", text) : text;
  };
  switch (selector.kind) {
    case Selector::Kind::OneOf: {
      std::vector<std::string> values;
      for (const std::string& value : selector.values) values.push_back(in_quotes(value));
      return values.size() == 1 ? fmt::format("{} is {}", key(), values[0])
                                : fmt::format("{} is one of {}", key(), fmt::join(values, ", "));
    }
    case Selector::Kind::Has:
      return fmt::format("{} is set", key());
    case Selector::Kind::Glob:
      return fmt::format("{} is like {}", key(), in_quotes(selector.values.front()));
    default:
      return {};
  }
}

}  // namespace

std::string in_words(const Selector& selector) {
  switch (selector.kind) {
    case Selector::Kind::None:
      return "nobody";
    case Selector::Kind::Any:
      return "everybody";
    case Selector::Kind::Workload:
      return "every workload";
    case Selector::Kind::Node:
      return "every node";
    case Selector::Kind::World:
      return "the world";
    case Selector::Kind::Apiserver:
      return "the API server";
    case Selector::Kind::OneOf:
    case Selector::Kind::Has:
    case Selector::Kind::Glob:
      return fmt::format("{} whose {}", subject_of(selector.key), condition(selector));
    case Selector::Kind::Address:
      return fmt::format("whoever `{}` means", model::to_string(selector));
    case Selector::Kind::Not:
      return fmt::format("all but {}", in_words(selector.operands.front()));
    case Selector::Kind::And: {
      // Comparisons of one kind of peer go together: "workloads whose `app` is "web" and whose `env` is "prod"".
      std::vector<std::string> parts;
      std::string_view subject;
      std::vector<std::string> conditions, rest;
      for (const Selector& operand : selector.operands) {
        const std::string it = condition(operand);
        if (!it.empty() && (subject.empty() || subject == subject_of(operand.key))) {
          subject = subject_of(operand.key);
          conditions.push_back("whose " + it);
        } else {
          rest.push_back(in_words(operand));
        }
      }
      if (!conditions.empty()) parts.push_back(fmt::format("{} {}", subject, fmt::join(conditions, " and ")));
      for (std::string& each : rest) {
        const bool except = each.starts_with("all but ");
        if (except && !parts.empty()) {
          parts.back() += " except " + each.substr(8);
        } else {
          parts.push_back(std::move(each));
        }
      }
      if (parts.empty()) return "everybody";
      return fmt::format("{}", fmt::join(parts, ", of these "));
    }
    case Selector::Kind::Or: {
      std::vector<std::string> parts;
      for (const Selector& operand : selector.operands) parts.push_back(in_words(operand));
      if (parts.empty()) return "nobody";
      return fmt::format("{}", fmt::join(parts, "; or "));
    }
  }
  return {};
}

std::vector<const model::Instance*> matched(const Selector& selector, const model::Inventory& inventory) {
  std::vector<const model::Instance*> out;
  for (const model::Instance& instance : inventory.instances) {
    if (instance.host) continue;
    bool hit = model::matches(selector, {&instance.peer, {}});
    for (const model::Address& address : instance.addresses) {
      if (hit) break;
      hit = model::matches(selector, {&instance.peer, address});
    }
    if (hit) out.push_back(&instance);
  }
  return out;
}

std::string number_of(const std::vector<const model::Instance*>& instances) {
  const auto nodes = static_cast<std::size_t>(std::ranges::count_if(
      instances, [](const model::Instance* it) { return it->peer.kind == model::PeerKind::Node; }));
  const std::size_t workloads = instances.size() - nodes;
  if (instances.empty()) return "nobody";
  if (nodes == 0) return counted(workloads, "workload", "workloads");
  if (workloads == 0) return counted(nodes, "node", "nodes");
  return fmt::format("{} and {}", counted(workloads, "workload", "workloads"), counted(nodes, "node", "nodes"));
}

std::string named(const std::vector<const model::Instance*>& instances, std::size_t most) {
  if (instances.empty()) return "nobody in the inventory";
  std::vector<std::string> names;
  for (const model::Instance* instance : instances) {
    if (names.size() == most) break;
    names.push_back(fmt::format("`{}`", instance->name));
  }
  std::string out = fmt::format("{}: {}", number_of(instances), fmt::join(names, ", "));
  if (instances.size() > most) out += fmt::format(" and {} more", instances.size() - most);
  return out;
}

std::string services_in_words(const model::PortSet& ports, const std::vector<const model::Instance*>& destinations) {
  std::string out = model::to_string(ports);
  for (const model::PortName& name : ports.names) {
    std::set<std::string> values;
    for (const model::Instance* instance : destinations) {
      for (const model::NamedPort& port : instance->peer.ports) {
        if (port.name == name.name && port.protocol == name.protocol) {
          values.insert(model::to_string(model::service_point(port.protocol, port.port)));
        }
      }
    }
    out += values.empty() ? fmt::format("; nobody declares `{}`", name.name)
                          : fmt::format("; `{}` is {}", name.name, fmt::join(values, ", "));
  }
  return out;
}

}  // namespace weft::lsp
