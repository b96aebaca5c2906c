#include <vector>

#include <fmt/format.h>

#include "verifier/answer.h"

#include "base/text.h"

namespace weft::verifier {

using model::Direction;
using model::PeerKind;

model::Flow Witness::flow() const { return {{&source, source_address}, {&destination, destination_address}, service}; }

namespace {

std::string describe(const std::string& name, const model::Peer& peer, const std::optional<model::Address>& address) {
  std::string out;
  switch (peer.kind) {
    case PeerKind::Workload:
      out = "workload";
      break;
    case PeerKind::Node:
      out = "node";
      break;
    case PeerKind::World:
      out = "world";
      break;
  }
  if (!name.empty()) {
    out = fmt::format("`{}`", name);  // who knows the name can look up the rest
  } else if (peer.kind != PeerKind::World) {
    std::vector<std::string> labels;
    for (const auto& [key, value] : peer.labels) {
      labels.push_back(fmt::format("{}: {}", model::to_string(key), in_quotes(value)));
    }
    out += labels.empty() ? " without labels" : fmt::format(" {{{}}}", fmt::join(labels, ", "));
  }
  if (address) {
    out += fmt::format(" at {}", model::to_string(*address));
    if (peer.apiserver.contains(*address)) out += " (the API server)";
  }
  return out;
}

}  // namespace

std::string describe_source(const Witness& witness) {
  const bool runs_there =
      witness.source_name.empty() && witness.source.node && witness.source.node == witness.destination.instance;
  return describe(witness.source_name, witness.source, witness.source_address) +
         (runs_there ? " (which runs on that node)" : "");
}

std::string describe_destination(const Witness& witness) {
  std::string out = describe(witness.destination_name, witness.destination, witness.destination_address);
  if (!witness.destination_name.empty()) return out;
  for (const model::NamedPort& port : witness.destination.ports) {
    out += fmt::format(" (which calls {} `{}`)", model::to_string(model::service_point(port.protocol, port.port)),
                       port.name);
  }
  if (witness.destination.node && witness.destination.node == witness.source.instance) {
    out += " (which runs on that node)";
  }
  return out;
}

std::string describe(const Witness& witness) {
  return fmt::format("{} -> {} : {}", describe_source(witness), describe_destination(witness),
                     model::to_string(witness.service));
}

std::string describe_gate(const Witness& witness, Direction direction, const model::Policy& policy,
                          const Sources& sources) {
  const bool egress = direction == Direction::Egress;
  const auto& gate = egress ? witness.decision.egress : witness.decision.ingress;
  const std::string at = egress ? "egress at the source" : "ingress at the destination";
  if (!gate) {
    const PeerKind kind = egress ? witness.source.kind : witness.destination.kind;
    return fmt::format("{}: {} has no gate", at, kind == PeerKind::World ? "the world" : "this node");
  }
  const auto place = [&](Span span) {
    return static_cast<std::size_t>(span.source) < sources.size() ? " at " + sources.location(span) : "";
  };
  const std::string_view verdict = model::to_string(gate->verdict);
  switch (gate->reason) {
    case model::Reason::Rule: {
      const model::Rule& rule = policy[*gate->rule];
      return fmt::format("{}: {} by `{}`{} (tier `{}`)", at, verdict, policy[rule.block].name, place(rule.span),
                         policy[rule.tier].name);
    }
    case model::Reason::Isolation: {
      const model::Isolation& isolation = policy[*gate->isolation];
      return fmt::format("{}: {} by isolation in `{}`{} (tier `{}`)", at, verdict, policy[isolation.block].name,
                         place(isolation.span), policy[isolation.tier].name);
    }
    case model::Reason::Profile:
      return fmt::format("{}: {} by profile `{}`, as no rule decides", at, verdict, policy.profile.name);
    case model::Reason::OwnNode:
      return fmt::format("{}: {} by profile `{}`, as it is the workload's own node", at, verdict, policy.profile.name);
  }
  return at;
}

std::string to_string(const Witness& witness, const model::Policy& policy, const Sources& sources) {
  return fmt::format("{}\n  {}\n  {}\n", describe(witness), describe_gate(witness, Direction::Egress, policy, sources),
                     describe_gate(witness, Direction::Ingress, policy, sources));
}

}  // namespace weft::verifier
