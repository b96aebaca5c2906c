#include "model/peer.h"

#include <algorithm>

#include <fmt/format.h>

namespace weft::model {
namespace {

bool is_identifier(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

std::string to_string(const LabelKey& key) {
  const std::string name = is_identifier(key.name) ? key.name : fmt::format("`{}`", key.name);
  switch (key.scope) {
    case KeyScope::Identity:
      return key.name;
    case KeyScope::Workload:
      return name;
    case KeyScope::Namespace:
      return "ns." + name;
    case KeyScope::Node:
      return "node." + name;
  }
  return name;
}

namespace keys {

LabelKey of_namespace(std::string name) {
  if (name == "kubernetes.io/metadata.name") return ns;
  return {KeyScope::Namespace, std::move(name)};
}
LabelKey of_workload(std::string name) { return {KeyScope::Workload, std::move(name)}; }
LabelKey of_node(std::string name) { return {KeyScope::Node, std::move(name)}; }

}  // namespace keys
}  // namespace weft::model
