// ClusterNetworkPolicy v1alpha2: rule i of priority p at level (p, i) of tier admin or baseline, one gate, no
// isolation.
#include "peer_cases.h"

namespace weft::test::peer {
namespace {

constexpr auto Allow = Verdict::Allow, Deny = Verdict::Deny, Pass = Verdict::Pass;
namespace protocol = model::protocol;

const auto all = every_service;

}  // namespace

std::vector<Case> cluster_network_policy_cases() {
  const auto y = [] { return ns("y"); };
  const auto x = [] { return ns("x"); };
  const std::vector<Question> x_to_y_denied{{"x/a", "y/b", tcp(80), D}}, x_to_y_allowed{{"x/a", "y/b", tcp(80), A}};
  // A NetworkPolicy of y/b, with or without a rule for x.
  const auto network_policy = [=](Universe& u, bool allows_x) {
    u.isolate("np", y_b(), true, false);
    if (allows_x) u.ingress(Allow, "np", y_b(), x(), all());
  };
  return {
      {"N01", "admin deny beats an allowing NetworkPolicy",
       [=](Universe& u) {
         u.ingress(Deny, "admin", y(), x(), all(), {10, 1});
         network_policy(u, true);
       },
       x_to_y_denied},
      {"N02", "pass leaves it to the NetworkPolicy, which decides",
       [=](Universe& u) {
         u.ingress(Pass, "admin", y(), x(), all(), {10, 1});
         network_policy(u, true);
         u.ingress(Deny, "baseline", y(), x(), all(), {10, 1});
       },
       x_to_y_allowed},
      {"N03", "the baseline never opens what a NetworkPolicy isolates",
       [=](Universe& u) {
         u.ingress(Pass, "admin", y(), x(), all(), {10, 1});
         network_policy(u, false);
         u.ingress(Allow, "baseline", y(), x(), all(), {10, 1});
       },
       x_to_y_denied},
      {"N04", "pass without NetworkPolicy reaches the baseline",
       [=](Universe& u) {
         u.ingress(Pass, "admin", y(), x(), all(), {10, 1});
         u.ingress(Deny, "baseline", y(), x(), all(), {10, 1});
       },
       x_to_y_denied},
      {"N05",
       "rules about x say nothing of z",
       [=](Universe& u) { u.ingress(Deny, "admin", y(), x(), all(), {10, 1}); },
       {{"z/a", "y/b", tcp(80), A}, {"x/a", "y/b", tcp(80), D}}},
      {"N06", "the lower priority value comes first: pass",
       [=](Universe& u) {
         u.ingress(Deny, "admin", y(), x(), all(), {50, 1});
         u.ingress(Pass, "admin", y(), x(), all(), {40, 1});
         u.ingress(Allow, "baseline", y(), x(), all(), {1, 1});
       },
       x_to_y_allowed},
      {"N06", "the lower priority value comes first: deny",
       [=](Universe& u) {
         u.ingress(Deny, "admin", y(), x(), all(), {50, 1});
         u.ingress(Pass, "admin", y(), x(), all(), {60, 1});
         u.ingress(Allow, "baseline", y(), x(), all(), {1, 1});
       },
       x_to_y_denied},
      {"N07",
       "the order of rules in one object",
       [=](Universe& u) {
         u.ingress(Allow, "admin", y(), x(), tcp_port(80), {10, 1});
         u.ingress(Deny, "admin", y(), x(), all(), {10, 2});
       },
       {{"x/a", "y/b", tcp(80), A}, {"x/a", "y/b", tcp(81), D}}},
      {"N08",
       "accept isolates nothing",
       [=](Universe& u) { u.ingress(Allow, "admin", y(), x(), tcp_port(80), {10, 1}); },
       {{"x/a", "y/b", tcp(81), A}}},
      {"N09", "accept at one gate leaves the other",
       [=](Universe& u) {
         u.egress(Allow, "admin", x(), y(), all(), {10, 1});
         u.ingress(Deny, "admin", y(), x(), all(), {10, 1});
       },
       x_to_y_denied},
      {"N11", "networks match pods too",
       [=](Universe& u) { u.egress(Deny, "admin", x(), addr("0.0.0.0/0"), all(), {10, 1}); }, x_to_y_denied},
      {"N11",
       "an earlier pass for pods spares them",
       [=](Universe& u) {
         u.egress(Pass, "admin", x(), Selector::workload(), all(), {10, 1});
         u.egress(Deny, "admin", x(), addr("0.0.0.0/0"), all(), {10, 2});
       },
       {{"x/a", "y/b", tcp(80), A}, {"x/a", "8.8.8.8", tcp(80), D}}},
      {"N12", "pass in the last tier is the default",
       [=](Universe& u) {
         u.ingress(Pass, "baseline", y(), x(), all(), {1, 1});
         u.ingress(Deny, "baseline", y(), x(), all(), {2, 1});
       },
       x_to_y_allowed},
      // Asked at y/b as the row says and at z/b, where no own-node exemption helps.
      {"N13",
       "a host-network pod is not selected",
       [=](Universe& u) { u.ingress(Deny, "admin", either(y(), ns("z")), x(), all(), {10, 1}); },
       {{"hn", "y/b", tcp(80), A}, {"hn", "z/b", tcp(80), A}, {"x/a", "z/b", tcp(80), D}}},
      {"N15", "accept of an unknown peer matches nothing",
       [=](Universe& u) {
         u.ingress(Allow, "admin", y(), Selector::none(), all(), {10, 1});
         u.ingress(Deny, "admin", y(), x(), all(), {10, 2});
       },
       x_to_y_denied},
      {"N15", "pass of an unknown peer is a deny of all",
       [=](Universe& u) { u.ingress(Deny, "admin", y(), Selector::any(), all(), {10, 1}); }, x_to_y_denied},
      {"N19",
       "a pod reaches its own address",
       [=](Universe& u) { u.ingress(Deny, "admin", y(), Selector::workload(), all(), {10, 1}); },
       {{"y/b", "y/b", tcp(80), A}, {"y/a", "y/b", tcp(80), D}}},
      {"N22",
       "a name is bound to the protocol that declares it",
       [=](Universe& u) {
         u.ingress(Allow, "admin", y(), x(), named("dns", {protocol::tcp, protocol::udp, protocol::sctp}), {10, 1});
         u.ingress(Deny, "admin", y(), x(), all(), {10, 2});
       },
       {{"x/a", "y/b", udp(53), A}, {"x/a", "y/b", tcp(53), D}}},
      {"N25", "baseline accept against NetworkPolicy isolation",
       [=](Universe& u) {
         network_policy(u, false);
         u.ingress(Allow, "baseline", y(), x(), all(), {1, 1});
       },
       x_to_y_denied},
  };
}

}  // namespace weft::test::peer
