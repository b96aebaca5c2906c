// Kubernetes NetworkPolicy v1: an allow in tier `np`; selection with a policy type isolates; the default allows.
#include "peer_cases.h"

namespace weft::test::peer {
namespace {

constexpr auto Allow = Verdict::Allow;
namespace protocol = model::protocol;
const std::string ext = "8.8.8.8", ext10 = "10.200.1.2", ext10b = "10.201.1.2";

// y/b selected with type Ingress, and one ingress rule.
std::function<void(Universe&)> ingress_rule(Selector from, PortSet ports) {
  return [=](Universe& u) {
    u.isolate("np", y_b(), true, false);
    u.ingress(Allow, "np", y_b(), from, ports);
  };
}

}  // namespace

std::vector<Case> network_policy_cases() {
  const auto nothing = [](Universe&) {};
  const auto isolated = [](Universe& u) { u.isolate("np", y_b(), true, false); };
  const Selector x_a = both(ns("x"), pod("a"));
  return {
      {"K01", "no policy", nothing, {{"x/a", "y/b", tcp(80), A}}},
      {"K02", "selected for ingress without rules", isolated, {{"x/a", "y/b", tcp(80), D}, {"y/b", "x/a", tcp(80), A}}},
      {"K03", "an empty list of rules is no rule", isolated, {{"x/a", "y/b", tcp(80), D}}},
      {"K04",
       "an empty rule is everything",
       ingress_rule(Selector::any(), every_service()),
       {{ext, "y/b", tcp(80), A}}},
      {"K05",
       "two policies are a union",
       [](Universe& u) {
         u.isolate("np", y_b(), true, false);
         u.isolate("np", y_b(), true, false);
         u.ingress(Allow, "np", y_b(), ns("x"), every_service());
       },
       {{"x/a", "y/b", tcp(80), A}, {"z/a", "y/b", tcp(80), D}}},
      {"K06",
       "egress gate closed, ingress open",
       [=](Universe& u) {
         u.isolate("np", x_a, false, true);
         u.isolate("np", y_b(), true, false);
         u.ingress(Allow, "np", y_b(), Selector::any(), every_service());
       },
       {{"x/a", "y/b", tcp(80), D}, {"x/b", "y/b", tcp(80), A}}},
      {"K07",
       "egress gate open, ingress closed",
       [=](Universe& u) {
         u.isolate("np", x_a, false, true);
         u.egress(Allow, "np", x_a, Selector::any(), every_service());
         u.isolate("np", y_b(), true, false);
       },
       {{"x/a", "y/b", tcp(80), D}, {"x/a", "y/a", tcp(80), A}}},
      {"K09",
       "an empty `from` is any source",
       ingress_rule(Selector::any(), tcp_port(80)),
       {{ext, "y/b", tcp(80), A}, {ext, "y/b", tcp(81), D}}},
      {"K10",
       "empty `ports` are every protocol",
       ingress_rule(ns("x"), every_service()),
       {{"x/a", "y/b", tcp(1), A}, {"x/a", "y/b", udp(1), A}, {"x/a", "y/b", sctp(1), A}, {"x/a", "y/b", ping(), A}}},
      {"K11",
       "a protocol without port is all its ports",
       ingress_rule(Selector::any(), all_of(protocol::udp)),
       {{"x/a", "y/b", udp(5353), A}, {"x/a", "y/b", tcp(80), D}}},
      {"K12",
       "a port without protocol is TCP",
       ingress_rule(Selector::any(), tcp_port(80)),
       {{"x/a", "y/b", udp(80), D}, {"x/a", "y/b", tcp(80), A}}},
      {"K13",
       "an empty port is all TCP",
       ingress_rule(Selector::any(), all_of(protocol::tcp)),
       {{"x/a", "y/b", tcp(9), A}, {"x/a", "y/b", udp(9), D}}},
      {"K14",
       "a range ends at endPort",
       ingress_rule(Selector::any(), ports(protocol::tcp, 32000, 32768)),
       {{"x/a", "y/b", tcp(32768), A},
        {"x/a", "y/b", tcp(32769), D},
        {"x/a", "y/b", tcp(32000), A},
        {"x/a", "y/b", tcp(31999), D}}},
      {"K15",
       "a name is resolved by each destination",
       [](Universe& u) {
         u.isolate("np", ns("y"), true, false);
         u.ingress(Allow, "np", ns("y"), Selector::any(), named("http", {protocol::tcp}));
       },
       {{"x/a", "y/b", tcp(8080), A}, {"x/a", "y/b", tcp(9090), D}, {"x/a", "y/c", tcp(9090), A}}},
      {"K16",
       "a name nobody declares matches nothing there",
       [](Universe& u) {
         u.isolate("np", ns("y"), true, false);
         u.ingress(Allow, "np", ns("y"), Selector::any(), named("http", {protocol::tcp}));
       },
       {{"x/a", "y/a", tcp(8080), D}}},
      {"K17",
       "a name without protocol is TCP",
       ingress_rule(Selector::any(), named("dns", {protocol::tcp})),
       {{"x/a", "y/b", udp(53), D}, {"x/a", "y/b", tcp(53), D}}},
      {"K18",
       "at egress the name is the destination's",
       [](Universe& u) {
         u.isolate("np", ns("x"), false, true);
         u.egress(Allow, "np", ns("x"), Selector::any(), named("http", {protocol::tcp}));
       },
       {{"x/a", "y/c", tcp(9090), A}, {"x/a", "y/c", tcp(8080), D}, {"x/a", ext, tcp(8080), D}}},
      {"K19",
       "a pod selector is about its own namespace",
       ingress_rule(both(ns("y"), pod("a")), every_service()),
       {{"x/a", "y/b", tcp(80), D}, {"y/a", "y/b", tcp(80), A}}},
      {"K21",
       "one element: both selectors",
       ingress_rule(x_a, every_service()),
       {{"x/a", "y/b", tcp(80), A}, {"x/b", "y/b", tcp(80), D}, {"y/a", "y/b", tcp(80), D}}},
      {"K22",
       "two elements: either",
       ingress_rule(either(ns("x"), both(ns("y"), pod("a"))), every_service()),
       {{"x/b", "y/b", tcp(80), A}, {"y/a", "y/b", tcp(80), A}, {"z/a", "y/b", tcp(80), D}}},
      {"K23",
       "the empty namespace selector is every pod",
       ingress_rule(Selector::workload(), every_service()),
       {{"z/a", "y/b", tcp(80), A}, {ext, "y/b", tcp(80), D}}},
      {"K24",
       "the empty pod selector is the own namespace",
       ingress_rule(ns("y"), every_service()),
       {{"x/a", "y/b", tcp(80), D}, {"y/c", "y/b", tcp(80), A}}},
      {"K25",
       "no pod selector is the whole namespace",
       [](Universe& u) { u.isolate("np", ns("y"), true, false); },
       {{"x/a", "y/c", tcp(80), D}}},
      {"K26",
       "NotIn matches where the key is absent, of pods",
       ingress_rule(
           both(Selector::workload(), Selector::negation(Selector::equals(model::keys::of_namespace("team"), "evil"))),
           every_service()),
       {{"x/a", "y/b", tcp(80), A}, {"z/a", "y/b", tcp(80), D}, {ext, "y/b", tcp(80), D}}},
      {"K28",
       "`except` carves (block as addr)",
       ingress_rule(addr("10.0.0.0/8", {"10.200.0.0/16"}), every_service()),
       {{ext10, "y/b", tcp(80), D}, {ext10b, "y/b", tcp(80), A}}},
      {"K28",
       "`except` carves (block as world)",
       ingress_rule(world("10.0.0.0/8", {"10.200.0.0/16"}), every_service()),
       {{ext10, "y/b", tcp(80), D}, {ext10b, "y/b", tcp(80), A}}},
      {"K29",
       "`except` is no deny",
       [](Universe& u) {
         u.isolate("np", y_b(), true, false);
         u.ingress(Allow, "np", y_b(), addr("10.0.0.0/8", {"10.200.0.0/16"}), every_service());
         u.ingress(Allow, "np", y_b(), addr("10.200.1.0/24"), every_service());
       },
       {{ext10, "y/b", tcp(80), A}}},
      {"K31",
       "a block that holds pods, as Calico reads it",
       ingress_rule(addr("10.0.0.0/8"), every_service()),
       {{"x/a", "y/b", tcp(80), A}}},
      {"K31",
       "a block that holds pods, as Cilium reads it",
       ingress_rule(world("10.0.0.0/8"), every_service()),
       {{"x/a", "y/b", tcp(80), D}}},
      {"K32", "the own node enters", isolated, {{"n1", "y/b", tcp(80), A}}},
      {"K33", "another node does not", isolated, {{"n2", "y/b", tcp(80), D}}},
      {"K34",
       "a pod reaches itself",
       [](Universe& u) { u.isolate("np", y_b(), true, true); },
       {{"y/b", "y/b", tcp(80), A}}},
      // Asked at z/b, whose own node is n2: at y/b the own-node exemption would hide the answer.
      {"K35",
       "labels of a host-network pod select nothing",
       [=](Universe& u) {
         u.isolate("np", both(ns("z"), pod("b")), true, false);
         u.ingress(Allow, "np", both(ns("z"), pod("b")), x_a, every_service());
       },
       {{"hn", "z/b", tcp(80), D}, {"x/a", "z/b", tcp(80), A}}},
      {"K35",
       "a host-network pod is its node's address",
       [](Universe& u) {
         u.isolate("np", both(ns("z"), pod("b")), true, false);
         u.ingress(Allow, "np", both(ns("z"), pod("b")), addr("172.16.0.1/32"), every_service());
       },
       {{"hn", "z/b", tcp(80), A}, {"n2", "z/a", tcp(80), A}}},
      {"K36",
       "types omitted: ingress always",
       [](Universe& u) {
         u.isolate("np", y_b(), true, true);
         u.egress(Allow, "np", y_b(), Selector::any(), every_service());
       },
       {{"x/a", "y/b", tcp(80), D}, {"y/b", "x/a", tcp(80), A}}},
      {"K37", "types omitted, empty egress: not egress", isolated, {{"y/b", "x/a", tcp(80), A}}},
      {"K38",
       "rules of a direction outside the types are ignored",
       [](Universe& u) { u.isolate("np", y_b(), false, true); },
       {{"x/a", "y/b", tcp(80), A}, {"y/b", "x/a", tcp(80), D}}},
      {"K41",
       "a policy selects in its own namespace",
       [](Universe& u) { u.isolate("np", both(ns("z"), pod("b")), true, false); },
       {{"x/a", "y/b", tcp(80), A}, {"x/a", "z/b", tcp(80), D}}},
  };
}

}  // namespace weft::test::peer
