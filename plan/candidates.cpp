#include "plan/candidates.h"

#include <algorithm>
#include <optional>

namespace weft::plan {
namespace {

using Kind = model::Selector::Kind;

/// Something that is seen of a peer: a value of a label, or, without a key, its kind.
struct Trait {
  const model::LabelKey* key = nullptr;
  const std::string* value = nullptr;
  model::PeerKind kind = model::PeerKind::World;
};

/// Finds for each selector a few traits of which every peer it matches has one.
class Covers {
 public:
  explicit Covers(const std::vector<const model::Selector*>& selectors) {
    for (const model::Selector* selector : selectors) count(*selector);
  }

  /// Nothing where no such traits are known; none where the selector matches nobody.
  std::optional<std::vector<Trait>> of(const model::Selector& selector) const {
    switch (selector.kind) {
      case Kind::None:
        return std::vector<Trait>();
      case Kind::Workload:
        return std::vector<Trait>{{.kind = model::PeerKind::Workload}};
      case Kind::Node:
        return std::vector<Trait>{{.kind = model::PeerKind::Node}};
      case Kind::World:
        return std::vector<Trait>{{.kind = model::PeerKind::World}};
      case Kind::OneOf: {
        std::vector<Trait> out;
        for (const std::string& value : selector.values) out.push_back({&selector.key, &value});
        return out;
      }
      case Kind::And: {
        // Any operand's traits will do: those that fewest selectors ask for leave most peers out.
        std::optional<std::vector<Trait>> best;
        for (const model::Selector& operand : selector.operands) {
          auto traits = of(operand);
          if (traits && (!best || cost(*traits) < cost(*best))) best = std::move(traits);
        }
        return best;
      }
      case Kind::Or: {
        std::vector<Trait> out;
        for (const model::Selector& operand : selector.operands) {
          const auto traits = of(operand);
          if (!traits) return {};
          out.insert(out.end(), traits->begin(), traits->end());
        }
        return out;
      }
      case Kind::Any:
      case Kind::Apiserver:
      case Kind::Has:
      case Kind::Glob:
      case Kind::Address:
      case Kind::Not:
        return {};
    }
    return {};
  }

 private:
  void count(const model::Selector& selector) {
    if (selector.kind == Kind::OneOf) {
      for (const std::string& value : selector.values) ++askers_[selector.key][value];
    }
    for (const model::Selector& operand : selector.operands) count(operand);
  }

  std::size_t cost(const std::vector<Trait>& traits) const {
    constexpr std::size_t of_a_kind = std::size_t{1} << 32;
    std::size_t out = 0;
    for (const Trait& trait : traits) out += trait.key ? askers_.at(*trait.key).at(*trait.value) : of_a_kind;
    return out;
  }

  std::map<model::LabelKey, std::unordered_map<std::string, std::uint32_t>> askers_;
};

}  // namespace

Candidates::Candidates(const std::vector<const model::Selector*>& selectors) {
  const Covers covers(selectors);
  for (std::uint32_t i = 0; i < selectors.size(); ++i) {
    const auto traits = covers.of(*selectors[i]);
    if (!traits) {
      of_any_.push_back(i);
      continue;
    }
    for (const Trait& trait : *traits) {
      auto& list = trait.key ? of_value_[*trait.key][*trait.value] : of_kind_[static_cast<std::size_t>(trait.kind)];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
}

std::vector<std::uint32_t> Candidates::of(const model::Peer& peer) const {
  std::vector<std::uint32_t> out = of_any_;
  const auto& of_kind = of_kind_[static_cast<std::size_t>(peer.kind)];
  out.insert(out.end(), of_kind.begin(), of_kind.end());
  for (const auto& [key, by_value] : of_value_) {
    const auto label = peer.labels.find(key);
    if (label == peer.labels.end()) continue;
    const auto found = by_value.find(label->second);
    if (found != by_value.end()) out.insert(out.end(), found->second.begin(), found->second.end());
  }
  std::ranges::sort(out);
  const auto repeats = std::ranges::unique(out);
  out.erase(repeats.begin(), repeats.end());
  return out;
}

}  // namespace weft::plan
