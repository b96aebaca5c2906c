#include "driver/explain_flow.h"

#include <utility>

#include "driver/resolver.h"
#include "driver/sight.h"

namespace weft::driver {
namespace {

std::string shown_name(const PeerQuestion& question, const ResolvedEnd& end) {
  if (!end.name.empty()) return end.name;
  if (std::holds_alternative<ImaginedPeer>(question)) return "an imagined workload";
  return end.peer->kind == model::PeerKind::World ? "world" : "";
}

}  // namespace

Result<FlowExplanation> explain_flow(const model::Policy& policy, const model::Inventory& inventory,
                                     const Question& question, model::Moment now) {
  auto answer = Judge(policy, inventory, now).answer(question);
  if (!answer) return std::unexpected(std::move(answer.error()));
  // The judge found both ends, so they are found again.
  ResolvedEnd source, destination;
  if (auto found = resolve(policy, inventory, question.source, 0, source); !found) {
    return std::unexpected(std::move(found.error()));
  }
  if (auto found = resolve(policy, inventory, question.destination, 1, destination); !found) {
    return std::unexpected(std::move(found.error()));
  }
  if (auto settled = settle_ownership(question, source, destination); !settled) {
    return std::unexpected(std::move(settled.error()));
  }
  const Sight sight(policy, inventory);
  FlowExplanation out;
  for (const Judgement& judgement : answer->judgements) {
    const model::Flow flow{{source.peer, judgement.source}, {destination.peer, judgement.destination}, answer->service};
    FlowStory story{judgement, walk(policy, flow, now), {}, {}, changes_to_turn(policy, inventory, flow, now)};
    story.source = describe_end(shown_name(question.source, source), flow.source, sight.keys());
    story.destination = describe_end(shown_name(question.destination, destination), flow.destination, sight.keys());
    out.stories.push_back(std::move(story));
  }
  out.answer = std::move(*answer);
  return out;
}

}  // namespace weft::driver
