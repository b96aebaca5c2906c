#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/evaluate.h"
#include "model/inventory.h"

// What other projects publish about their policies, in the terms of the model. Each case builds the policy the foreign
// form means (see LANGUAGE: an importer states isolation, tiers and levels) over one universe and asks flows.
namespace weft::test::peer {

using model::Direction;
using model::PortSet;
using model::Selector;
using model::ServicePoint;
using model::Verdict;

// ---- services ----

inline ServicePoint tcp(std::uint16_t port) { return model::service_point(model::protocol::tcp, port); }
inline ServicePoint udp(std::uint16_t port) { return model::service_point(model::protocol::udp, port); }
inline ServicePoint sctp(std::uint16_t port) { return model::service_point(model::protocol::sctp, port); }
inline ServicePoint ping() { return model::service_point(model::protocol::icmp, 8 << 8); }
PortSet every_service();
PortSet all_of(std::uint8_t protocol);
PortSet ports(std::uint8_t protocol, std::uint16_t first, std::uint16_t last);
inline PortSet tcp_port(std::uint16_t port) { return ports(model::protocol::tcp, port, port); }
/// One name under each of the protocols.
PortSet named(const std::string& name, std::vector<std::uint8_t> protocols);

// ---- peers ----

Selector ns(const std::string& name);
Selector pod(const std::string& name);
Selector both(Selector a, Selector b);
Selector either(Selector a, Selector b);
/// `addr` and `world`, of one network without others.
Selector addr(std::string_view network, std::vector<std::string_view> except = {});
Selector world(std::string_view network, std::vector<std::string_view> except = {});
/// y/b, the subject unless a case says otherwise.
Selector y_b();

/// Namespaces x, y, z; pods a, b, c in each; nodes n1 (x, y) and n2 (z); `hn`, a host-network pod of x on n1.
class Universe {
 public:
  explicit Universe(std::string_view profile, std::vector<std::string> tiers);

  model::Policy policy;

  /// A rule at the gate of its subject only: the foreign forms speak of one gate at a time.
  void ingress(Verdict verdict, std::string_view tier, const Selector& subject, const Selector& from,
               const PortSet& ports, model::Level level = {}, std::string_view pass_to = {});
  void egress(Verdict verdict, std::string_view tier, const Selector& subject, const Selector& to, const PortSet& ports,
              model::Level level = {}, std::string_view pass_to = {});
  void isolate(std::string_view tier, const Selector& subject, bool ingress, bool egress);

  /// `from` and `to` are names of the universe, or addresses.
  model::Decision ask(std::string_view from, std::string_view to, ServicePoint service) const;

 private:
  model::TierId tier(std::string_view name) const;
  model::End end(std::string_view name) const;
  void add(model::Rule rule, std::string_view pass_to);
  model::InstanceId add(std::string name, model::Peer peer, std::vector<std::string_view> addresses);

  model::Inventory inventory_;
};

struct Question {
  std::string from, to;
  ServicePoint service;
  bool allowed = true;
};

constexpr bool A = true, D = false;

struct Case {
  std::string id;     ///< the row
  std::string claim;  ///< what is asked of it
  std::function<void(Universe&)> build;
  std::vector<Question> questions;
  std::string profile = "k8s";
  std::vector<std::string> tiers = {"admin", "np", "baseline"};
};

std::vector<Case> network_policy_cases();
std::vector<Case> cluster_network_policy_cases();
std::vector<Case> cilium_cases();
std::vector<Case> other_cases();

}  // namespace weft::test::peer
