#include "verifier/closed_names.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "verifier/connectivity.h"
#include "verifier/path_graph.h"

namespace weft::verifier {

using model::Direction;
using model::InstanceId;
using model::PeerKind;

namespace {

constexpr model::ServicePoint name_service = model::service_point(model::protocol::udp, 53);

class Names {
 public:
  Names(const model::Policy& policy, const model::Inventory& inventory, const Connectivity& connectivity,
        model::Moment now, std::vector<std::string>& internal_errors)
      : policy_(policy),
        now_(now),
        inventory_(inventory),
        connectivity_(connectivity),
        parties_(policy, inventory, connectivity, now),
        atom_(connectivity.atom_of(name_service)),
        asks_(connectivity.matrix(atom_)),
        internal_errors_(internal_errors) {}

  std::vector<NoNames> find() {
    std::map<std::vector<std::uint32_t>, std::vector<InstanceId>> without;  // by the classes of its ends
    bool anybody = false;
    for (std::uint32_t i = 0; i < inventory_.instances.size(); ++i) {
      const model::Instance& instance = inventory_.instances[i];
      if (instance.host || instance.peer.kind != PeerKind::Workload) continue;
      const InstanceId id{i};
      if (may_ask(id)) {
        anybody = true;
      } else {
        const auto classes = connectivity_.classes_of(id);
        without[{classes.begin(), classes.end()}].push_back(id);
      }
    }
    // Where nobody asks and nobody answers, names are looked up some other way.
    if (!anybody && !somebody_answers()) return {};
    for (const auto& [classes, instances] : without) look_at(classes, instances);
    std::vector<NoNames> out;
    for (auto& [decider, of] : found_) {
      std::ranges::sort(of, {}, &Opens::who);
      NoNames& one = out.emplace_back(told(of.front()));
      one.decider = decider;
      for (const Opens& each : of) one.workloads.push_back(inventory_[each.who].name);
    }
    return out;
  }

 private:
  // Somebody who may open a connection: from an end of one class, to whom, on the services of an atom.
  struct Opens {
    InstanceId who{};
    std::uint32_t from = 0;
    Party to;
    std::uint32_t to_class = 0;
    std::uint32_t atom = 0;
  };
  struct Reached {
    Party party;
    std::uint32_t class_ = 0;
  };

  std::vector<Place> places() const {
    if (connectivity_.place_matters()) return {Place::Apart, Place::Home};
    return {Place::Apart};
  }

  // The first of the classes with a member that stands to him in that place.
  std::optional<Reached> anybody_of(const BitSet& classes, InstanceId source, Place place) const {
    if (place == Place::Home) {
      for (const InstanceId other : parties_.home(source)) {
        for (const std::uint32_t to : connectivity_.classes_of(other)) {
          if (classes.test(to)) return Reached{{other}, to};
        }
      }
      return {};
    }
    std::optional<Reached> out;
    classes.each([&](std::uint32_t to) {
      if (out) return;
      const PeerClass& of = connectivity_.classes()[to];
      if (of.kind == PeerKind::World) out = Reached{{}, to};
      for (const InstanceId member : of.members) {
        if (out) return;
        const bool at_home = connectivity_.place_matters() && parties_.place({source}, {member}) == Place::Home;
        if (member != source && !at_home) out = Reached{{member}, to};
      }
    });
    return out;
  }

  bool may_ask(InstanceId who) const {
    for (const std::uint32_t from : connectivity_.classes_of(who)) {
      if (anybody_of(asks_.row_set(from), who, Place::Apart)) return true;
      if (!connectivity_.place_matters() || parties_.home(who).empty()) continue;
      if (anybody_of(connectivity_.reached_from(atom_, from, Place::Home), who, Place::Home)) return true;
    }
    return false;
  }

  bool somebody_answers() const {
    return std::ranges::any_of(inventory_.instances, [](const model::Instance& instance) {
      return std::ranges::any_of(instance.peer.ports, [](const model::NamedPort& port) {
        return model::service_point(port.protocol, port.port) == name_service;
      });
    });
  }

  // Instances with ends of the same classes differ only in who runs where.
  void look_at(const std::vector<std::uint32_t>& classes, std::vector<InstanceId> pending) {
    for (std::uint32_t atom = 0; atom < connectivity_.atoms().size() && !pending.empty(); ++atom) {
      for (const std::uint32_t from : classes) {
        for (const Place place : places()) {
          const BitSet reached = connectivity_.reached_from(atom, from, place);
          if (reached.empty()) continue;
          std::erase_if(pending, [&](InstanceId who) {
            const auto to = anybody_of(reached, who, place);
            if (to) found_[decider_of(from, to->class_, place)].push_back({who, from, to->party, to->class_, atom});
            return to.has_value();
          });
        }
      }
    }
  }

  // Of those it may reach, the one to ask why it may not ask there: any will do.
  std::optional<Statement> decider_of(std::uint32_t from, std::uint32_t to, Place place) const {
    const auto gate = connectivity_.decide(Direction::Egress, from, to, atom_, place);
    if (!gate || gate->verdict != model::Verdict::Deny) return {};
    if (gate->rule) return *gate->rule;
    if (gate->isolation) return *gate->isolation;
    return {};
  }

  // What is said of a flow is what the evaluator says of it.
  NoNames told(const Opens& of) {
    const auto opened =
        parties_.flow({of.who}, of.from, of.to, of.to_class, {connectivity_.atoms()[of.atom], {}}, true);
    bool reproduced = opened && opened->decision.allowed;
    if (reproduced) {
      Witness question = *opened;
      question.service = name_service;
      reproduced = !model::evaluate(policy_, question.flow(), now_).allowed;
    }
    NoNames out;
    if (!reproduced) {
      const std::string to = of.to.instance ? inventory_[*of.to.instance].name : "world";
      internal_errors_.push_back(
          fmt::format("{} -> {} is no witness of a workload that can ask for no names", inventory_[of.who].name, to));
    }
    if (!opened) return out;
    out.reached = opened->destination_name;
    if (out.reached.empty()) out.reached = fmt::format("world {}", model::to_string(*opened->destination_address));
    out.service = opened->service;
    return out;
  }

  const model::Policy& policy_;
  model::Moment now_;
  const model::Inventory& inventory_;
  const Connectivity& connectivity_;
  PartyGraph parties_;
  std::uint32_t atom_;  // of udp/53
  ClassMatrix asks_;
  std::vector<std::string>& internal_errors_;
  std::map<std::optional<Statement>, std::vector<Opens>> found_;  // by what denies them the question
};

}  // namespace

std::vector<NoNames> workloads_without_names(const model::Policy& policy, const model::Inventory& inventory,
                                             const Connectivity& connectivity, model::Moment now,
                                             std::vector<std::string>& internal_errors) {
  return Names(policy, inventory, connectivity, now, internal_errors).find();
}

}  // namespace weft::verifier
