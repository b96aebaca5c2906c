#include <cstdint>
#include <utility>
#include <vector>

#include "driver/reach.h"
#include "driver/reach_members.h"
#include "driver/reach_names.h"

namespace weft::driver {
namespace {

using verifier::BitSet;
using verifier::Connectivity;

// What each class is to some others: which of a list of questions it answers with yes.
class Marks {
 public:
  explicit Marks(const Connectivity& connectivity) : marks_(connectivity.classes().size()) {}

  void ask(const BitSet& yes) {
    yes.each([&](std::uint32_t number) {
      std::vector<std::uint32_t>& mine = marks_[number];
      if (mine.size() <= asked_ / 32) mine.resize(asked_ / 32 + 1);
      mine[asked_ / 32] |= 1U << asked_ % 32;
    });
    ++asked_;
  }
  const std::vector<std::uint32_t>& of_class(std::uint32_t number) const { return marks_[number]; }

 private:
  std::vector<std::vector<std::uint32_t>> marks_;  // bits, no longer than the last one that is set
  std::uint32_t asked_ = 0;
};

template <typename KeyOfClass>
std::vector<ReachGroup> grouped(const Reachability& reachability, const KeyOfClass& key) {
  const Connectivity& connectivity = reachability.connectivity();
  Alike<std::pair<model::PeerKind, std::vector<std::uint32_t>>> alike(reachability);
  for (std::uint32_t c = 0; c < connectivity.classes().size(); ++c) {
    const verifier::PeerClass& mine = connectivity.classes()[c];
    Members& members = alike.of({mine.kind, key(c)});
    if (mine.kind == model::PeerKind::World) members.add_world(c);
    for (const model::InstanceId member : mine.members) members.add_part(member, c);
  }
  return alike.groups();
}

}  // namespace

std::vector<ReachGroup> named_or_fewer(const Reachability& reachability, const std::deque<Members>& members) {
  if (members.size() > most_groups) {
    if (auto fewer = reachability.groups({})) return std::move(*fewer);
  }
  std::vector<ReachGroup> out;
  for (const Members& each : members) out.push_back(each.group(""));
  const Compilation& compilation = reachability.compilation();
  name_groups(out, compilation.policy, compilation.inventory, reachability.connectivity());
  return out;
}

std::vector<ReachGroup> Reachability::groups_towards(const ReachGroup& subject, model::Direction direction,
                                                     const std::optional<model::PointSet>& services) const {
  Marks marks(connectivity_);
  for (const ReachGroup::Part& part : subject.parts) {
    atoms(services).each([&](std::uint32_t atom) {
      marks.ask(direction == model::Direction::Egress ? connectivity_.reached_from(atom, part.number)
                                                      : connectivity_.reaching(atom, part.number));
    });
  }
  return grouped(*this, [&](std::uint32_t number) { return marks.of_class(number); });
}

std::vector<ReachGroup> Reachability::groups_towards_world(const std::optional<model::PointSet>& services) const {
  const std::size_t classes = connectivity_.classes().size();
  Marks marks(connectivity_);
  // Parts of the world are told apart by what they answer themselves.
  std::vector<std::vector<std::uint32_t>> own(classes);
  for (std::uint32_t c = 0; c < classes; ++c) {
    if (connectivity_.classes()[c].kind != model::PeerKind::World) continue;
    atoms(services).each([&](std::uint32_t atom) {
      for (const BitSet& row : {connectivity_.reached_from(atom, c), connectivity_.reaching(atom, c)}) {
        marks.ask(row);
        for (const std::uint64_t word : row.words()) {
          own[c].push_back(static_cast<std::uint32_t>(word));
          own[c].push_back(static_cast<std::uint32_t>(word >> 32));
        }
      }
    });
  }
  return grouped(*this, [&](std::uint32_t number) {
    return connectivity_.classes()[number].kind == model::PeerKind::World ? own[number] : marks.of_class(number);
  });
}

}  // namespace weft::driver
