#include "bench/peers/world.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "bench/addresses.h"

namespace weft::bench {
namespace {

constexpr std::uint32_t most_groups = 250;
const model::LabelKey app{model::KeyScope::Workload, "app"};

std::string group_name(std::uint32_t number) { return fmt::format("g{}", number); }

class Ruleset {
 public:
  explicit Ruleset(const PeersWorld& world)
      : world_(world), ip_(world.six ? "ip6" : "ip"), type_(world.six ? "ipv6_addr" : "ipv4_addr") {}

  std::string write(NftForm form, const std::string& interface) {
    const bool stateful = form == NftForm::Stateful;
    add("table {} weft_peer {{\n", stateful ? ip_ : "netdev");
    if (form == NftForm::Rules) groups();
    if (form == NftForm::Pairs) pairs();
    if (form == NftForm::Identities || stateful) identities();
    if (stateful) {
      add("  chain forward {{ type filter hook forward priority filter; policy drop;\n"
          "    ct state established,related accept\n    ct state invalid drop\n"
          "    iifname \"{}\" jump gate\n  }}\n  chain gate {{\n",
          interface);
    } else {
      add("  chain gate {{ type filter hook ingress device \"{}\" priority filter; policy drop;\n"
          "    ether type arp accept\n    icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept\n",
          interface);
    }
    add("    {} saddr != {} drop\n", ip_, text(PeersWorld::client));
    if (form == NftForm::Rules) {
      // The cheap comparison stands first.
      for (const PeersWorld::Rule& rule : world_.rules) {
        add("    udp dport {} {} daddr @{} accept\n", rule.port, ip_, group_name(rule.group));
      }
    } else if (form == NftForm::Pairs) {
      add("    {} daddr . udp dport @open accept\n", ip_);
    } else {
      add("    meta mark set {} daddr map @identity\n    meta mark . udp dport vmap @verdict\n", ip_);
    }
    add("  }}\n}}\n");
    return std::move(out_);
  }

 private:
  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }

  void groups() {
    for (std::uint32_t g = 0; g < world_.groups; ++g) {
      add("  set {} {{ type {}; elements = {{", group_name(g), type_);
      for (std::uint32_t host = g; host < world_.hosts; host += world_.groups) {
        if (host != 0) add(" {},", text(world_.address(host)));
      }
      add(" }} }}\n");
    }
  }

  void pairs() {
    add("  set open {{ type {} . inet_service; elements = {{", type_);
    for (const PeersWorld::Rule& rule : world_.rules) {
      for (std::uint32_t host = rule.group; host < world_.hosts; host += world_.groups) {
        if (host != 0) add(" {} . {},", text(world_.address(host)), rule.port);
      }
    }
    add(" }} }}\n");
  }

  void identities() {
    add("  map identity {{ type {} : mark; elements = {{", type_);
    for (std::uint32_t host = 1; host < world_.hosts; ++host) {
      add(" {} : {},", text(world_.address(host)), 1 + world_.group_of(host));
    }
    add(" }} }}\n  map verdict {{ typeof meta mark . udp dport : verdict; elements = {{");
    for (const PeersWorld::Rule& rule : world_.rules) add(" {} . {} : accept,", 1 + rule.group, rule.port);
    add(" }} }}\n");
  }

  std::string text(std::uint32_t number) const { return to_string(address_of(number, world_.six)); }

  const PeersWorld& world_;
  std::string_view ip_, type_;
  std::string out_;
};

}  // namespace

PeersWorld peers_world(std::uint32_t rules, std::uint32_t hosts, bool six) {
  PeersWorld out;
  out.six = six;
  out.hosts = hosts;
  out.groups = std::min(rules, most_groups);
  const std::uint32_t rounds = (rules + out.groups - 1) / out.groups;
  out.policy.profile = *model::find_profile("strict");
  out.policy.tiers = {{.name = "main"}};
  out.policy.blocks.push_back({.name = "bench"});
  for (std::uint32_t r = 0; r < rules; ++r) {
    const std::uint32_t round = r / out.groups, group = r % out.groups;
    const auto port = static_cast<std::uint16_t>(round == rounds / 2 ? PeersWorld::open_port : 10'000 + round);
    out.rules.push_back({group, port});
    model::Rule rule;
    rule.source = model::Selector::any_of(
        {model::Selector::equals(app, "client"), model::Selector::equals(app, group_name((r * 7 + 1) % out.groups))});
    rule.destination = model::Selector::equals(app, group_name(group));
    rule.ports.points = model::PointSet::of_range(model::protocol::udp, port, port);
    out.policy.rules.push_back(std::move(rule));
  }
  for (std::uint32_t host = 0; host < hosts; ++host) {
    model::Instance instance;
    instance.name = fmt::format("w{}", host);
    instance.peer.kind = model::PeerKind::Workload;
    instance.peer.instance = model::InstanceId{host};
    instance.peer.labels = {{app, host == 0 ? "client" : group_name(out.group_of(host))}};
    instance.addresses = {address_of(out.address(host), six)};
    if (host == 0) instance.attach = model::Attachment{.interface = "w0"};
    out.inventory.instances.push_back(std::move(instance));
  }
  out.inventory.index();
  return out;
}

std::string nft_rules(const PeersWorld& world, NftForm form, const std::string& interface) {
  return Ruleset(world).write(form, interface);
}

std::uint64_t nft_elements(const PeersWorld& world, NftForm form) {
  if (form == NftForm::Rules) return world.hosts - 1;
  if (form != NftForm::Pairs) return world.hosts - 1 + world.rules.size();
  std::uint64_t out = 0;
  for (const PeersWorld::Rule& rule : world.rules) {
    out += (world.hosts - rule.group + world.groups - 1) / world.groups - (rule.group == 0 ? 1 : 0);
  }
  return out;
}

}  // namespace weft::bench
