#include "cli/witness_json.h"

#include <optional>

#include <nlohmann/json.hpp>

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

Json peer_json(const std::string& name, const model::Peer& peer, const std::optional<model::Address>& address) {
  Json out;
  if (!name.empty()) out["name"] = name;
  switch (peer.kind) {
    case model::PeerKind::Workload:
      out["kind"] = "workload";
      break;
    case model::PeerKind::Node:
      out["kind"] = "node";
      break;
    case model::PeerKind::World:
      out["kind"] = "world";
      break;
  }
  if (peer.kind != model::PeerKind::World) {
    out["labels"] = Json::object();
    for (const auto& [key, value] : peer.labels) out["labels"][model::to_string(key)] = value;
  }
  for (const model::NamedPort& port : peer.ports) {
    out["ports"][port.name].push_back(model::to_string(model::service_point(port.protocol, port.port)));
  }
  if (address) out["address"] = model::to_string(*address);
  return out;
}

Json flow_json(const verifier::Witness& witness, DecisionText& text) {
  Json out;
  out["from"] = peer_json(witness.source_name, witness.source, witness.source_address);
  out["to"] = peer_json(witness.destination_name, witness.destination, witness.destination_address);
  out["service"] = model::to_string(witness.service);
  out["verdict"] = witness.decision.allowed ? "allow" : "deny";
  out["source"] = Json::parse(text.json(witness.decision.egress));
  out["destination"] = Json::parse(text.json(witness.decision.ingress));
  return out;
}

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string witness_json(const verifier::Witness& witness, DecisionText& text) {
  return dumped(flow_json(witness, text));
}

std::string chain_json(const std::vector<verifier::Witness>& chain, DecisionText& text) {
  Json out = Json::array();
  for (const verifier::Witness& flow : chain) out.push_back(flow_json(flow, text));
  return dumped(out);
}

}  // namespace weft::cli
