#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "tests/support/world.h"

namespace weft::test {

using namespace model;

namespace {

using Fails = std::function<bool(const World&)>;

// Tries smaller worlds and keeps those that still fail.
class Shrinker {
 public:
  Shrinker(World world, const Fails& fails, std::size_t budget)
      : best_(std::move(world)), fails_(fails), budget_(budget) {}

  World run() {
    for (bool smaller = true; smaller && budget_ > 0;) smaller = round();
    return std::move(best_);
  }

 private:
  // True if the change leaves a world that still fails; then it is kept.
  template <typename Change>
  bool attempt(const Change& change) {
    if (budget_ == 0) return false;
    World world = best_;
    if (!change(world)) return false;
    --budget_;
    world.inventory.index();
    if (!fails_(world)) return false;
    best_ = std::move(world);
    return true;
  }

  // Halves first: a long list falls in few steps.
  template <typename List>
  bool thin(const List& list) {
    bool smaller = false;
    for (std::size_t width = std::max<std::size_t>(list(best_).size(), 1); width > 0; width /= 2) {
      for (std::size_t i = 0; i < list(best_).size();) {
        const bool gone = attempt([&](World& world) {
          auto& items = list(world);
          const std::size_t end = std::min(i + width, items.size());
          items.erase(items.begin() + static_cast<std::ptrdiff_t>(i), items.begin() + static_cast<std::ptrdiff_t>(end));
          return true;
        });
        smaller |= gone;
        if (!gone) i += width;
      }
    }
    return smaller;
  }

  bool round() {
    bool smaller = thin([](World& w) -> auto& { return w.policy.rules; });
    smaller |= thin([](World& w) -> auto& { return w.policy.isolations; });
    smaller |= thin([](World& w) -> auto& { return w.policy.guards; });
    for (std::size_t i = best_.inventory.instances.size(); i-- > 0;) {
      smaller |= attempt([&](World& world) { return remove_instance(world, i); });
    }
    for (std::size_t i = best_.policy.tiers.size(); i-- > 0;) {
      smaller |= attempt([&](World& world) { return remove_tier(world, i); });
    }
    for (std::size_t i = best_.policy.blocks.size(); i-- > 0;) {
      smaller |= attempt([&](World& world) { return remove_block(world, i); });
    }
    for (std::size_t i = 0; i < best_.policy.rules.size(); ++i) smaller |= simplify_rule(i);
    for (std::size_t i = 0; i < best_.policy.isolations.size(); ++i) {
      smaller |= simplify([i](World& w) -> Selector& { return w.policy.isolations[i].subject; });
      smaller |= attempt([&](World& w) { return std::exchange(w.policy.isolations[i].audit, false); });
    }
    for (std::size_t i = 0; i < best_.policy.guards.size(); ++i) {
      smaller |= simplify([i](World& w) -> Selector& { return w.policy.guards[i].nodes; });
    }
    for (std::size_t i = 0; i < best_.inventory.instances.size(); ++i) smaller |= simplify_instance(i);
    smaller |= attempt([](World& w) { return !std::exchange(w.inventory.apiserver, {}).empty(); });
    smaller |= attempt([](World& w) { return !std::exchange(w.inventory.namespaces, {}).empty(); });
    return smaller;
  }

  bool simplify_rule(std::size_t i) {
    bool smaller = simplify([i](World& w) -> Selector& { return w.policy.rules[i].source; });
    smaller |= simplify([i](World& w) -> Selector& { return w.policy.rules[i].destination; });
    smaller |= thin([i](World& w) -> auto& { return w.policy.rules[i].ports.names; });
    smaller |= attempt([&](World& w) { return std::exchange(w.policy.rules[i].pass_to, {}).has_value(); });
    smaller |= attempt([&](World& w) { return !std::exchange(w.policy.rules[i].because, {}).empty(); });
    smaller |= thin([i](World& w) -> auto& { return w.policy.rules[i].relations; });
    smaller |=
        attempt([&](World& w) { return std::exchange(w.policy.rules[i].peer_node, PeerNode::Any) != PeerNode::Any; });
    smaller |= attempt([&](World& w) { return std::exchange(w.policy.rules[i].expires, {}).has_value(); });
    smaller |= attempt([&](World& w) { return std::exchange(w.policy.rules[i].audit, false); });
    for (const ServiceRange& range : std::vector(best_.policy.rules[i].ports.points.ranges())) {
      smaller |= attempt([&](World& w) {
        PointSet& points = w.policy.rules[i].ports.points;
        if (points.ranges().size() < 2) return false;
        PointSet gone = PointSet::any();  // everything outside the range, taken away from everything
        PointSet outside = PointSet::any();
        for (std::uint32_t proto = range.first >> 16U; proto <= range.last >> 16U; ++proto) {
          const std::uint32_t from = std::max(range.first, proto << 16U),
                              to = std::min(range.last, (proto << 16U) | 0xFFFFU);
          outside.remove(PointSet::of_range(static_cast<std::uint8_t>(proto), static_cast<std::uint16_t>(from),
                                            static_cast<std::uint16_t>(to)));
        }
        gone.remove(outside);
        points.remove(gone);
        return true;
      });
    }
    return smaller;
  }

  // A selector becomes `any`, one of its operands, or loses one.
  using Place = std::function<Selector&(World&)>;
  bool simplify(const Place& place) {
    bool smaller = attempt([&](World& w) {
      const bool simple = place(w).kind == Selector::Kind::Any;
      place(w) = Selector::any();
      return !simple;
    });
    for (std::size_t i = 0; i < place(best_).operands.size(); ++i) {
      if (attempt([&](World& w) { return place(w) = Selector(place(w).operands[i]), true; })) return true;
    }
    if (place(best_).operands.size() > 1) smaller |= thin([&](World& w) -> auto& { return place(w).operands; });
    for (std::size_t i = 0; i < place(best_).operands.size(); ++i) {
      smaller |= simplify([&place, i](World& w) -> Selector& {
        // An operand may have gone meanwhile: then this place is the whole.
        Selector& whole = place(w);
        return i < whole.operands.size() ? whole.operands[i] : whole;
      });
    }
    return smaller;
  }

  bool simplify_instance(std::size_t i) {
    bool smaller = thin([i](World& w) -> auto& { return w.inventory.instances[i].addresses; });
    smaller |= thin([i](World& w) -> auto& { return w.inventory.instances[i].peer.ports; });
    for (const auto& [key, value] : Labels(best_.inventory.instances[i].peer.labels)) {
      smaller |= attempt([&](World& w) { return w.inventory.instances[i].peer.labels.erase(key) > 0; });
    }
    if (!best_.inventory.instances[i].host) {
      smaller |= attempt([&](World& w) { return std::exchange(w.inventory.instances[i].peer.node, {}).has_value(); });
    }
    return smaller;
  }

  static bool remove_instance(World& world, std::size_t gone) {
    auto& instances = world.inventory.instances;
    const auto after = [&](std::optional<InstanceId>& id) {
      if (id && static_cast<std::size_t>(*id) == gone)
        id.reset();
      else if (id && static_cast<std::size_t>(*id) > gone)
        id = InstanceId{static_cast<std::uint32_t>(*id) - 1};
    };
    for (const Instance& instance : instances) {
      if (instance.host && static_cast<std::size_t>(*instance.host) == gone) return false;
    }
    instances.erase(instances.begin() + static_cast<std::ptrdiff_t>(gone));
    for (Instance& instance : instances) {
      after(instance.peer.instance);
      after(instance.peer.node);
      after(instance.host);
    }
    return true;
  }

  static bool remove_tier(World& world, std::size_t gone) {
    Policy& policy = world.policy;
    if (policy.tiers.size() == 1) return false;
    const auto is_gone = [&](TierId id) { return static_cast<std::size_t>(id) == gone; };
    for (const Rule& rule : policy.rules) {
      if (is_gone(rule.tier) || (rule.pass_to && is_gone(*rule.pass_to))) return false;
    }
    for (const Isolation& isolation : policy.isolations) {
      if (is_gone(isolation.tier)) return false;
    }
    const auto after = [&](TierId& id) {
      if (static_cast<std::size_t>(id) > gone)
        id = TierId{static_cast<std::uint32_t>(id) - 1};
      else if (is_gone(id))
        id = TierId{0};
    };
    policy.tiers.erase(policy.tiers.begin() + static_cast<std::ptrdiff_t>(gone));
    for (PolicyBlock& block : policy.blocks) after(block.tier);
    for (Isolation& isolation : policy.isolations) after(isolation.tier);
    for (Rule& rule : policy.rules) {
      after(rule.tier);
      if (rule.pass_to) after(*rule.pass_to);
    }
    return true;
  }

  static bool remove_block(World& world, std::size_t gone) {
    Policy& policy = world.policy;
    const auto used = [&](const auto& item) { return static_cast<std::size_t>(item.block) == gone; };
    if (std::ranges::any_of(policy.rules, used) || std::ranges::any_of(policy.isolations, used)) return false;
    policy.blocks.erase(policy.blocks.begin() + static_cast<std::ptrdiff_t>(gone));
    const auto after = [&](BlockId& id) {
      if (static_cast<std::size_t>(id) > gone) id = BlockId{static_cast<std::uint32_t>(id) - 1};
    };
    for (Rule& rule : policy.rules) after(rule.block);
    for (Isolation& isolation : policy.isolations) after(isolation.block);
    return true;
  }

  World best_;
  const Fails& fails_;
  std::size_t budget_;
};

}  // namespace

World shrink(World world, const Fails& fails, std::size_t budget) {
  return Shrinker(std::move(world), fails, budget).run();
}

std::string keep_case(const World& world, std::string_view name, const Fails& fails) {
  const std::string text = to_case(shrink(world, fails));
  const char* elsewhere = std::getenv("WEFT_FOUND_CASES");
  const std::filesystem::path folder = elsewhere ? elsewhere : WEFT_SOURCE_DIR "/tests/cases/differential";
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const std::filesystem::path path = folder / fmt::format("{}.txt", name);
  std::ofstream(path) << text;
  return fmt::format("{}\n{}", path.string(), text);
}

}  // namespace weft::test
