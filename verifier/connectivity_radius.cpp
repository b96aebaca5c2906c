#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "verifier/connectivity_chains.h"

namespace weft::verifier {
namespace {

// Instances by the classes they have ends in: whoever has the same ones reaches the same.
struct Profiles {
  std::vector<std::vector<std::uint32_t>> classes;
  std::vector<std::uint64_t> sizes;
  std::vector<std::uint32_t> of_instance;
};

Profiles profiles_of(const Connectivity& connectivity, const model::Inventory& inventory) {
  Profiles out;
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
    const std::span<const std::uint32_t> mine = connectivity.classes_of(model::InstanceId{i});
    const auto [found, fresh] =
        numbers.emplace(std::vector(mine.begin(), mine.end()), static_cast<std::uint32_t>(out.classes.size()));
    if (fresh) {
      out.classes.push_back(found->first);
      out.sizes.push_back(0);
    }
    if (!inventory.instances[i].host) ++out.sizes[found->second];
    out.of_instance.push_back(found->second);
  }
  return out;
}

// What chains lead to from each class: classes that lead to one another lead to the same, so that each such knot is
// looked at once. Source: Kosaraju's algorithm, with rows of bits for the edges.
class Knots {
 public:
  Knots(const Connectivity& connectivity, const ClassMatrix& hops, const Profiles& profiles)
      : hops_(hops), edges_(hops), size_(hops.size()), knot_of_(size_) {
    add_edges_between_ends(connectivity, profiles);
    tie();
    follow();
  }

  /// The classes all of whose members, but for the one who starts, are reached from a class.
  const BitSet& reached(std::uint32_t number) const { return reached_[knot_of_[number]]; }
  std::uint32_t knot_of(std::uint32_t number) const { return knot_of_[number]; }
  std::size_t count() const { return members_.size(); }

 private:
  // Who is reached at one of its addresses goes on from all of them. The world goes on from nowhere.
  void add_edges_between_ends(const Connectivity& connectivity, const Profiles& profiles) {
    BitSet world(size_);
    for (std::uint32_t c = 0; c < size_; ++c) {
      if (connectivity.classes()[c].kind == model::PeerKind::World) world.set(c);
    }
    std::map<std::uint32_t, BitSet> beside;
    for (const std::vector<std::uint32_t>& classes : profiles.classes) {
      if (classes.size() < 2) continue;
      for (const std::uint32_t c : classes) {
        for (const std::uint32_t other : classes) beside.try_emplace(c, size_).first->second.set(other);
      }
    }
    for (std::uint32_t s = 0; s < size_; ++s) {
      BitSet row = hops_.row_set(s);
      row -= world;
      BitSet more = row;
      if (!beside.empty()) {
        row.each([&](std::uint32_t d) {
          if (const auto found = beside.find(d); found != beside.end()) more |= found->second;
        });
      }
      std::ranges::copy(more.words(), edges_.row(s).begin());
    }
  }

  // Calls `done` for everything there is a way to from `start` among `open`, when all that follows it is done.
  template <typename Done>
  static void walk(const ClassMatrix& edges, std::uint32_t start, BitSet& open, Done done) {
    std::vector<std::uint32_t> stack{start};
    open.clear(start);
    while (!stack.empty()) {
      const std::span<const std::uint64_t> row = edges.row(stack.back());
      std::size_t word = 0;
      while (word < row.size() && (row[word] & open.words()[word]) == 0) ++word;
      if (word == row.size()) {
        done(stack.back());
        stack.pop_back();
      } else {
        const auto next = word * 64 + static_cast<std::size_t>(std::countr_zero(row[word] & open.words()[word]));
        open.clear(next);
        stack.push_back(static_cast<std::uint32_t>(next));
      }
    }
  }

  void tie() {
    std::vector<std::uint32_t> order;
    BitSet open(size_, true);
    for (std::uint32_t c = 0; c < size_; ++c) {
      if (open.test(c)) walk(edges_, c, open, [&](std::uint32_t done) { order.push_back(done); });
    }
    const ClassMatrix back = edges_.transposed();
    open = BitSet(size_, true);
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      if (!open.test(*at)) continue;
      members_.emplace_back();
      walk(back, *at, open, [&](std::uint32_t done) {
        members_.back().push_back(done);
        knot_of_[done] = static_cast<std::uint32_t>(members_.size() - 1);
      });
    }
  }

  // Knots stand before those they lead to: the last one is complete, and each needs only later ones.
  void follow() {
    reached_.assign(members_.size(), BitSet(size_));
    for (std::size_t k = members_.size(); k-- > 0;) {
      BitSet next(size_);
      for (const std::uint32_t c : members_[k]) {
        reached_[k] |= hops_.row_set(c);
        BitSet edges(size_);
        std::ranges::copy(edges_.row(c), edges.words().begin());
        next |= edges;
      }
      std::vector<bool> seen(members_.size());
      seen[k] = true;
      next.each([&](std::uint32_t d) {
        if (seen[knot_of_[d]]) return;
        seen[knot_of_[d]] = true;
        reached_[k] |= reached_[knot_of_[d]];
      });
    }
  }

  const ClassMatrix& hops_;
  ClassMatrix edges_;
  std::size_t size_;
  std::vector<std::uint32_t> knot_of_;               // by class
  std::vector<std::vector<std::uint32_t>> members_;  // by knot
  std::vector<BitSet> reached_;                      // by knot
};

class Counter {
 public:
  explicit Counter(const Profiles& profiles, std::size_t classes) : alone_(classes) {
    for (std::size_t p = 0; p < profiles.classes.size(); ++p) {
      if (profiles.classes[p].size() == 1) {
        alone_[profiles.classes[p][0]] += profiles.sizes[p];
      } else {
        several_.emplace_back(profiles.classes[p], profiles.sizes[p]);
      }
    }
  }

  // How many instances have an end in one of the classes.
  std::uint64_t count(const BitSet& classes) const {
    std::uint64_t out = 0;
    classes.each([&](std::uint32_t c) { out += alone_[c]; });
    for (const auto& [mine, size] : several_) {
      if (std::ranges::any_of(mine, [&](std::uint32_t c) { return classes.test(c); })) out += size;
    }
    return out;
  }

 private:
  std::vector<std::uint64_t> alone_;  // by class: instances that have ends there only
  std::vector<std::pair<std::vector<std::uint32_t>, std::uint64_t>> several_;
};

// Whom a node reaches depends on what it runs, so that members of a class differ; the others of a profile reach the
// same, themselves among it or not.
std::vector<std::uint64_t> one_by_one(const Connectivity& connectivity, const model::Inventory& inventory,
                                      const ClassMatrix& hops, const Profiles& profiles) {
  std::vector<std::vector<model::InstanceId>> alike(profiles.classes.size());
  for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
    if (!inventory.instances[i].host) alike[profiles.of_instance[i]].push_back(model::InstanceId{i});
  }
  std::vector<std::uint64_t> out(inventory.instances.size());
  const auto count = [&](const Spread& spread, std::size_t reached, model::InstanceId instance) {
    out[static_cast<std::size_t>(instance)] = reached - (spread.reached(instance) ? 1 : 0);
  };
  for (const std::vector<model::InstanceId>& instances : alike) {
    std::optional<Spread> spread;
    std::size_t reached = 0;
    for (const model::InstanceId instance : instances) {
      const bool own_way = inventory[instance].peer.kind == model::PeerKind::Node || connectivity.place_takes_away();
      if (!spread || own_way) {
        spread.emplace(connectivity, inventory, hops, std::vector<ChainStart>{{instance, 0}});
        reached = spread->instances().size();
      }
      count(*spread, reached, instance);
    }
  }
  return out;
}

}  // namespace

std::vector<std::uint64_t> blast_radii(const Connectivity& connectivity, const model::Inventory& inventory,
                                       const ClassMatrix& hops) {
  const Profiles profiles = profiles_of(connectivity, inventory);
  if (connectivity.place_matters()) return one_by_one(connectivity, inventory, hops, profiles);

  const Knots knots(connectivity, hops, profiles);
  const Counter counter(profiles, connectivity.classes().size());
  std::vector<std::optional<std::uint64_t>> of_knot(knots.count());
  std::vector<std::optional<std::uint64_t>> of_profile(profiles.classes.size());
  std::vector<std::uint64_t> out(inventory.instances.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (inventory.instances[i].host) continue;
    const std::uint32_t profile = profiles.of_instance[i];
    if (!of_profile[profile]) {
      const std::vector<std::uint32_t>& classes = profiles.classes[profile];
      if (classes.empty()) {
        of_profile[profile] = 0;
        continue;
      }
      BitSet reached(connectivity.classes().size());
      for (const std::uint32_t c : classes) reached |= knots.reached(c);
      std::optional<std::uint64_t>& all = of_knot[knots.knot_of(classes[0])];
      const std::uint64_t count = classes.size() == 1 && all ? *all : counter.count(reached);
      if (classes.size() == 1) all = count;
      const bool itself = std::ranges::any_of(classes, [&](std::uint32_t c) { return reached.test(c); });
      of_profile[profile] = count - (itself ? 1 : 0);
    }
    out[i] = *of_profile[profile];
  }
  return out;
}

}  // namespace weft::verifier
