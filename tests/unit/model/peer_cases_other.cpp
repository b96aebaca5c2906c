// Calico, Antrea, Istio, nftables: the traps.
#include "peer_cases.h"

namespace weft::test::peer {
namespace {

constexpr auto Allow = Verdict::Allow, Deny = Verdict::Deny, Pass = Verdict::Pass;
const auto all = every_service;

}  // namespace

std::vector<Case> other_cases() {
  const auto antrea = [](bool network_policy_allows) {
    return [=](Universe& u) {
      u.ingress(Pass, "securityops", y_b(), ns("x"), all(), {5, 1}, "np");
      u.ingress(Deny, "application", y_b(), ns("x"), all(), {5, 1});
      if (network_policy_allows) {
        u.isolate("np", y_b(), true, false);
        u.ingress(Allow, "np", y_b(), ns("x"), all());
      }
      u.ingress(Deny, "baseline", y_b(), ns("x"), all(), {5, 1});
    };
  };
  const std::vector<std::string> antrea_tiers{"securityops", "application", "np", "baseline"};
  const auto calico = [](Verdict verdict, std::int64_t order, const std::string& from) {
    return [=](Universe& u) {
      u.isolate("default", y_b(), true, false);
      u.ingress(Allow, "default", y_b(), ns("x"), all(), {1000, 1});
      u.ingress(verdict, "default", y_b(), ns(from), all(), {order, 1});
    };
  };
  return {
      {"L01",
       "a tier that selects y/b ends in deny",
       [](Universe& u) {
         u.isolate("security", y_b(), true, false);
         u.ingress(Pass, "security", y_b(), Selector::any(), tcp_port(443), {100, 1});
       },
       {{"x/a", "y/b", tcp(80), D}, {"x/a", "y/b", tcp(443), A}, {"x/a", "y/a", tcp(80), A}},
       "calico",
       {"security", "default"}},
      {"L01",
       "unless its end action is pass",
       [](Universe& u) { u.ingress(Pass, "security", y_b(), Selector::any(), tcp_port(443), {100, 1}); },
       {{"x/a", "y/b", tcp(80), A}, {"x/a", "y/b", tcp(443), A}},
       "calico",
       {"security", "default"}},
      {"L03",
       "an allow after the NetworkPolicy still opens",
       calico(Allow, 2000, "z"),
       {{"z/a", "y/b", tcp(80), A}, {"y/a", "y/b", tcp(80), D}},
       "calico",
       {"default"}},
      {"L03", "a deny before it closes", calico(Deny, 500, "x"), {{"x/a", "y/b", tcp(80), D}}, "calico", {"default"}},
      {"A01",
       "pass skips the application tier, the baseline denies",
       antrea(false),
       {{"x/a", "y/b", tcp(80), D}},
       "k8s",
       antrea_tiers},
      {"A01",
       "pass skips the application tier, the NetworkPolicy allows",
       antrea(true),
       {{"x/a", "y/b", tcp(80), A}},
       "k8s",
       antrea_tiers},
      {"I02", "no ALLOW policy", [](Universe&) {}, {{"x/a", "y/b", tcp(80), A}}, "k8s", {"istio"}},
      {"I02",
       "an ALLOW policy without rules",
       [](Universe& u) { u.isolate("istio", y_b(), true, false); },
       {{"x/a", "y/b", tcp(80), D}},
       "k8s",
       {"istio"}},
      {"I02",
       "an ALLOW policy with an empty rule",
       [](Universe& u) {
         u.isolate("istio", y_b(), true, false);
         u.ingress(Allow, "istio", y_b(), Selector::any(), all());
       },
       {{"x/a", "y/b", tcp(80), A}},
       "k8s",
       {"istio"}},
      {"F01",
       "accept ends its chain only, a later chain drops",
       [](Universe& u) {
         u.ingress(Pass, "chain0", y_b(), Selector::any(), all());
         u.ingress(Deny, "chain10", y_b(), Selector::any(), all());
       },
       {{"x/a", "y/b", tcp(80), D}},
       "k8s",
       {"chain0", "chain10"}},
  };
}

}  // namespace weft::test::peer
