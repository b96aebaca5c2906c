#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"

namespace weft::test {

/// A policy and the inventory it is asked about. Flows point into it: keep it in place while they are used.
struct World {
  model::Policy policy;
  model::Inventory inventory;
};

/// How much a generated world holds, and what it leaves out. Every "most" is an upper bound; at least one tier.
struct WorldOptions {
  std::size_t most_workloads = 12;
  std::size_t most_nodes = 3;
  std::size_t most_host_network = 1;
  std::size_t most_tiers = 4;
  std::size_t most_blocks = 4;
  std::size_t most_rules = 10;
  std::size_t most_isolations = 3;
  std::size_t most_guards = 2;
  bool ipv6 = true;
  bool named_ports = true;
  bool unaddressed_workloads = true;  ///< some workloads have no address at all
  bool relations = true;              ///< some rules compare labels of both ends
  bool peer_nodes = true;             ///< some rules ask which node is at the other end of their gate
  bool audit = true;                  ///< some rules and isolations are audited
  bool deadlines = true;              ///< some rules expire; few deadlines, shared by rules

  /// Few enough that `flows` can often list every question.
  static WorldOptions small();
  /// About 200 workloads and 300 rules; counts are exact, not upper bounds, for both.
  static WorldOptions big();
  bool exact = false;  ///< take the upper bounds of workloads and rules as they are
};

/// A random world: few label keys and values, so that selectors overlap often. The same seed and options give the same
/// world with every compiler and standard library; what `relations`, `audit` and `deadlines` add changes nothing else,
/// and `peer_nodes` no other rule.
World generate_world(std::uint64_t seed, const WorldOptions& options = {});

struct FlowOptions {
  std::size_t limit = 5000;  ///< where there are more questions than this, so many are drawn at random
  std::uint64_t seed = 1;
};

/// Pairs of ends, one family each, with every interesting service: all instances that are peers of their own with their
/// addresses, workloads without one by name, and the world at and around the bounds of every network used. The first
/// `limit` questions of a fixed shuffle where there are more. The flows point into `world`.
std::vector<model::Flow> flows(const World& world, const FlowOptions& options = {});

/// The addresses and services `flows` combines.
std::vector<model::End> interesting_ends(const World& world);
std::vector<model::ServicePoint> interesting_services(const World& world);

/// Before all deadlines, one second before each, and at each.
std::vector<model::Moment> interesting_moments(const model::Policy& policy);

/// "shop/web-1 10.0.0.1 -> world 8.8.8.8 : tcp/80", for failure messages.
std::string describe(const World& world, const model::Flow& flow);

/// The world as readable text that `from_case` reads back to an equal one (without spans, groups, schema, assertions).
std::string to_case(const World& world);
/// The world a case text holds; nothing and a reason in `error` (if given) where the text is none.
std::optional<World> from_case(std::string_view text, std::string* error = nullptr);

/// A smaller world that still `fails`: greedily without rules, isolations, guards, tiers, instances, addresses, labels,
/// relations, nodes asked for, deadlines, audits and parts of selectors and services. `fails(world)` must hold. Calls
/// `fails` at most `budget` times.
World shrink(World world, const std::function<bool(const World&)>& fails, std::size_t budget = 20000);

/// Shrinks, writes the case below `tests/cases/differential/` (or $WEFT_FOUND_CASES) and returns a message with path
/// and text.
std::string keep_case(const World& world, std::string_view name, const std::function<bool(const World&)>& fails);

/// Random numbers that are the same everywhere (the standard distributions are not).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// 0 to `bound - 1`; `bound` > 0.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <typename List>
  const auto& pick(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace weft::test
