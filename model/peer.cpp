#include "model/peer.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace weft::model {

std::string_view to_string(PeerKind kind) {
  switch (kind) {
    case PeerKind::Workload:
      return "workload";
    case PeerKind::Node:
      return "node";
    case PeerKind::World:
      return "world";
  }
  return "";
}
namespace {

bool is_identifier(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Words that mean something else in policy text: a plain label of that name stands in backticks.
bool is_reserved(const std::string& name) {
  static constexpr std::array<std::string_view, 17> words{"ns",  "sa",   "cluster",   "node",  "workload", "world",
                                                          "any", "none", "apiserver", "addr",  "has",      "in",
                                                          "not", "like", "host",      "allow", "deny"};
  return std::ranges::find(words, name) != words.end();
}

}  // namespace

std::string to_string(const LabelKey& key) {
  const bool plain = is_identifier(key.name) && !(key.scope == KeyScope::Workload && is_reserved(key.name));
  const std::string name = plain ? key.name : fmt::format("`{}`", key.name);
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
