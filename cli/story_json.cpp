#include <utility>

#include <nlohmann/json.hpp>

#include "cli/decision_text.h"
#include "cli/story_text.h"
#include "model/moment.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using driver::Change;
using driver::TierStep;

class Writer {
 public:
  Writer(const model::Policy& policy, const Sources& sources)
      : policy_(policy), sources_(sources), text_(policy, sources) {}

  Json write(const driver::FlowStory& story) {
    Json out;
    out["verdict"] = story.walk.allowed ? "allow" : "deny";
    out["from"] = story.source;
    out["to"] = story.destination;
    if (story.walk.self) out["by"] = "self";
    out["gates"] = Json::array();
    if (!story.walk.self) {
      out["gates"].push_back(gate(story.walk.egress));
      out["gates"].push_back(gate(story.walk.ingress));
    }
    out["changes"] = Json::array();
    for (const Change& each : story.changes) out["changes"].push_back(change(each));
    return out;
  }

 private:
  template <typename Statement>
  Json statement(const Statement& each) const {
    return {{"policy", policy_[each.block].name},
            {"at", sources_.location(each.span)},
            {"text", std::string(sources_.text(each.span))}};
  }

  Json rules(const std::vector<model::RuleId>& ids) const {
    Json out = Json::array();
    for (const model::RuleId id : ids) out.push_back(statement(policy_[id]));
    return out;
  }

  Json gate(const driver::GateWalk& walk) {
    Json out{{"gate", walk.direction == model::Direction::Egress ? "source" : "destination"}};
    out["decision"] = Json::parse(text_.json(walk.decision));
    out["tiers"] = Json::array();
    for (const TierStep& step : walk.steps) out["tiers"].push_back(tier(step));
    out["near"] = rules(walk.near);
    return out;
  }

  Json tier(const TierStep& step) const {
    static constexpr std::string_view outcomes[] = {"silent", "decided", "passed", "skipped", "isolation"};
    Json out{{"tier", policy_[step.tier].name}, {"outcome", outcomes[static_cast<std::size_t>(step.outcome)]}};
    if (step.rule) {
      out["rule"] = statement(policy_[*step.rule]);
      if (!policy_[*step.rule].because.empty()) out["rule"]["because"] = policy_[*step.rule].because;
    }
    if (step.isolation) out["isolation"] = statement(policy_[*step.isolation]);
    out["overruled"] = rules(step.overruled);
    out["audited"] = rules(step.audited);
    out["expired"] = rules(step.expired);
    return out;
  }

  Json change(const Change& change) const {
    static constexpr std::string_view kinds[] = {"renew", "enforce", "widen", "add", "narrow"};
    Json out{{"kind", kinds[static_cast<std::size_t>(change.kind)]}};
    if (change.rule) out["rule"] = statement(policy_[*change.rule]);
    if (change.isolation) out["isolation"] = statement(policy_[*change.isolation]);
    if (change.kind == Change::Kind::Widen) out["service"] = change.text;
    if (change.kind != Change::Kind::Add) return out;
    out["text"] = change.text;
    out["tier"] = policy_[change.tier].name;
    if (change.block) {
      out["policy"] = policy_[*change.block].name;
      out["at"] = sources_.location(policy_[*change.block].span);
    }
    out["sources"] = change.sources;
    out["destinations"] = change.destinations;
    return out;
  }

  const model::Policy& policy_;
  const Sources& sources_;
  DecisionText text_;
};

}  // namespace

std::string story_json(const driver::FlowStory& story, const model::Policy& policy, const Sources& sources) {
  return Writer(policy, sources).write(story).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weft::cli
