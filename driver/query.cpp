#include "driver/query.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "driver/codes.h"
#include "driver/resolver.h"

namespace weft::driver {
namespace {

std::unexpected<Error> refused(std::string_view code, std::string message, std::string help = {}) {
  return std::unexpected(Error{std::string(code), std::move(message), std::move(help)});
}

// The label against the policy's vocabulary. The namespace and its like may have any name unless a set is declared.
void doubt_label(const model::Policy& policy, const model::LabelKey& key, const std::string& value,
                 std::vector<Doubt>& doubts) {
  const auto declared = policy.schema.find(key);
  if (declared == policy.schema.end()) {
    if (key.scope == model::KeyScope::Identity) return;
    const std::string name = printable(model::to_string(key));
    std::vector<std::string> known;
    for (const auto& [other, domain] : policy.schema) {
      if (other.scope == key.scope) known.push_back(model::to_string(other));
    }
    const std::string near = nearest(name, known);
    doubts.push_back({fmt::format("the policy declares no label `{}`: no rule looks at it", name),
                      near.empty() ? "" : fmt::format("did you mean `{}`?", near)});
    return;
  }
  if (!declared->second.values) return;
  const std::vector<std::string>& values = *declared->second.values;
  if (std::ranges::find(values, value) != values.end()) return;
  const std::string name = printable(model::to_string(key));
  const std::string near = nearest(value, values);
  const std::size_t shown = std::min<std::size_t>(values.size(), 10);
  doubts.push_back(
      {fmt::format("`{}` is no value that the policy declares for `{}`", printable(value), name),
       !near.empty()
           ? fmt::format("did you mean `{}`?", printable(near))
           : printable(fmt::format("it declares {}{}",
                                   fmt::join(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                                   shown < values.size() ? ", …" : ""))});
}

}  // namespace

std::vector<Doubt> Judge::doubts(const Question& question) const {
  std::vector<Doubt> out = doubts(question.source);
  for (Doubt& doubt : doubts(question.destination)) out.push_back(std::move(doubt));
  return out;
}

std::vector<Doubt> Judge::doubts(const PeerQuestion& end) const {
  std::vector<Doubt> out;
  const auto* imagined = std::get_if<ImaginedPeer>(&end);
  if (imagined == nullptr) return out;
  const auto doubt = [&](const model::LabelKey& key, const std::string& value) {
    doubt_label(policy_, key, value, out);
  };
  for (const auto& [name, value] : imagined->labels) doubt(model::keys::of_workload(name), value);
  for (const auto& [name, value] : imagined->ns_labels) doubt(model::keys::of_namespace(name), value);
  if (imagined->ns) doubt(model::keys::ns, *imagined->ns);
  if (imagined->sa) doubt(model::keys::sa, *imagined->sa);
  if (imagined->cluster) doubt(model::keys::cluster, *imagined->cluster);
  return out;
}

Judge::Judge(const model::Policy& policy, const model::Inventory& inventory, model::Moment now)
    : policy_(policy), inventory_(inventory), now_(now), addresses_matter_(mentions_addresses(policy)) {}

Result<Answer> Judge::answer(const Question& question) const {
  // Words to peers.
  ResolvedEnd source, destination;
  if (auto found = resolve(policy_, inventory_, question.source, 0, source); !found) {
    return std::unexpected(std::move(found.error()));
  }
  if (auto found = resolve(policy_, inventory_, question.destination, 1, destination); !found) {
    return std::unexpected(std::move(found.error()));
  }
  auto settled = settle_ownership(question, source, destination);
  if (!settled) return std::unexpected(std::move(settled.error()));
  const auto service = resolve_service(question.service, question.destination, *destination.peer);
  if (!service) return std::unexpected(service.error());

  // Peers to packets.
  std::vector<AddressPair> pairs = pairs_of(source.addresses, destination.addresses);
  if (pairs.empty()) {
    return refused(query_code::no_common_family,
                   fmt::format("{} and {} have no address of the same family", name_of(question.source),
                               name_of(question.destination)),
                   "no packet can carry this flow");
  }
  if (!addresses_matter_) pairs.resize(1);  // no selector can tell the pairs apart

  Answer answer;
  answer.service = *service;
  bool allowed = false, denied = false;
  for (const auto& [from, to] : pairs) {
    const model::Decision decision =
        model::evaluate(policy_, {{source.peer, from}, {destination.peer, to}, answer.service}, now_);
    (decision.allowed ? allowed : denied) = true;
    const bool told =
        std::ranges::any_of(answer.judgements, [&](const auto& have) { return have.decision == decision; });
    if (!told) answer.judgements.push_back({from, to, decision});
  }
  answer.verdict = !denied ? Answer::Verdict::Allow : !allowed ? Answer::Verdict::Deny : Answer::Verdict::Mixed;
  if (!source.note.empty()) answer.notes.push_back(source.note);
  if (!destination.note.empty() && destination.note != source.note) answer.notes.push_back(destination.note);
  return answer;
}

}  // namespace weft::driver
