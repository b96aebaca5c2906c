#include "model/selector.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace weft::model {

Selector Selector::equals(LabelKey key, std::string value) { return one_of(std::move(key), {std::move(value)}); }

Selector Selector::one_of(LabelKey key, std::vector<std::string> values) {
  std::ranges::sort(values);
  const auto repeats = std::ranges::unique(values);
  values.erase(repeats.begin(), repeats.end());
  return {.kind = Kind::OneOf, .key = std::move(key), .values = std::move(values)};
}

Selector Selector::glob(LabelKey key, std::string pattern) {
  return {.kind = Kind::Glob, .key = std::move(key), .values = {std::move(pattern)}};
}

Selector Selector::world_address(AddressSet addresses) { return all_of({world(), address(std::move(addresses))}); }

Selector Selector::negation(Selector operand) {
  Selector out{.kind = Kind::Not};
  out.operands.push_back(std::move(operand));
  return out;
}

Selector Selector::all_of(std::vector<Selector> operands) {
  return {.kind = Kind::And, .operands = std::move(operands)};
}

Selector Selector::any_of(std::vector<Selector> operands) {
  return {.kind = Kind::Or, .operands = std::move(operands)};
}

bool Selector::operator==(const Selector&) const = default;

namespace {

// A label comparison is about the peers that carry such labels: `node.K` about nodes, every other key about workloads.
const std::string* label(const Peer& peer, const LabelKey& key) {
  const PeerKind bearer = key.scope == KeyScope::Node ? PeerKind::Node : PeerKind::Workload;
  if (peer.kind != bearer) return nullptr;
  const auto found = peer.labels.find(key);
  return found == peer.labels.end() ? nullptr : &found->second;
}

}  // namespace

bool matches(const Selector& selector, const End& end) {
  WEFT_ASSERT(end.peer != nullptr, "both ends of a flow have a peer");
  const Peer& peer = *end.peer;
  switch (selector.kind) {
    case Selector::Kind::None:
      return false;
    case Selector::Kind::Any:
      return true;
    case Selector::Kind::Workload:
      return peer.kind == PeerKind::Workload;
    case Selector::Kind::Node:
      return peer.kind == PeerKind::Node;
    case Selector::Kind::World:
      return peer.kind == PeerKind::World;
    case Selector::Kind::Apiserver:
      return end.address && peer.apiserver.contains(*end.address);
    case Selector::Kind::OneOf: {
      const std::string* value = label(peer, selector.key);
      return value && std::ranges::binary_search(selector.values, *value);
    }
    case Selector::Kind::Has:
      return label(peer, selector.key) != nullptr;
    case Selector::Kind::Glob: {
      const std::string* value = label(peer, selector.key);
      return value && glob_matches(selector.values[0], *value);
    }
    case Selector::Kind::Address:
      return end.address && selector.addresses.contains(*end.address);
    case Selector::Kind::Not:
      return !matches(selector.operands[0], end);
    case Selector::Kind::And:
      return std::ranges::all_of(selector.operands, [&](const Selector& operand) { return matches(operand, end); });
    case Selector::Kind::Or:
      return std::ranges::any_of(selector.operands, [&](const Selector& operand) { return matches(operand, end); });
  }
  return false;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Greedy with one restart point: where the last `*` stood, and how much text it had taken.
  std::size_t p = 0, t = 0, star = std::string_view::npos, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

namespace {

std::string networks(const AddressSet& addresses) {
  std::vector<std::string> parts;
  for (const Prefix& prefix : addresses.prefixes()) parts.push_back(to_string(prefix));
  return parts.size() == 1 ? parts[0] : fmt::format("{{{}}}", fmt::join(parts, ", "));
}

std::string joined(const std::vector<Selector>& operands, std::string_view between) {
  std::vector<std::string> parts;
  for (const Selector& operand : operands) {
    const bool compound = operand.kind == Selector::Kind::And || operand.kind == Selector::Kind::Or;
    parts.push_back(compound && operand.operands.size() > 1 ? fmt::format("({})", to_string(operand))
                                                            : to_string(operand));
  }
  return fmt::format("{}", fmt::join(parts, between));
}

}  // namespace

std::string to_string(const Selector& selector) {
  switch (selector.kind) {
    case Selector::Kind::None:
      return "none";
    case Selector::Kind::Any:
      return "any";
    case Selector::Kind::Workload:
      return "workload";
    case Selector::Kind::Node:
      return "node";
    case Selector::Kind::World:
      return "world";
    case Selector::Kind::Apiserver:
      return "apiserver";
    case Selector::Kind::OneOf: {
      if (selector.values.size() == 1) {
        return fmt::format("{} == {}", to_string(selector.key), in_quotes(selector.values[0]));
      }
      std::vector<std::string> values;
      for (const std::string& value : selector.values) values.push_back(in_quotes(value));
      return fmt::format("{} in {{{}}}", to_string(selector.key), fmt::join(values, ", "));
    }
    case Selector::Kind::Has:
      return fmt::format("has {}", to_string(selector.key));
    case Selector::Kind::Glob:
      return fmt::format("{} like {}", to_string(selector.key), in_quotes(selector.values[0]));
    case Selector::Kind::Address:
      return fmt::format("addr {}", networks(selector.addresses));
    case Selector::Kind::Not:
      return fmt::format("!({})", to_string(selector.operands[0]));
    case Selector::Kind::And:
      // `world 10.0.0.0/8` is written as it is read.
      if (selector.operands.size() == 2 && selector.operands[0].kind == Selector::Kind::World &&
          selector.operands[1].kind == Selector::Kind::Address) {
        return fmt::format("world {}", networks(selector.operands[1].addresses));
      }
      return selector.operands.empty() ? "any" : joined(selector.operands, " && ");
    case Selector::Kind::Or:
      return selector.operands.empty() ? "none" : joined(selector.operands, " || ");
  }
  return "";
}

}  // namespace weft::model
