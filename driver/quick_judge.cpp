#include "driver/quick_judge.h"

#include <algorithm>

#include "driver/resolver.h"

namespace weft::driver {

class KnownEnd {
 public:
  ResolvedEnd found;
  /// By address, or one where addresses make no difference or there are none.
  std::vector<EndRows> rows;
};

QuickJudge::QuickJudge(const model::Policy& policy, const model::Inventory& inventory, model::Moment now)
    : policy_(policy), inventory_(inventory), rows_(policy, now), addresses_matter_(mentions_addresses(policy)) {}

std::shared_ptr<const KnownEnd> QuickJudge::know(const PeerQuestion& question) const {
  const auto* imagined = std::get_if<ImaginedPeer>(&question);
  if (imagined != nullptr && !imagined->addresses.empty()) return nullptr;
  auto out = std::make_shared<KnownEnd>();
  if (!resolve(policy_, inventory_, question, 0, out->found)) return nullptr;
  // An imagined workload is never the other end, even where both are imagined in the same words.
  if (imagined != nullptr) out->found.made_up.instance.reset();
  const auto& addresses = out->found.addresses;
  const std::size_t count = addresses_matter_ ? std::max<std::size_t>(addresses.size(), 1) : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto address = i < addresses.size() ? std::optional(addresses[i]) : std::nullopt;
    out->rows.push_back(rows_.of({out->found.peer, address}));
  }
  return out;
}

std::optional<Answer> QuickJudge::answer(const KnownEnd& source, const KnownEnd& destination,
                                         model::ServicePoint service) const {
  const auto from = source.found.addresses, to = destination.found.addresses;
  Answer out;
  out.service = service;
  bool allowed = false, denied = false;
  const auto judge = [&](std::size_t i, std::size_t j) {
    const EndRows& at_source = source.rows[addresses_matter_ ? i : 0];
    const EndRows& at_destination = destination.rows[addresses_matter_ ? j : 0];
    const model::Decision decision = rows_.decide(at_source, at_destination, service);
    (decision.allowed ? allowed : denied) = true;
    const bool told = std::ranges::any_of(out.judgements, [&](const auto& have) { return have.decision == decision; });
    if (told) return;
    const auto address = [](const auto& all, std::size_t at) {
      return at < all.size() ? std::optional(all[at]) : std::nullopt;
    };
    out.judgements.push_back({address(from, i), address(to, j), decision});
  };
  // In the order of `pairs_of`, which is that of `Judge`.
  for (std::size_t i = 0; i < std::max<std::size_t>(from.size(), 1); ++i) {
    for (std::size_t j = 0; j < std::max<std::size_t>(to.size(), 1); ++j) {
      if (!from.empty() && !to.empty() && from[i].family != to[j].family) continue;
      if (addresses_matter_ || out.judgements.empty()) judge(i, j);
    }
  }
  if (out.judgements.empty()) return {};
  out.verdict = !denied ? Answer::Verdict::Allow : !allowed ? Answer::Verdict::Deny : Answer::Verdict::Mixed;
  if (!source.found.note.empty()) out.notes.push_back(source.found.note);
  if (!destination.found.note.empty() && destination.found.note != source.found.note) {
    out.notes.push_back(destination.found.note);
  }
  return out;
}

std::size_t QuickJudge::bytes(const KnownEnd& end) const { return sizeof(KnownEnd) + end.rows.size() * rows_.bytes(); }

}  // namespace weft::driver
