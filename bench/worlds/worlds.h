#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::bench {

/// How big a generated cluster is, and how it is cut up. Shapes of rules (rules per policy, peers and ports per rule,
/// kinds of selectors) are shared by all sizes; they follow what public clusters and operational policies look like.
struct WorldSize {
  std::string_view name;
  std::string_view modelled_on;
  std::uint32_t nodes, pods, namespaces;
  std::uint32_t workloads;      ///< what controls pods: distinct label sets, index labels left out
  std::uint32_t policies;       ///< beside those for hot spots and guard rails
  std::uint32_t specs;          ///< distinct bodies that policies are copies of
  std::uint32_t networks;       ///< rules about addresses of the world
  std::uint32_t names;          ///< rules about what stands behind a host name
  std::uint32_t hot_spots;      ///< what everybody talks to: DNS, metrics, vault, …
  std::uint32_t guard_percent;  ///< of the policies: as many deny and pass rules in the first tier
  bool big_network;             ///< one rule about 638 prefixes
  bool gangs;                   ///< pods are members of training jobs, with labels of their own
  std::uint32_t most_classes;   ///< a world that needs more does not have the shape it is meant to have
};

/// S, M, L, XL, R and A. R is XL with 100,000 pods: the world reachability is measured on.
std::span<const WorldSize> world_sizes();
const WorldSize* find_world(std::string_view name);

struct WorldFile {
  std::string path;  ///< relative
  std::string text;
};

struct WorldTexts {
  std::vector<WorldFile> policies;
  WorldFile inventory;  ///< Weft's own form, as JSON
};

/// The same size and seed give the same texts everywhere.
WorldTexts generate_texts(const WorldSize& size, std::uint64_t seed = 1);

}  // namespace weft::bench
