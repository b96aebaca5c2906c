#include "bench/worlds/worlds.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace weft::bench {
namespace {

constexpr WorldSize sizes[] = {
    {"S", "one team", 20, 500, 10, 60, 30, 20, 2, 1, 3, 5, false, false, 60},
    {"M", "a scale test in CI", 100, 3'000, 100, 600, 300, 120, 20, 10, 5, 5, false, false, 400},
    {"L", "a large production cluster", 1'000, 50'000, 1'464, 6'000, 3'250, 400, 200, 100, 10, 5, true, false, 3'500},
    {"XL", "the limit of Kubernetes", 5'000, 150'000, 5'000, 20'000, 10'000, 3'000, 1'000, 500, 10, 10, true, false,
     15'000},
    {"R", "XL with 100,000 pods", 5'000, 100'000, 5'000, 20'000, 10'000, 3'000, 1'000, 500, 10, 10, true, false,
     15'000},
    {"A", "a fleet of training jobs", 8'000, 64'000, 200, 4'000, 600, 50, 20, 20, 5, 5, false, true, 4'200},
};

// Random numbers that are the same everywhere (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15;
    z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EB;
    return z ^ z >> 31;
  }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(next() % bound); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }
  /// 0, 1, 2, … by these weights out of 100; what is left over is the last.
  std::uint32_t weighted(std::initializer_list<std::uint32_t> percents) {
    std::uint32_t at = below(100), number = 0;
    for (const std::uint32_t percent : percents) {
      if (at < percent) return number;
      at -= percent;
      ++number;
    }
    return number - 1;
  }
  template <typename List>
  const auto& pick(const List& list) {
    return list[below(static_cast<std::uint32_t>(std::size(list)))];
  }

 private:
  std::uint64_t state_;
};

constexpr std::string_view components[] = {"web",   "api",    "worker", "db",    "cache", "cron",
                                           "proxy", "search", "queue",  "admin", "auth",  "reports"};
constexpr std::string_view services[] = {"tcp/443",   "tcp/80",    "tcp/8080",      "tcp/5432", "tcp/6379",
                                         "tcp/9090",  "tcp/8443",  "tcp/3306",      "tcp/9092", "tcp/27017",
                                         "tcp/50051", "tcp/9200",  "tcp/8000-8010", "udp/8125", "tcp/11211",
                                         "tcp/4222",  "tcp/15672", "tcp/3000"};
constexpr std::string_view gang_services[] = {"tcp/10002-19999", "tcp/50000-51000", "tcp/29500"};

struct HotSpot {
  std::string_view ns, app, service;
  bool asks = false;  // it is the one who connects
};
constexpr HotSpot hot_spots[] = {
    {"kube-system", "dns", "tcp|udp/53"},     {"monitoring", "prometheus", "tcp/9090-9100", true},
    {"vault", "vault", "tcp/8200"},           {"logging", "collector", "tcp/24224"},
    {"tracing", "otel", "tcp/4317-4318"},     {"registry", "registry", "tcp/5000"},
    {"ingress", "gateway", "tcp/8080", true}, {"mesh", "control", "tcp/15012"},
    {"storage", "object-store", "tcp/9000"},  {"identity", "issuer", "tcp/8081"},
};

std::string ns_name(std::uint32_t number) { return fmt::format("n{}", number); }

// Rules, peers and ports are drawn once for a spec, and a policy is a copy of it in its namespace.
struct Peer {
  enum class Who { Any, Same, SameApp, Other, OtherApp, Team } who = Who::Any;
  std::uint32_t app = 0;
  std::uint32_t far = 0;  // which other namespace or team, counted from the own one
};
struct Rule {
  bool outgoing = false;
  bool one_sided = false;
  std::vector<Peer> peers;
  std::string services;
};
struct Spec {
  std::uint32_t form = 0;  // of the subject: the namespace, one label, two, in, has, not in
  std::uint32_t app = 0;
  std::vector<Rule> rules;
};

class Generator {
 public:
  Generator(const WorldSize& size, std::uint64_t seed) : size_(size), random_(seed) {}

  WorldTexts run() {
    plan_workloads();
    WorldTexts out;
    out.policies.push_back({"base.weft", base()});
    // The first one is what a namespace begins with: itself and the gateway, whom the platform lets in everywhere.
    specs_.push_back({0, 0, {{false, false, {{Peer::Who::Same, 0, 0}}, "any"}}});
    while (specs_.size() < size_.specs) specs_.push_back(spec());
    constexpr std::uint32_t in_one_file = 250;
    for (std::uint32_t p = 0; p < size_.policies; p += in_one_file) {
      std::string text;
      for (std::uint32_t i = p; i < std::min(p + in_one_file, size_.policies); ++i) add_policy(text, i);
      out.policies.push_back({fmt::format("part-{:03}.weft", p / in_one_file), std::move(text)});
    }
    out.inventory = {"inventory.json", inventory()};
    return out;
  }

 private:
  struct Workload {
    std::uint32_t ns = 0, app = 0, pods = 0;
  };

  std::uint32_t teams() const { return std::max<std::uint32_t>(2, size_.namespaces / 12); }
  // Namespaces of one team lie apart, as they do where teams come and go.
  std::string team_of(std::uint32_t ns) const { return fmt::format("team-{}", ns % teams()); }

  void plan_workloads() {
    // Two in each namespace at least; the rest where chance puts them, each of another kind in its namespace.
    std::vector<std::uint32_t> count(size_.namespaces);
    const std::uint32_t kinds = size_.gangs ? 2 : size_.hot_spots;
    const std::uint32_t ordinary = size_.workloads - (size_.gangs ? 0 : kinds);
    for (std::uint32_t i = 0; i < ordinary; ++i) {
      std::uint32_t ns = i < 2 * size_.namespaces ? i / 2 : random_.below(size_.namespaces);
      while (!size_.gangs && count[ns] >= std::size(components)) ns = (ns + 1) % size_.namespaces;
      workloads_.push_back({ns, count[ns]++, 0});
    }
    for (std::uint32_t i = 0; i < size_.pods; ++i) ++workloads_[i < ordinary ? i : spread(i, ordinary)].pods;
  }
  // Jobs are of one size; elsewhere a few workloads have most of the pods.
  std::uint32_t spread(std::uint32_t pod, std::uint32_t ordinary) {
    return size_.gangs ? pod % ordinary : std::min(random_.below(ordinary), random_.below(ordinary));
  }

  std::string base() {
    std::string out = "profile strict\nlabel app, tier : string\nlabel ns.team : string\n";
    if (size_.gangs) out += "label job, role : string\n";
    out += "tiers admin, app\n\n";
    if (size_.big_network) {
      out += "network partners = ";
      for (std::uint32_t i = 0; i < 638; ++i)
        out += fmt::format("{}100.{}.{}.0/25", i == 0 ? "" : ", ", 64 + i / 128, i % 128 * 2);
      out += "\n\n";
    }
    out += "policy platform in app {\n";
    for (std::uint32_t i = 0; i < size_.hot_spots; ++i) {
      const HotSpot& spot = hot_spots[i];
      const std::string it = fmt::format("ns == \"{}\" && app == \"{}\"", spot.ns, spot.app);
      out += spot.asks ? fmt::format("  allow {} -> workload : {}\n", it, spot.service)
                       : fmt::format("  allow workload -> {} : {}\n", it, spot.service);
    }
    if (size_.gangs) out += "  allow workload -> workload : any when source.job == destination.job\n";
    if (size_.big_network) out += "  allow ns == \"ingress\" && app == \"gateway\" -> partners : tcp/443\n";
    for (std::uint32_t i = 0; i < size_.networks; ++i) {
      out += fmt::format("  allow ns == \"{}\" -> world 203.{}.{}.0/24 : tcp/443\n",
                         ns_name(random_.below(size_.namespaces)), i / 256, i % 256);
    }
    for (std::uint32_t i = 0; i < size_.names; ++i) {
      out += fmt::format("  allow ns == \"{}\" -> world : tcp/443 requires dns(name = \"api-{}.example.com\")\n",
                         ns_name(random_.below(size_.namespaces)), i);
    }
    out += "}\n\npolicy rails in admin {\n";
    const std::uint32_t guards = std::max<std::uint32_t>(1, size_.policies * size_.guard_percent / 100);
    for (std::uint32_t i = 0; i < guards; ++i) {
      const std::string from = fmt::format("ns.team == \"{}\"", team_of(random_.below(size_.namespaces)));
      const std::string to = fmt::format("ns == \"{}\"", ns_name(random_.below(size_.namespaces)));
      out += random_.chance(80)
                 ? fmt::format("  deny {} -> {} : tcp/22, tcp/3389 because \"no shells across teams\"\n", from, to)
                 : fmt::format("  pass {} -> {} : tcp/22\n", from, to);
    }
    return out + "}\n";
  }

  Spec spec() {
    Spec out;
    // The namespace 56 %, one label 39 %, two 4 %, an expression 2 % (in 61, has 33, not in 6).
    out.form = size_.gangs ? 0 : random_.weighted({56, 39, 3, 2});
    if (out.form == 3) out.form += random_.weighted({61, 33, 6});
    out.app = random_.below(4);
    std::uint32_t rules = 1;  // geometric with mean 2
    while (!size_.gangs && rules < 21 && random_.chance(50)) ++rules;
    for (std::uint32_t i = 0; i < rules; ++i) out.rules.push_back(rule());
    return out;
  }

  Rule rule() {
    Rule out;
    out.outgoing = random_.chance(35);
    out.one_sided = random_.chance(25);
    // None (anybody) 14 %, one 68 %, two 13 %, three 4 %, more 1 %.
    std::uint32_t peers = random_.weighted({14, 68, 13, 4, 1});
    if (peers == 4) peers += random_.below(15);
    for (std::uint32_t i = 0; i < peers; ++i) {
      using enum Peer::Who;
      constexpr std::array ordinary{Same, SameApp, Other, OtherApp, Team};
      const Peer::Who who = size_.gangs ? Other : ordinary[random_.weighted({35, 25, 20, 15, 5})];
      out.peers.push_back({who, random_.below(4), 1 + random_.below(size_.namespaces - 1)});
    }
    if (size_.gangs) {
      out.services = random_.chance(80) ? "any" : std::string(random_.pick(gang_services));
      return out;
    }
    // None (any) 55 %, one 32 %, two 9 %, three 3 %, more 1 %.
    std::uint32_t ports = random_.weighted({55, 32, 9, 3, 1});
    if (ports == 4) ports += random_.below(10);
    for (std::uint32_t i = 0; i < ports; ++i) {
      const std::string port =
          random_.chance(92) ? std::string(random_.pick(services)) : fmt::format("tcp/{}", 7000 + random_.below(40));
      if (("," + out.services + ",").find(fmt::format("{},", port)) != std::string::npos) continue;
      out.services += (i == 0 ? "" : ", ") + port;
    }
    if (ports == 0) out.services = "any";
    return out;
  }

  static std::string subject(const Spec& spec, std::uint32_t ns) {
    const std::string_view app = components[spec.app], other = components[(spec.app + 1) % 4];
    const std::string in = fmt::format("ns == \"{}\"", ns_name(ns));
    switch (spec.form) {
      case 1:
        return fmt::format("{} && app == \"{}\"", in, app);
      case 2:
        return fmt::format("{} && app == \"{}\" && tier == \"back\"", in, app);
      case 3:
        return fmt::format("{} && app in {{\"{}\", \"{}\"}}", in, app, other);
      case 4:
        return fmt::format("{} && has tier", in);
      case 5:
        return fmt::format("{} && app not in {{\"{}\"}}", in, app);
      default:
        return in;
    }
  }

  std::string peer(const Peer& peer, std::uint32_t ns) const {
    const std::uint32_t other = (ns + peer.far) % size_.namespaces;
    switch (peer.who) {
      case Peer::Who::Any:
        return "any";
      case Peer::Who::Same:
        return fmt::format("ns == \"{}\"", ns_name(ns));
      case Peer::Who::SameApp:
        return fmt::format("ns == \"{}\" && app == \"{}\"", ns_name(ns), components[peer.app]);
      case Peer::Who::Other:
        return fmt::format("ns == \"{}\"", ns_name(other));
      case Peer::Who::OtherApp:
        return fmt::format("ns == \"{}\" && app == \"{}\"", ns_name(other), components[peer.app]);
      case Peer::Who::Team:
        return fmt::format("ns.team == \"{}\"", team_of(other));
    }
    return "none";
  }

  void add_policy(std::string& out, std::uint32_t number) {
    // Every namespace has a copy of the first spec, as a template makes it; the rest are drawn.
    const bool first = number < size_.namespaces;
    const std::uint32_t ns = first ? number : random_.below(size_.namespaces);
    const Spec& spec = first ? specs_[0] : random_.pick(specs_);
    const std::string who = subject(spec, ns);
    out += fmt::format("policy \"{}/p{}\" in app {{\n  isolate {}\n", ns_name(ns), number, who);
    for (const Rule& rule : spec.rules) {
      std::string others;
      for (const Peer& p : rule.peers) {
        others += others.empty() ? "" : " || ";
        others += rule.peers.size() > 1 ? fmt::format("({})", peer(p, ns)) : peer(p, ns);
      }
      if (others.empty()) others = "any";
      const std::string_view at = !rule.one_sided ? "" : rule.outgoing ? "at source " : "at destination ";
      out += fmt::format("  allow {}{} -> {} : {}\n", at, rule.outgoing ? who : others, rule.outgoing ? others : who,
                         rule.services);
    }
    out += "}\n";
  }

  static std::string address(std::uint32_t number) {
    return fmt::format("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255);
  }

  std::string inventory() {
    std::string out = "{\"namespaces\": {\n";
    for (std::uint32_t n = 0; n < size_.namespaces; ++n) {
      out += fmt::format("  \"{}\": {{\"labels\": {{\"team\": \"{}\"}}}}{}\n", ns_name(n), team_of(n),
                         n + 1 < size_.namespaces ? "," : "");
    }
    out += "}, \"nodes\": [\n";
    for (std::uint32_t n = 0; n < size_.nodes; ++n) {
      out += fmt::format(
          "  {{\"name\": \"node-{}\", \"labels\": {{\"zone\": \"z{}\"}}, \"addresses\": [\"172.16.{}.{}\"]}}{}\n", n,
          n % 3, n >> 8, n & 255, n + 1 < size_.nodes ? "," : "");
    }
    out += "], \"workloads\": [\n";
    std::uint32_t pod = 0;
    for (std::uint32_t i = 0; i < size_.hot_spots; ++i) {
      for (std::uint32_t replica = 0; replica < 3; ++replica) {
        const HotSpot& spot = hot_spots[i];
        out += fmt::format(
            "  {{\"name\": \"{}/{}-{}\", \"ns\": \"{}\", \"labels\": {{\"app\": \"{}\"}}, "
            "\"node\": \"node-{}\", \"addresses\": [\"{}\"]}},\n",
            spot.ns, spot.app, replica, spot.ns, spot.app, pod % size_.nodes, address(pod));
        ++pod;
      }
    }
    for (std::uint32_t w = 0; w < workloads_.size(); ++w) {
      for (std::uint32_t replica = 0; replica < workloads_[w].pods; ++replica) {
        add_pod(out, w, replica, pod++, w + 1 == workloads_.size() && replica + 1 == workloads_[w].pods);
      }
    }
    return out + "]}\n";
  }

  void add_pod(std::string& out, std::uint32_t number, std::uint32_t replica, std::uint32_t pod, bool last) const {
    const Workload& workload = workloads_[number];
    const std::string ns = ns_name(workload.ns);
    // The hash of a template and the index of a replica are labels too; no policy asks for them.
    std::string labels;
    if (size_.gangs) {
      labels = fmt::format(
          "\"job\": \"job-{}\", \"role\": \"{}\", \"batch.kubernetes.io/job-completion-index\": \"{}\", "
          "\"statefulset.kubernetes.io/pod-name\": \"pod-{}\"",
          number / 2, number % 2 == 0 ? "launcher" : "trainer", replica, pod);
    } else {
      const bool keeps_state = workload.app == 3;
      labels =
          fmt::format("\"app\": \"{}\", \"tier\": \"{}\", \"pod-template-hash\": \"{:08x}\"", components[workload.app],
                      workload.app % 3 == 0 ? "front" : "back", (number + 1) * 2654435761U);
      if (keeps_state) labels += fmt::format(", \"apps.kubernetes.io/pod-index\": \"{}\"", replica);
    }
    out += fmt::format(
        "  {{\"name\": \"{}/w{}-{}\", \"ns\": \"{}\", \"labels\": {{{}}}, \"node\": \"node-{}\", "
        "\"addresses\": [\"{}\"]}}{}\n",
        ns, number, replica, ns, labels, pod % size_.nodes, address(pod), last ? "" : ",");
  }

  const WorldSize& size_;
  Random random_;
  std::vector<Workload> workloads_;
  std::vector<Spec> specs_;
};

}  // namespace

std::span<const WorldSize> world_sizes() { return sizes; }

const WorldSize* find_world(std::string_view name) {
  const auto found = std::ranges::find(sizes, name, &WorldSize::name);
  return found == std::end(sizes) ? nullptr : found;
}

WorldTexts generate_texts(const WorldSize& size, std::uint64_t seed) { return Generator(size, seed).run(); }

}  // namespace weft::bench
