#include "verifier/plainest.h"

#include <algorithm>
#include <utility>

namespace weft::verifier {

Witness plainest(const Universe& universe, Valuation valuation, model::Moment now, const model::Policy& judge,
                 const model::Policy& whole, const std::function<bool(const Witness&)>& shows) {
  Witness best = universe.concrete(valuation, now, judge);
  const auto decided = [&](Witness witness) {
    if (&judge != &whole) witness.decision = model::evaluate(whole, witness.flow(), now);
    return witness;
  };
  const auto attempt = [&](const std::function<void(Valuation&)>& change) {
    Valuation simpler = valuation;
    change(simpler);
    if (!universe.legal(simpler)) return false;
    Witness witness = universe.concrete(simpler, now, judge);
    if (!shows(witness)) return false;
    valuation = std::move(simpler);
    best = std::move(witness);
    return true;
  };
  const auto drop_labels = [](EndValue& end) { std::ranges::fill(end.labels, 0U); };

  if (valuation.own_node) attempt([](Valuation& v) { v.own_node = false; });
  for (std::size_t i = 0; i < valuation.declares.size(); ++i) {
    if (valuation.declares[i]) attempt([&](Valuation& v) { v.declares[i] = false; });
  }
  for (EndValue Valuation::* end : {&Valuation::source, &Valuation::destination}) {
    if ((valuation.*end).apiserver) attempt([&](Valuation& v) { (v.*end).apiserver = false; });
    for (const model::PeerKind kind : {model::PeerKind::Workload, model::PeerKind::World}) {
      if ((valuation.*end).kind == kind) break;
      const bool done = attempt([&](Valuation& v) {
        (v.*end).kind = kind;
        drop_labels(v.*end);
      });
      if (done) break;
    }
    if (attempt([&](Valuation& v) { drop_labels(v.*end); })) continue;
    for (std::size_t key = 0; key < (valuation.*end).labels.size(); ++key) {
      if ((valuation.*end).labels[key] == 0) continue;
      if (attempt([&](Valuation& v) { (v.*end).labels[key] = 0; })) continue;
      // A listed namespace goes with all its labels.
      if (key != universe.ns()) continue;
      attempt([&](Valuation& v) {
        (v.*end).labels[key] = 0;
        for (std::size_t other = 0; other < universe.keys().size(); ++other) {
          if (universe.keys()[other].key.scope == model::KeyScope::Namespace) (v.*end).labels[other] = 0;
        }
      });
    }
  }
  // The service people know best of those that show the same.
  for (const std::uint32_t port : {443U, 80U, 8080U, 53U, 1U}) {
    const IndexSet atoms = universe.services(
        model::PointSet::of_point(model::service_point(model::protocol::tcp, static_cast<std::uint16_t>(port))));
    if (!atoms.empty() && attempt([&](Valuation& v) { v.service = atoms.lowest(); })) break;
  }
  if (!universe.uses_addresses()) return decided(std::move(best));
  for (const model::Family family : {model::Family::V4, model::Family::V6}) {
    const std::uint32_t example = universe.example_address(family);
    attempt([&](Valuation& v) { v.source.address = v.destination.address = example; });
    attempt([&](Valuation& v) { v.source.address = example; });
    attempt([&](Valuation& v) { v.destination.address = example; });
    if (valuation.source.address < universe.first_v6()) break;
  }
  // An address that does not matter is not shown, except of the world, which is nothing else.
  for (const bool of_source : {true, false}) {
    if ((of_source ? best.source : best.destination).kind == model::PeerKind::World) continue;
    Witness shorter = best;
    (of_source ? shorter.source_address : shorter.destination_address).reset();
    shorter.decision = model::evaluate(judge, shorter.flow(), now);
    if (shows(shorter) && decided(shorter).decision == decided(best).decision) best = std::move(shorter);
  }
  return decided(std::move(best));
}

}  // namespace weft::verifier
