#include "bench/throughput/site.h"

#include <fmt/format.h>

#include <fstream>
#include <string>

namespace weft::bench {
namespace {

constexpr std::uint32_t groups = 250, rules = 1'000, others = 1'000;

// A workload's link: `number` is the last digit of its addresses.
void join(const Namespace& node, const Namespace& workload, const std::string& link, int number) {
  const std::string node_end = fmt::format("02:00:00:00:01:{:02x}", number);
  const std::string workload_end = fmt::format("02:00:00:00:02:{:02x}", number);
  node.link(link, node_end, workload, "eth0", workload_end);
  node.run(
      fmt::format("ip neigh add 10.0.0.{0} lladdr {1} dev {2} nud permanent && "
                  "ip neigh add fd00::{0} lladdr {1} dev {2} nud permanent && "
                  "ip route add 10.0.0.{0}/32 dev {2} && ip route add fd00::{0}/128 dev {2}",
                  number, workload_end, link));
  workload.run(
      fmt::format("ip addr add 10.0.0.{0}/32 dev eth0 && ip addr add fd00::{0}/128 dev eth0 nodad && "
                  "ip neigh add 169.254.1.1 lladdr {1} dev eth0 nud permanent && "
                  "ip neigh add fe80::1 lladdr {1} dev eth0 nud permanent && "
                  "ip route add default via 169.254.1.1 dev eth0 onlink && "
                  "ip route add default via fe80::1 dev eth0",
                  number, node_end));
}

constexpr std::string_view conntrack_rules = R"(table inet bench {{
  chain forward {{ type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "wc" ip saddr 10.0.0.1 ip daddr 10.0.0.2 meta l4proto {{ tcp, udp }} th dport {{ {0}, {1} }} accept
    iifname "wc" ip6 saddr fd00::1 ip6 daddr fd00::2 meta l4proto {{ tcp, udp }} th dport {{ {0}, {1} }} accept
  }}
}}
)";

}  // namespace

Site::Site(Guard guard, const std::string& weft, const std::string& bundle) {
  join(node_, client_, "wc", 1);
  join(node_, server_, "ws", 2);
  node_.run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
  if (guard == Guard::Weft) {
    node_.run(fmt::format("WEFT_STATE_DIRECTORY={} {} load {}", scratch(), weft, bundle));
  } else if (guard == Guard::Conntrack) {
    const std::string file = scratch() + "/conntrack.nft";
    std::ofstream(file) << fmt::format(conntrack_rules, iperf_port, request_port);
    node_.run("nft -f " + file);
  }
}

std::string build_bundle(const std::string& weft) {
  const std::string root = scratch() + "/policy";
  std::string policy = "profile strict\nlabel app : string\ntiers app\n\npolicy mesh in app {\n";
  for (std::uint32_t r = 0; r < rules; ++r) {
    if (r == rules / 2) {
      policy += fmt::format("  allow app == \"client\" -> app == \"server\" : tcp|udp/{}, tcp|udp/{}\n",
                            Site::iperf_port, Site::request_port);
      continue;
    }
    policy += fmt::format("  allow app == \"g{}\" -> app == \"g{}\" : tcp/{}\n", (r * 7 + 1) % groups, r % groups,
                          10'000 + r / groups);
  }
  policy += "}\n";
  std::string inventory = R"(workloads:
  - {name: client, labels: {app: client}, addresses: [10.0.0.1, "fd00::1"], attach: {interface: wc}}
  - {name: server, labels: {app: server}, addresses: [10.0.0.2, "fd00::2"], attach: {interface: ws}}
)";
  for (std::uint32_t i = 0; i < others; ++i) {
    inventory +=
        fmt::format("  - {{name: w{0}, labels: {{app: g{1}}}, addresses: [10.0.{2}.{3}, \"fd00::{2:x}:{3:x}\"]}}\n", i,
                    i % groups, 1 + i / 250, i % 250);
  }
  const Namespace anywhere;
  anywhere.run("mkdir -p " + root);
  std::ofstream(root + "/policy.weft") << policy;
  std::ofstream(root + "/inventory.yaml") << inventory;
  const std::string bundle = scratch() + "/bundle";
  anywhere.run(fmt::format("{} build --no-config {} -o {}", weft, root, bundle));
  return bundle;
}

}  // namespace weft::bench
