#include "driver/reach.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace weft::driver {
namespace {

using verifier::BitSet;
using verifier::Connectivity;
using verifier::Place;

// Where the members of a class stand: mostly all in one group.
struct Seat {
  std::size_t group = 0;
  const ReachGroup::Part* part = nullptr;
  std::uint64_t size = 0;
};
using Seats = std::vector<std::vector<Seat>>;  // by class

Seats seats_of(const std::vector<ReachGroup>& groups, std::size_t classes) {
  Seats out(classes);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const ReachGroup::Part& part : groups[g].parts) {
      out[part.number].push_back({g, &part, std::max<std::uint64_t>(part.members.size(), 1)});
    }
  }
  return out;
}

std::uint64_t common(const std::vector<model::InstanceId>& a, const std::vector<model::InstanceId>& b) {
  std::uint64_t out = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (*x == *y) ++out;
    const bool left = *x <= *y, right = *y <= *x;
    x += left ? 1 : 0;
    y += right ? 1 : 0;
  }
  return out;
}

// Counts pairs of members, atom by atom.
class Tally {
 public:
  Tally(const Connectivity& connectivity, const model::Inventory& inventory, Reach& reach)
      : connectivity_(connectivity),
        inventory_(inventory),
        reach_(reach),
        sources_(seats_of(reach.sources, connectivity.classes().size())),
        destinations_(seats_of(reach.destinations, connectivity.classes().size())),
        shares_(connectivity.classes().size()) {
    for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
      const auto mine = connectivity.classes_of(model::InstanceId{i});
      if (mine.size() < 2) continue;
      for (const std::uint32_t number : mine) shares_[number] = true;
    }
  }

  void run(const BitSet& atoms) {
    count_all();
    counts_.assign(totals_.size(), 0);
    slots_.assign(totals_.size(), 0);
    const std::size_t rows = static_cast<std::size_t>(
        std::ranges::count_if(sources_, [](const std::vector<Seat>& seats) { return !seats.empty(); }));
    atoms.each([&](std::uint32_t atom) {
      std::ranges::fill(counts_, 0);
      // One row is quick; of many all are quicker at once.
      if (rows <= 32) {
        for (std::uint32_t s = 0; s < sources_.size(); ++s) {
          if (!sources_[s].empty()) add_row(s, connectivity_.reached_from(atom, s));
        }
      } else {
        const verifier::ClassMatrix matrix = connectivity_.matrix(atom);
        for (std::uint32_t s = 0; s < sources_.size(); ++s) {
          if (!sources_[s].empty()) add_row(s, matrix.row_set(s));
        }
      }
      if (connectivity_.place_matters()) add_home(atom);
      for (std::size_t cell = 0; cell < counts_.size(); ++cell) {
        if (counts_[cell] == 0) continue;
        if (slots_[cell] == 0) {
          found_.push_back({BitSet(atoms.size()), BitSet(atoms.size()), 0});
          slots_[cell] = static_cast<std::uint32_t>(found_.size());
        }
        Found& found = found_[slots_[cell] - 1];
        const bool all = counts_[cell] == totals_[cell];
        (all ? found.all : found.some).set(atom);
        if (!all) found.most = std::max(found.most, counts_[cell]);
      }
    });
    for (std::size_t cell = 0; cell < totals_.size(); ++cell) {
      if (slots_[cell] == 0) continue;
      const Found& found = found_[slots_[cell] - 1];
      reach_.edges.push_back({cell / reach_.destinations.size(), cell % reach_.destinations.size(),
                              connectivity_.points_of(found.all), connectivity_.points_of(found.some), totals_[cell],
                              found.most == 0 ? totals_[cell] : found.most});
    }
  }

 private:
  std::size_t cell(const Seat& from, const Seat& to) const {
    return from.group * reach_.destinations.size() + to.group;
  }

  std::uint64_t pairs(std::uint32_t s, const Seat& from, std::uint32_t d, const Seat& to) const {
    const bool may_share = s == d || (shares_[s] && shares_[d]);
    return from.size * to.size - (may_share ? common(from.part->members, to.part->members) : 0);
  }

  // An instance that has ends in several classes of a group makes a pair for each way it can be an end.
  void count_all() {
    totals_.assign(reach_.sources.size() * reach_.destinations.size(), 0);
    for (std::uint32_t s = 0; s < sources_.size(); ++s) {
      for (const Seat& from : sources_[s]) {
        for (std::uint32_t d = 0; d < destinations_.size(); ++d) {
          if (destinations_[d].empty() || !connectivity_.pairs_exist(s, d)) continue;
          for (const Seat& to : destinations_[d]) totals_[cell(from, to)] += pairs(s, from, d, to);
        }
      }
    }
  }

  void add_row(std::uint32_t s, const BitSet& row) {
    row.each([&](std::uint32_t d) {
      for (const Seat& to : destinations_[d]) {
        for (const Seat& from : sources_[s]) counts_[cell(from, to)] += pairs(s, from, d, to);
      }
    });
  }

  // A node and the workloads it runs may be open to one another where other nodes and workloads of their classes are
  // not.
  void add_home(std::uint32_t atom) {
    if (homes_.empty()) find_homes();
    for (const auto& [pair, cells] : homes_) {
      const bool home = connectivity_.allowed(pair.first, pair.second, atom, Place::Home);
      const bool apart = connectivity_.allowed(pair.first, pair.second, atom, Place::Apart);
      if (home == apart) continue;
      for (const auto& [at, count] : cells) counts_[at] = home ? counts_[at] + count : counts_[at] - count;
    }
  }

  void find_homes() {
    for (const model::Instance& instance : inventory_.instances) {
      if (instance.host || !instance.peer.node) continue;
      for (const bool from_node : {true, false}) {
        const model::InstanceId source = from_node ? *instance.peer.node : *instance.peer.instance;
        const model::InstanceId destination = from_node ? *instance.peer.instance : *instance.peer.node;
        for (const std::uint32_t s : connectivity_.classes_of(source)) {
          for (const std::uint32_t d : connectivity_.classes_of(destination)) {
            if (!connectivity_.pairs_exist(s, d)) continue;
            for (const Seat& from : sources_[s]) {
              if (!std::ranges::binary_search(from.part->members, source)) continue;
              for (const Seat& to : destinations_[d]) {
                if (std::ranges::binary_search(to.part->members, destination)) ++homes_[{s, d}][cell(from, to)];
              }
            }
          }
        }
      }
    }
  }

  const Connectivity& connectivity_;
  const model::Inventory& inventory_;
  Reach& reach_;
  Seats sources_, destinations_;
  std::vector<bool> shares_;  // by class: some member has ends in another class too
  // What is open in a cell; most cells are empty.
  struct Found {
    BitSet all, some;
    std::uint64_t most = 0;
  };
  std::vector<std::uint64_t> totals_, counts_;  // by cell, of the atom at hand
  std::vector<std::uint32_t> slots_;            // by cell: position in `found_`, plus one
  std::vector<Found> found_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::size_t, std::uint64_t>> homes_;
};

}  // namespace

Reachability::Reachability(const Compilation& compilation, model::Moment now)
    : compilation_(compilation), connectivity_(compilation.policy, compilation.inventory, now) {}

const verifier::ClassMatrix& Reachability::hops() const {
  if (!hops_) hops_ = connectivity_.any_service();
  return *hops_;
}

BitSet Reachability::atoms(const std::optional<model::PointSet>& services) const {
  BitSet out(connectivity_.atoms().size());
  for (std::uint32_t atom = 0; atom < connectivity_.atoms().size(); ++atom) {
    if (!services || services->intersects(connectivity_.atoms()[atom])) out.set(atom);
  }
  return out;
}

Reach Reachability::between(std::vector<ReachGroup> sources, std::vector<ReachGroup> destinations,
                            const std::optional<model::PointSet>& services) const {
  Reach out{std::move(sources), std::move(destinations), {}};
  Tally(connectivity_, compilation_.inventory, out).run(atoms(services));
  if (!services) return out;
  // An atom may hold more than was asked for.
  for (ReachEdge& edge : out.edges) {
    for (model::PointSet* points : {&edge.all, &edge.some}) {
      model::PointSet outside = *points;
      outside.remove(*services);
      points->remove(outside);
    }
  }
  return out;
}

std::string size_of(const ReachGroup& group) {
  if (group.kind == model::PeerKind::World) return "world";
  const auto is_node = [&](const char* one, const char* many) {
    return fmt::format("{} {}", group.members.size(), group.members.size() == 1 ? one : many);
  };
  return group.kind == model::PeerKind::Node ? is_node("node", "nodes") : is_node("workload", "workloads");
}

}  // namespace weft::driver
