#include "verifier/remainder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace weft::verifier {

namespace {

// Pieces looked at, one for each obstacle that meets it, before the solver is left to it. Work, not time.
constexpr std::size_t max_work = 400'000;
// Pieces that seemed left, of which no flow was accepted.
constexpr int max_refusals = 32;
// Past so many further looks, and as much work as the question itself may take, an answer may name some that could go.
constexpr int max_looks = 200;
// Namespaces are only compared with their labels where a piece has no more of them.
constexpr std::uint32_t max_namespaces = 64;
constexpr std::size_t max_dimensions = 64;

// One of the independent choices that make a region.
struct Dimension {
  enum class Part : std::uint8_t { Services, Kinds, Apiserver, Addresses, Label };

  Part part = Part::Services;
  bool of_source = false;
  std::uint32_t key = 0;  // of a label

  auto operator<=>(const Dimension&) const = default;
};
using Part = Dimension::Part;

// The sets of small numbers that the bits of a byte stand for.
const IndexSet& from_bits(std::uint8_t bits) {
  static const std::array<IndexSet, 8> sets = [] {
    std::array<IndexSet, 8> out;
    for (std::uint32_t set = 0; set < out.size(); ++set) {
      for (std::uint32_t bit = 0; bit < 3; ++bit) {
        if ((set >> bit & 1U) != 0) out[set] = out[set].with(IndexSet::of(bit, bit));
      }
    }
    return out;
  }();
  return sets[bits];
}

std::uint8_t to_bits(const IndexSet& set) {
  std::uint8_t out = 0;
  for (std::uint8_t bit = 0; bit < 3; ++bit) {
    if (set.contains(bit)) out = static_cast<std::uint8_t>(out | 1U << bit);
  }
  return out;
}

IndexSet chosen(const Universe& universe, const Region& region, const Dimension& dimension) {
  const Box& box = dimension.of_source ? region.source : region.destination;
  switch (dimension.part) {
    case Part::Services:
      return region.services;
    case Part::Kinds:
      return from_bits(box.kinds);
    case Part::Apiserver:
      return from_bits(box.apiserver);
    case Part::Addresses:
      return box.addresses;
    case Part::Label:
      break;
  }
  const IndexSet* known = classes_in(box, dimension.key);
  return known ? *known : IndexSet::below(universe.keys()[dimension.key].classes());
}

void choose(Region& region, const Dimension& dimension, IndexSet set) {
  Box& box = dimension.of_source ? region.source : region.destination;
  switch (dimension.part) {
    case Part::Services:
      region.services = std::move(set);
      return;
    case Part::Kinds:
      box.kinds = to_bits(set);
      return;
    case Part::Apiserver:
      box.apiserver = to_bits(set);
      return;
    case Part::Addresses:
      box.addresses = std::move(set);
      return;
    case Part::Label:
      put_classes(box, dimension.key, std::move(set));
      return;
  }
}

// One box of an obstacle where it meets the region that is taken apart.
struct Patch {
  std::uint32_t obstacle = 0;
  std::uint64_t narrow = 0;  // a bit for each dimension of which it has a part only
  std::uint32_t first = 0;   // of its sets, one for each of these bits, in their order
};

// A part of a dimension that no patch divides.
struct Share {
  IndexSet values;
  std::vector<std::uint32_t> patches;  // that have it; ascending
};

class Search {
 public:
  Search(const Universe& universe, const std::vector<Obstacle>& obstacles, const std::vector<std::size_t>& used,
         const std::function<bool(const Region&)>& accept, std::size_t& work)
      : universe_(universe), obstacles_(obstacles), used_(used), accept_(accept), work_(work) {
    for (const std::size_t i : used) lead_to_ = std::max(lead_to_, obstacles[i].leads_to.value_or(0));
  }

  Remainder::Kind run(const Region& region) {
    dimensions_.clear();
    patches_.clear();
    sets_.clear();
    Region all_of_it = region;
    if (region.empty() || !settled(all_of_it)) return Remainder::Kind::Nothing;
    for (const std::size_t i : used_) lay(all_of_it, static_cast<std::uint32_t>(i));
    if (dimensions_.size() > max_dimensions) return Remainder::Kind::Unknown;
    std::vector<std::uint32_t> all(patches_.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    doubtful_ = false;
    const Outcome outcome = take_apart(all_of_it, all, 0);
    if (outcome == Outcome::Left) return Remainder::Kind::Left;
    return outcome == Outcome::GaveUp || doubtful_ ? Remainder::Kind::Unknown : Remainder::Kind::Nothing;
  }

  /// What kept all the pieces of the regions so far.
  const std::set<std::size_t>& keepers() const { return keepers_; }

 private:
  enum class Outcome : std::uint8_t { Left, Kept, GaveUp };
  using Narrower = std::pair<std::uint32_t, const IndexSet*>;  // a dimension, and the part of it that a box has

  // The boxes of an obstacle as far as they meet the region.
  void lay(const Region& region, std::uint32_t obstacle) {
    const RuleCover& cover = *obstacles_[obstacle].cover;
    if (!cover.services.intersects(region.services)) return;
    std::vector<Narrower> of_services, of_source, of_destination;
    if (!region.services.is_subset_of(cover.services)) {
      of_services.emplace_back(number({Part::Services}), &cover.services);
    }
    for (const Box& source : cover.source.boxes()) {
      of_source.clear();
      if (!meet(region.source, source, true, of_source)) continue;
      for (const Box& destination : cover.destination.boxes()) {
        of_destination.clear();
        if (!meet(region.destination, destination, false, of_destination)) continue;
        Patch patch{obstacle, 0, static_cast<std::uint32_t>(sets_.size())};
        narrower_.clear();
        for (const auto* of : {&of_services, &of_source, &of_destination}) {
          narrower_.insert(narrower_.end(), of->begin(), of->end());
        }
        std::ranges::sort(narrower_, {}, &Narrower::first);
        for (const auto& [dimension, set] : narrower_) {
          if (dimension < max_dimensions) patch.narrow |= std::uint64_t{1} << dimension;
          sets_.push_back(set);
        }
        patches_.push_back(patch);
      }
    }
  }

  std::uint32_t number(const Dimension& dimension) {
    const auto known = std::ranges::find(dimensions_, dimension) - dimensions_.begin();
    if (known == std::ssize(dimensions_)) dimensions_.push_back(dimension);
    return static_cast<std::uint32_t>(known);
  }

  // False if they have nothing in common; otherwise in what the box is narrower than the end of the region.
  bool meet(const Box& end, const Box& box, bool of_source, std::vector<Narrower>& narrower) {
    if ((end.kinds & box.kinds) == 0 || (end.apiserver & box.apiserver) == 0) return false;
    if (!end.addresses.intersects(box.addresses)) return false;
    for (const auto& [key, classes] : box.labels) {
      const IndexSet* of_end = classes_in(end, key);
      if (of_end && !of_end->intersects(classes)) return false;
    }
    for (const auto& [key, classes] : box.labels) {
      const IndexSet* of_end = classes_in(end, key);
      const bool all = of_end ? of_end->is_subset_of(classes)
                              : IndexSet::below(universe_.keys()[key].classes()).is_subset_of(classes);
      if (!all) narrower.emplace_back(number({Part::Label, of_source, key}), &classes);
    }
    if ((end.kinds & ~box.kinds) != 0) narrower.emplace_back(number({Part::Kinds, of_source}), &from_bits(box.kinds));
    if ((end.apiserver & ~box.apiserver) != 0) {
      narrower.emplace_back(number({Part::Apiserver, of_source}), &from_bits(box.apiserver));
    }
    if (!end.addresses.is_subset_of(box.addresses)) {
      narrower.emplace_back(number({Part::Addresses, of_source}), &box.addresses);
    }
    return true;
  }

  const IndexSet& set_of(const Patch& patch, std::uint32_t dimension) const {
    const std::uint64_t before = patch.narrow & ((std::uint64_t{1} << dimension) - 1);
    return *sets_[patch.first + static_cast<std::uint32_t>(std::popcount(before))];
  }

  // `decided` are the dimensions in which every patch has all of the region.
  Outcome take_apart(const Region& region, const std::vector<std::uint32_t>& patches, std::uint64_t decided) {
    if (patches.size() + 1 > work_) return Outcome::GaveUp;
    work_ -= patches.size() + 1;
    if (is_kept(patches, decided)) return Outcome::Kept;
    const auto dimension = most_divided(patches, decided);
    if (!dimension) return ask(region);
    const Dimension& what = dimensions_[*dimension];
    const std::vector<std::uint32_t> in_all = undivided(patches, *dimension);
    for (const Share& share : shares_of(chosen(universe_, region, what), patches, *dimension)) {
      Region piece = region;
      choose(piece, what, share.values);
      if (!settled(piece)) continue;
      std::vector<std::uint32_t> meeting;
      std::ranges::merge(in_all, share.patches, std::back_inserter(meeting));
      const Outcome outcome = take_apart(piece, meeting, decided | std::uint64_t{1} << *dimension);
      if (outcome != Outcome::Kept) return outcome;
    }
    return Outcome::Kept;
  }

  std::vector<std::uint32_t> undivided(const std::vector<std::uint32_t>& patches, std::uint32_t dimension) const {
    std::vector<std::uint32_t> out;
    for (const std::uint32_t i : patches) {
      if ((patches_[i].narrow >> dimension & 1U) == 0) out.push_back(i);
    }
    return out;
  }

  Outcome ask(const Region& region) {
    if (accept_(region)) return Outcome::Left;
    doubtful_ = true;
    return ++refusals_ > max_refusals ? Outcome::GaveUp : Outcome::Kept;
  }

  // True if no flow of the piece gets through, whatever those do that only may match it.
  bool is_kept(const std::vector<std::uint32_t>& patches, std::uint64_t decided) {
    const auto certain = [&](const Patch& patch) {
      return (patch.narrow & ~decided) == 0 && obstacles_[patch.obstacle].exact;
    };
    const Obstacle* best = nullptr;
    for (const std::uint32_t i : patches) {
      const Obstacle& obstacle = obstacles_[patches_[i].obstacle];
      // Past it nothing leads.
      if (obstacle.leads_to || obstacle.tier < lead_to_ || !certain(patches_[i])) continue;
      if (!best || obstacle.preference < best->preference) best = &obstacle;
    }
    if (best) keepers_.insert(static_cast<std::size_t>(best - obstacles_.data()));
    if (best || lead_to_ == 0) return best != nullptr;
    // The tiers from which on a walk may be looking; who ends one ends all that are not led past him.
    std::set<std::uint32_t> from{0};
    std::vector<std::size_t> ended_by;
    for (const std::uint32_t i : patches) {
      const Obstacle& obstacle = obstacles_[patches_[i].obstacle];
      const auto past = from.upper_bound(obstacle.tier);
      if (past == from.begin()) continue;
      if (certain(patches_[i])) {
        from.erase(from.begin(), past);
        if (!obstacle.leads_to) ended_by.push_back(patches_[i].obstacle);
      }
      if (obstacle.leads_to) from.insert(*obstacle.leads_to);
    }
    if (!from.empty()) return false;
    keepers_.insert(ended_by.begin(), ended_by.end());
    return true;
  }

  // That in which most patches have a part only: what none of them has is soon found.
  std::optional<std::uint32_t> most_divided(const std::vector<std::uint32_t>& patches, std::uint64_t decided) const {
    std::array<std::uint32_t, max_dimensions> counts{};
    for (const std::uint32_t i : patches) {
      for (std::uint64_t left = patches_[i].narrow & ~decided; left != 0; left &= left - 1) {
        ++counts[static_cast<std::size_t>(std::countr_zero(left))];
      }
    }
    const auto most = std::ranges::max_element(counts);
    if (*most == 0) return {};
    return static_cast<std::uint32_t>(most - counts.begin());
  }

  // The values of a dimension by the patches that have them, those first that the fewest have.
  std::vector<Share> shares_of(const IndexSet& values, const std::vector<std::uint32_t>& patches,
                               std::uint32_t dimension) {
    struct Edge {
      std::uint32_t at = 0;  // the first value of which it is true
      bool enters = false;
      std::uint32_t patch = 0;
    };
    std::vector<Edge> edges;
    for (const std::uint32_t i : patches) {
      if ((patches_[i].narrow >> dimension & 1U) == 0) continue;
      for (const auto& [first, last] : set_of(patches_[i], dimension).intervals()) {
        edges.push_back({first, true, i});
        edges.push_back({last + 1, false, i});
      }
    }
    std::ranges::sort(edges, {}, [](const Edge& edge) { return std::tuple(edge.at, edge.enters, edge.patch); });
    std::map<std::vector<std::uint32_t>, std::vector<IndexSet::Interval>> by_patches;
    std::vector<std::uint32_t> here;  // ascending
    std::uint32_t from = 0;
    const auto reach = [&](std::uint32_t at) {
      if (at <= from) return;
      by_patches[here].push_back({from, at - 1});
      work_ -= std::min(work_, here.size());
      from = at;
    };
    for (const Edge& edge : edges) {
      reach(edge.at);
      const auto place = std::ranges::lower_bound(here, edge.patch);
      if (edge.enters) {
        here.insert(place, edge.patch);
      } else {
        here.erase(place);
      }
    }
    reach(values.intervals().back().last + 1);
    std::vector<Share> out;
    for (auto& [who, where] : by_patches) {
      IndexSet common = IndexSet::of(std::move(where)).common_with(values);
      if (!common.empty()) out.push_back({std::move(common), who});
    }
    const auto fewest_first = [](const Share& share) { return std::pair(share.patches.size(), share.values.lowest()); };
    std::ranges::sort(out, {}, fewest_first);
    return out;
  }

  // Leaves of both ends what can be; false if that is nothing.
  bool settled(Region& region) const {
    for (Box* end : {&region.source, &region.destination}) {
      settle(universe_, *end);
      if (end->empty() || !fit_namespaces(*end)) return false;
    }
    return true;
  }

  // A namespace that the inventory lists has the labels that it lists, and no others.
  bool fit_namespaces(Box& end) const {
    if (universe_.namespaces().empty()) return true;
    const IndexSet* namespaces = classes_in(end, *universe_.ns());
    if (!namespaces) return true;
    std::uint32_t count = 0;
    for (const auto& [first, last] : namespaces->intervals()) count += std::min(last - first + 1, max_namespaces + 1);
    if (count > max_namespaces) return true;
    std::vector<IndexSet::Interval> fitting;
    for (const auto& [first, last] : namespaces->intervals()) {
      for (std::uint32_t value = first; value <= last; ++value) {
        if (fits(end, value)) fitting.push_back({value, value});
      }
    }
    if (fitting.empty()) return false;
    put_classes(end, *universe_.ns(), IndexSet::of(std::move(fitting)));
    return true;
  }

  bool fits(const Box& end, std::uint32_t value) const {
    const Universe::Namespace* listed = universe_.namespace_of(value);
    return !listed || std::ranges::all_of(listed->labels, [&](const auto& label) {
      const IndexSet* classes = classes_in(end, label.first);
      return !classes || classes->contains(label.second);
    });
  }

  const Universe& universe_;
  const std::vector<Obstacle>& obstacles_;
  const std::vector<std::size_t>& used_;
  const std::function<bool(const Region&)>& accept_;
  std::size_t& work_;
  std::uint32_t lead_to_ = 0;          // the latest tier to which one of them leads
  std::vector<Dimension> dimensions_;  // of which some patch has a part only
  std::vector<Patch> patches_;         // in the order of their obstacles
  std::vector<const IndexSet*> sets_;
  std::vector<Narrower> narrower_;
  std::set<std::size_t> keepers_;
  int refusals_ = 0;
  bool doubtful_ = false;  // some piece seemed left
};

Remainder::Kind search_all(Search& search, const std::vector<Region>& regions) {
  auto out = Remainder::Kind::Nothing;
  for (const Region& region : regions) {
    const Remainder::Kind found = search.run(region);
    if (found == Remainder::Kind::Left) return found;
    if (found == Remainder::Kind::Unknown) out = found;
  }
  return out;
}

}  // namespace

Remainder Remainders::of(const std::vector<Region>& regions, const std::vector<Obstacle>& obstacles,
                         const std::function<bool(const Region&)>& accept) {
  std::size_t work = max_work;
  std::vector<std::size_t> leading;
  std::vector<std::size_t> used;
  bool told_by_boxes = true;
  for (std::size_t i = 0; i < obstacles.size(); ++i) {
    used.push_back(i);
    if (!obstacles[i].leads_to) continue;
    leading.push_back(i);
    // It may match what has a value of which boxes do not know, and lead it past what stands in the way of all others.
    told_by_boxes = told_by_boxes && obstacles[i].exact;
  }
  Remainder out;
  Search whole(universe_, obstacles, used, accept, work);
  out.kind = search_all(whole, regions);
  work_ += obstacles.size() + max_work - work;
  if (out.kind == Remainder::Kind::Nothing && !told_by_boxes) out.kind = Remainder::Kind::Unknown;
  if (out.kind != Remainder::Kind::Nothing) return out;

  // One after the other, from the least preferred, goes what is not needed.
  const std::function<bool(const Region&)> anything = [](const Region&) { return true; };
  std::vector<std::size_t> enough(whole.keepers().begin(), whole.keepers().end());
  const auto preference = [&](std::size_t i) { return obstacles[i].preference; };
  std::set<std::size_t> needed;
  std::size_t work_for_looks = max_work;
  for (int looks = 0; looks < max_looks; ++looks) {
    std::ranges::sort(enough, std::ranges::greater{}, preference);
    const auto tried = std::ranges::find_if(enough, [&](std::size_t i) { return !needed.contains(i); });
    if (tried == enough.end()) break;
    const std::size_t left_out = *tried;
    used = leading;
    std::ranges::copy_if(enough, std::back_inserter(used), [&](std::size_t i) { return i != left_out; });
    std::ranges::sort(used);
    Search fewer(universe_, obstacles, used, anything, work_for_looks);
    if (search_all(fewer, regions) == Remainder::Kind::Nothing) {
      enough.assign(fewer.keepers().begin(), fewer.keepers().end());
    } else {
      needed.insert(left_out);
    }
  }
  work_ += max_work - work_for_looks;
  std::ranges::sort(enough);
  out.enough = std::move(enough);
  return out;
}

}  // namespace weft::verifier
