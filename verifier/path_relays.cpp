#include "verifier/path_relays.h"

#include <algorithm>

namespace weft::verifier {

using model::PeerKind;

RelaySearch::RelaySearch(const PartyGraph& graph, const model::Assertion& claim)
    : graph_(graph), relays_(graph.graph().classes().size()) {
  const std::vector<PeerClass>& classes = graph.graph().classes();
  for (std::uint32_t i = 0; i < classes.size(); ++i) {
    const bool avoided = claim.avoiding && model::matches(*claim.avoiding, classes[i].example);
    if (classes[i].kind != PeerKind::World && !avoided) relays_.set(i);
  }
  rows_.resize(classes.size());
  home_rows_.resize(classes.size());
}

const BitSet& RelaySearch::row(std::uint32_t class_, Place place) {
  std::optional<BitSet>& known = place == Place::Home ? home_rows_[class_] : rows_[class_];
  if (!known) {
    known = graph_.graph().reached_from(class_, place);
    *known &= relays_;
  }
  return *known;
}

std::vector<std::uint32_t> RelaySearch::classes_of(const Item& item) const {
  if (item.only_from) return {*item.only_from};
  const auto all = graph_.graph().classes_of(*item.party.instance);
  return {all.begin(), all.end()};
}

std::optional<std::size_t> RelaySearch::run(const std::vector<PartyEnd>& starts,
                                            const std::function<bool(const Item&)>& visit) {
  items_.clear();
  reached_ = BitSet(graph_.inventory().instances.size());
  whole_ = BitSet(graph_.graph().classes().size());
  for (const PartyEnd& start : starts) items_.push_back({start.party, start.class_, start.family, {}, 0, 0});
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (visit(items_[i])) return i;
    expand(i);
  }
  return {};
}

bool RelaySearch::sends(const Item& item, std::uint32_t class_, model::Family family) const {
  return graph_.has_family(class_, family) && (!item.family || item.family == family);
}

void RelaySearch::reach(Party party, std::size_t from, std::uint32_t left, std::uint32_t arrived) {
  const auto number = static_cast<std::size_t>(*party.instance);
  if (reached_.test(number)) return;
  reached_.set(number);
  items_.push_back({party, {}, {}, from, left, arrived});
}

void RelaySearch::expand(std::size_t at) {
  const Party sender = items_[at].party;
  const bool place_matters = graph_.graph().place_matters();
  for (const std::uint32_t left : classes_of(items_[at])) {
    BitSet fresh = row(left, Place::Apart);
    fresh -= whole_;
    const std::optional<model::Family> family = items_[at].family;
    fresh.each([&](std::uint32_t arrived) {
      if (family && !graph_.has_family(arrived, *family)) return;
      bool whole = true;
      for (const Party party : graph_.members(arrived)) {
        const bool other_place = place_matters && graph_.place(sender, party) == Place::Home;
        if (party == sender || other_place) {
          whole = whole && reached_.test(static_cast<std::size_t>(*party.instance));
        } else {
          reach(party, at, left, arrived);
        }
      }
      if (whole) whole_.set(arrived);
    });
    if (!place_matters || !sender.instance) continue;
    const BitSet& at_home = row(left, Place::Home);
    for (const model::InstanceId other : graph_.home(*sender.instance)) {
      for (const std::uint32_t arrived : graph_.graph().classes_of(other)) {
        if (at_home.test(arrived)) reach({other}, at, left, arrived);
      }
    }
  }
}

std::vector<Witness> RelaySearch::flows_to(std::size_t item) const {
  const model::PortSet any{model::PointSet::any(), {}};
  std::vector<Witness> out;
  for (std::size_t at = item; items_[at].parent; at = *items_[at].parent) {
    const Item& to = items_[at];
    auto flow = graph_.flow(items_[*to.parent].party, to.left, to.party, to.arrived, any, true);
    if (flow) out.push_back(std::move(*flow));
  }
  std::ranges::reverse(out);
  return out;
}

}  // namespace weft::verifier
