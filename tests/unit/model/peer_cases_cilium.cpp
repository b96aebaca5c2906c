// Cilium L3/L4: allows and denies in tier `np` at level 0; any section isolates its direction unless default deny is
// off; CIDRs are the world's.
#include "peer_cases.h"

namespace weft::test::peer {
namespace {

constexpr auto Allow = Verdict::Allow, Deny = Verdict::Deny;
namespace protocol = model::protocol;
const std::string ext = "8.8.8.8", ext10 = "10.200.1.2", ext10b = "10.201.1.2", metadata = "169.254.169.254";

const auto all = every_service;

std::function<void(Universe&)> ingress_rule(Verdict verdict, Selector from, PortSet wanted) {
  return [=](Universe& u) {
    u.isolate("np", y_b(), true, false);
    u.ingress(verdict, "np", y_b(), from, wanted);
  };
}

std::function<void(Universe&)> to(std::vector<std::pair<Selector, PortSet>> rules) {
  return [=](Universe& u) {
    u.isolate("np", y_b(), false, true);
    for (const auto& [selector, wanted] : rules) u.egress(Allow, "np", y_b(), selector, wanted);
  };
}

}  // namespace

std::vector<Case> cilium_cases() {
  const auto isolated = [](Universe& u) { u.isolate("np", y_b(), true, false); };
  const PortSet any_1025{[] {
                           model::PointSet out;
                           for (const auto number : {protocol::tcp, protocol::udp, protocol::sctp}) {
                             out.add(model::PointSet::of_range(number, 1025, 1025));
                           }
                           return out;
                         }(),
                         {}};
  const Selector nodes_too = both(either(Selector::world(), Selector::node()), addr("172.16.0.0/16"));
  std::vector<Case> cases{
      {"C01",
       "an empty rule isolates and allows nothing",
       isolated,
       {{"x/a", "y/b", tcp(80), D}, {"y/a", "y/b", tcp(80), D}, {ext, "y/b", ping(), D}, {"n1", "y/b", tcp(80), A}}},
      {"C03",
       "the empty endpoint selector of a namespaced policy",
       ingress_rule(Allow, ns("y"), all()),
       {{"x/a", "y/b", tcp(80), D}, {"y/a", "y/b", tcp(80), A}}},
      {"C04",
       "and of a clusterwide policy",
       ingress_rule(Allow, Selector::workload(), all()),
       {{"x/a", "y/b", tcp(80), A}, {ext, "y/b", tcp(80), D}}},
      {"C05",
       "an empty list of endpoints is nobody",
       ingress_rule(Allow, Selector::none(), all()),
       {{"y/a", "y/b", tcp(80), D}}},
      {"C06",
       "ports without L3 are for any peer",
       ingress_rule(Allow, Selector::any(), tcp_port(80)),
       {{ext, "y/b", tcp(80), A}, {ext, "y/b", tcp(81), D}}},
      {"C07",
       "a deny of one port in an L3 allow",
       [](Universe& u) {
         u.isolate("np", y_b(), true, false);
         u.ingress(Allow, "np", y_b(), ns("x"), all());
         u.ingress(Deny, "np", y_b(), ns("x"), tcp_port(80));
       },
       {{"x/a", "y/b", tcp(80), D}, {"x/a", "y/b", tcp(81), A}, {"x/a", "y/b", ping(), A}}},
      {"C08",
       "an L3 deny over an allow of one port",
       [](Universe& u) {
         u.isolate("np", y_b(), true, false);
         u.ingress(Allow, "np", y_b(), ns("x"), tcp_port(81));
         u.ingress(Deny, "np", y_b(), ns("x"), all());
       },
       {{"x/a", "y/b", tcp(81), D}}},
      {"C09", "a deny isolates", ingress_rule(Deny, Selector::any(), tcp_port(80)), {{"x/a", "y/b", tcp(81), D}}},
      {"C10",
       "a deny with default deny off",
       [](Universe& u) { u.egress(Deny, "np", y_b(), world("169.254.169.254/32"), all()); },
       {{"y/b", metadata, tcp(80), D}, {"y/b", ext, tcp(80), A}}},
      {"C11",
       "another policy isolates all the same",
       [](Universe& u) {
         u.egress(Deny, "np", y_b(), world("169.254.169.254/32"), all());
         u.isolate("np", y_b(), false, true);
       },
       {{"y/b", ext, tcp(80), D}}},
      {"C12",
       "a deny of one port leaves its neighbour",
       [=](Universe& u) {
         u.isolate("np", y_b(), true, false);
         u.ingress(Allow, "np", y_b(), Selector::any(), ports(protocol::tcp, 1025, 1026));
         u.ingress(Deny, "np", y_b(), Selector::any(), any_1025);
       },
       {{"x/a", "y/b", tcp(1026), A}, {"x/a", "y/b", tcp(1025), D}}},
      {"C15",
       "the entity `world`",
       ingress_rule(Allow, Selector::world(), all()),
       {{"x/a", "y/b", tcp(80), D}, {ext, "y/b", tcp(80), A}}},
      {"C16",
       "the entity `cluster`",
       ingress_rule(Allow, either(Selector::workload(), Selector::node()), all()),
       {{"n2", "y/b", tcp(80), A}, {ext, "y/b", tcp(80), D}}},
      {"C18", "the own host enters", isolated, {{"n1", "y/b", tcp(80), A}}},
      {"C18",
       "unless localhost is under policy",
       [](Universe& u) {
         u.policy.profile.own_node_may_enter = false;
         u.isolate("np", y_b(), true, false);
       },
       {{"n1", "y/b", tcp(80), D}}},
      {"C19", "another host does not", isolated, {{"n2", "y/b", tcp(80), D}}},
      {"C20",
       "a CIDR is no pod",
       to({{world("10.0.0.0/8"), all()}}),
       {{"y/b", "x/a", tcp(80), D}, {"y/b", ext10, tcp(80), A}}},
      {"C21", "a CIDR is no node", to({{world("172.16.0.0/16"), all()}}), {{"y/b", "n2", tcp(6443), D}}},
      {"C21", "unless CIDRs match nodes", to({{nodes_too, all()}}), {{"y/b", "n2", tcp(6443), A}}},
      {"C23",
       "an exception is carved",
       to({{world("10.0.0.0/8", {"10.200.0.0/16"}), all()}}),
       {{"y/b", ext10, tcp(80), D}}},
      {"C23",
       "and is no deny",
       to({{world("10.0.0.0/8", {"10.200.0.0/16"}), all()}, {world("10.200.1.2/32"), all()}}),
       {{"y/b", ext10, tcp(80), A}}},
      {"C24",
       "ports of a supernet hold inside its subnets",
       to({{world("10.0.0.0/8"), tcp_port(443)}, {world("10.200.0.0/16"), tcp_port(80)}}),
       {{"y/b", ext10, tcp(443), A}, {"y/b", ext10b, tcp(80), D}, {"y/b", ext10, tcp(80), A}}},
      {"C26",
       "port 0 is every port",
       ingress_rule(Allow, Selector::any(), all_of(protocol::tcp)),
       {{"x/a", "y/b", tcp(9999), A}, {"x/a", "y/b", udp(9999), D}}},
      {"C27",
       "protocol ANY with a port",
       [](Universe& u) {
         u.isolate("np", y_b(), true, false);
         for (const auto number : {protocol::tcp, protocol::udp, protocol::sctp}) {
           u.ingress(Allow, "np", y_b(), Selector::any(), ports(number, 53, 53));
         }
       },
       {{"x/a", "y/b", udp(53), A}, {"x/a", "y/b", udp(54), D}}},
      {"C28", "a port does not let pings in", ingress_rule(Allow, ns("x"), tcp_port(80)), {{"x/a", "y/b", ping(), D}}},
      {"C29",
       "an ICMP type",
       ingress_rule(Allow, Selector::any(), ports(protocol::icmp, 8 << 8, (8 << 8) | 255)),
       {{"x/a", "y/b", ping(), A}, {"x/a", "y/b", tcp(80), D}}},
      {"C41",
       "deny beats the allow of a NetworkPolicy in the same tier",
       [](Universe& u) {
         u.isolate("np", y_b(), true, false);
         u.ingress(Allow, "np", y_b(), ns("x"), all());
         u.ingress(Deny, "np", y_b(), ns("x"), all());
       },
       {{"x/a", "y/b", tcp(80), D}}},
      {"C42",
       "an accept of the admin tier defeats it",
       [](Universe& u) {
         u.ingress(Allow, "admin", y_b(), ns("x"), all(), {10, 1});
         u.isolate("np", y_b(), true, false);
         u.ingress(Deny, "np", y_b(), ns("x"), all());
       },
       {{"x/a", "y/b", tcp(80), A}}},
      {"C48",
       "mode always: deny without policy",
       [](Universe& u) { u.policy.profile.allow_by_default = false; },
       {{"x/a", "y/b", tcp(80), D}}},
      {"C48", "mode never: allow", [](Universe&) {}, {{"x/a", "y/b", tcp(80), A}}},
  };
  for (Case& one : cases) one.profile = "cilium";
  return cases;
}

}  // namespace weft::test::peer
