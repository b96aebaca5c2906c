#include "tests/unit/verifier/random_policy.h"

#include <algorithm>
#include <random>
#include <string>

namespace weft::verifier::test {

using model::LabelKey;
using model::Peer;
using model::PeerKind;
using model::PointSet;
using model::Selector;

namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed), conditions_(seed * 7919 + 1) {}

  Sample sample() {
    Sample out;
    labels_ = chance(4, 5);
    globs_ = labels_ && chance(1, 3);
    env_ = labels_ && chance(1, 2);
    namespaces_ = !globs_ && chance(1, 4);
    nodes_ = chance(1, 2);
    addresses_ = chance(1, 3);
    apiserver_ = addresses_ && chance(1, 3);
    if (addresses_) globs_ = env_ = namespaces_ = false;  // the slow way has to stay feasible
    if (namespaces_) env_ = false;
    names_ = !apiserver_ && chance(1, 3);
    out.with_inventory = namespaces_ && chance(2, 3);
    finite_app_ = !globs_ && chance(1, 3);
    finite_team_ = chance(1, 2);
    choose_relations();
    fill_policy(out.policy);
    add_conditions(out);
    fill_inventory(out.inventory);
    fill_world(out);
    return out;
  }

 private:
  // Relations, audit and deadlines are drawn apart: without them a seed keeps its sample.
  bool maybe(unsigned of, unsigned in) { return conditions_() % in < of; }

  void choose_relations() {
    if (!maybe(1, 2)) return;
    std::vector<std::pair<LabelKey, LabelKey>> pool;
    if (namespaces_) {
      labels_ = false;  // the slow way has to stay feasible
      pool = {{model::keys::ns, model::keys::ns}, {team_, team_}, {team_, team_}};
    } else {
      if (labels_) pool.insert(pool.end(), {{app_, app_}, {app_, app_}});
      if (env_) pool.insert(pool.end(), {{env_key_, env_key_}, {app_, env_key_}, {env_key_, app_}});
      if (nodes_) pool.push_back({zone_, zone_});
      if (nodes_ && labels_) pool.insert(pool.end(), {{zone_, app_}, {app_, zone_}});
    }
    if (pool.empty()) return;
    const std::size_t wanted = 1 + conditions_() % 2;
    for (std::size_t i = 0; i < wanted; ++i) related_.push_back(pool[conditions_() % pool.size()]);
  }

  std::vector<model::Relation> relations() {
    std::vector<model::Relation> out;
    const std::size_t wanted = maybe(3, 4) ? 1 : 2;
    for (std::size_t i = 0; i < wanted; ++i) {
      const auto& [source, destination] = related_[conditions_() % related_.size()];
      out.push_back({source, destination, maybe(3, 5)});
    }
    return out;
  }

  void add_conditions(Sample& out) {
    const bool audits = maybe(1, 3), expires = !addresses_ && maybe(1, 3), asks_nodes = nodes_ && maybe(1, 2);
    for (model::Rule& rule : out.policy.rules) {
      if (!related_.empty() && maybe(1, 2)) rule.relations = relations();
      if (audits && maybe(1, 4)) rule.audit = true;
      if (expires && maybe(1, 3)) rule.expires = model::Moment{maybe(1, 2) ? 100 : 200};
      if (asks_nodes && maybe(1, 3)) ask_node(rule);
      if (maybe(1, 20)) rule.annotations.push_back({"expect", {"conflict"}, {}});
    }
    for (model::Isolation& isolation : out.policy.isolations) {
      if (audits && maybe(1, 2)) isolation.audit = true;
    }
    for (model::Assertion& claim : out.policy.assertions) {
      if (!related_.empty() && maybe(2, 5)) claim.relations = relations();
    }
    // About values that no selector names (what a relation says of them rests on there being enough of them), or that
    // only selectors on the other key name.
    if (!related_.empty()) {
      model::Assertion& claim = out.policy.assertions[1 + conditions_() % 3];
      claim.relations = relations();
      const auto named = [&](const LabelKey& key) {
        if (key == app_ && globs_ && maybe(1, 2)) return Selector::glob(app_, globs[conditions_() % globs.size()]);
        return Selector::one_of(key, key == app_              ? std::vector<std::string>{"a", "b"}
                                     : key == env_key_        ? std::vector<std::string>{"p", "d"}
                                     : key == zone_           ? std::vector<std::string>{"z"}
                                     : key == model::keys::ns ? std::vector<std::string>{"n1", "n4"}
                                                              : std::vector<std::string>{"t", "u"});
      };
      const bool of_source = maybe(1, 2), of_destination = maybe(1, 2);
      claim.source =
          of_source ? named(claim.relations[0].source) : Selector::negation(named(claim.relations[0].source));
      claim.destination = of_destination ? named(claim.relations[0].destination)
                                         : Selector::negation(named(claim.relations[0].destination));
    }
    if (expires && maybe(1, 3)) out.now = model::Moment{maybe(1, 2) ? 100 : 150};
  }

  // The rule speaks at one gate, and its peers are nodes.
  void ask_node(model::Rule& rule) {
    rule.peer_node = maybe(1, 2) ? model::PeerNode::Own : model::PeerNode::Other;
    if (rule.at_source && rule.at_destination) (maybe(1, 2) ? rule.at_source : rule.at_destination) = false;
    Selector& peer = rule.at_source ? rule.destination : rule.source;
    peer = maybe(2, 3) ? Selector::node() : Selector::all_of({Selector::node(), std::move(peer)});
  }

  bool is_related(const LabelKey& key) const {
    return std::ranges::any_of(related_, [&](const auto& pair) { return pair.first == key || pair.second == key; });
  }

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool chance(unsigned of, unsigned in) { return below(in) < of; }

  Selector atom(bool subject) {
    for (;;) {
      switch (below(9)) {
        case 0:
          return chance(1, 2) ? Selector::any() : Selector::workload();
        case 1:
          if (!nodes_ && subject) break;
          return chance(1, 2) ? Selector::node() : Selector::world();
        case 2:
          if (!apiserver_) break;
          return Selector::apiserver();
        case 3:
          if (!addresses_) break;
          return chance(1, 2) ? Selector::address(network()) : Selector::world_address(network());
        case 4:
          if (!namespaces_) break;
          if (chance(1, 3)) return Selector::equals(model::keys::ns, chance(1, 2) ? "n1" : "n4");
          if (chance(1, 4)) return Selector::has(team_);
          return Selector::equals(team_, chance(1, 2) ? "t" : "u");
        case 5:
          if (!env_) break;
          return chance(1, 5) ? Selector::has(env_key_) : Selector::equals(env_key_, chance(1, 2) ? "p" : "d");
        case 6:
          if (!nodes_) break;
          return chance(1, 3) ? Selector::has(zone_) : Selector::equals(zone_, "z");
        case 7:
          if (!globs_) break;
          return Selector::glob(app_, globs[below(globs.size())]);
        default:
          if (!labels_) break;
          if (chance(1, 5)) return Selector::has(app_);
          if (chance(1, 4)) return Selector::one_of(app_, {"a", "b"});
          return Selector::equals(app_, chance(1, 2) ? "a" : "b");
      }
    }
  }

  Selector selector(bool subject, unsigned depth = 2) {
    if (depth == 0 || chance(1, 2)) return atom(subject);
    switch (below(4)) {
      case 0:
        return Selector::negation(selector(subject, depth - 1));
      case 1:
        return Selector::any_of({selector(subject, depth - 1), selector(subject, depth - 1)});
      default:
        return Selector::all_of({selector(subject, depth - 1), selector(subject, depth - 1)});
    }
  }

  model::AddressSet network() {
    static const std::vector<const char*> all{"10.0.0.0/8", "10.1.0.0/16", "10.0.0.5/32", "fd00::/8", "0.0.0.0/0"};
    model::AddressSet out = model::AddressSet::of(*model::parse_prefix(all[below(all.size())]));
    if (chance(1, 4)) out.remove(model::AddressSet::of(*model::parse_prefix(all[below(3)])));
    return out;
  }

  model::PortSet ports() {
    model::PortSet out;
    switch (below(names_ ? 8 : 6)) {
      case 0:
        out.points = PointSet::any();
        break;
      case 1:
        out.points = PointSet::of_point(model::service_point(6, 80));
        break;
      case 2:
        out.points = PointSet::of_range(6, 80, 90);
        break;
      case 3:
        out.points = PointSet::of_protocol(17);
        break;
      case 4:
        out.points = PointSet::of_range(1, 8 << 8, (8 << 8) | 0xFF);
        break;
      case 5:
        out.points = PointSet::any();
        out.points.remove(PointSet::of_point(model::service_point(6, 80)));
        break;
      case 6:
        out.names = {{6, "http"}};
        break;
      default:
        out.names = {{17, "dns"}, {6, "http"}};
        if (chance(1, 2)) out.points = PointSet::of_point(model::service_point(6, 80));
        break;
    }
    return out;
  }

  void fill_policy(model::Policy& policy) {
    policy.profile = model::profiles()[below(2)];
    policy.profile.node_gates = nodes_ && chance(1, 4);
    if (finite_app_) policy.schema[app_].values = {"a", "b", "c"};
    if (env_) policy.schema[env_key_].values = {"p", "d"};
    if (finite_team_) policy.schema[team_].values = {"t", "u"};
    const std::size_t tiers = 1 + below(3);
    for (std::size_t t = 0; t < tiers; ++t) policy.tiers.push_back({"t" + std::to_string(t)});
    const std::size_t blocks = 1 + below(3);
    for (std::uint32_t b = 0; b < blocks; ++b) {
      model::PolicyBlock block;
      block.name = "p" + std::to_string(b);
      block.tier = model::TierId{static_cast<std::uint32_t>(below(tiers))};
      block.ordered = chance(1, 3);
      block.priority_stated = chance(1, 2);
      block.priority = block.priority_stated ? static_cast<std::int64_t>(below(2)) : 0;
      policy.blocks.push_back(block);
      const std::size_t rules = 1 + below(4);
      for (std::uint32_t r = 0; r < rules; ++r) {
        model::Rule rule;
        rule.verdict = chance(1, 2)   ? model::Verdict::Allow
                       : chance(2, 3) ? model::Verdict::Deny
                                      : model::Verdict::Pass;
        rule.source = selector(true);
        rule.destination = selector(true);
        rule.ports = ports();
        const std::size_t at = below(6);
        rule.at_source = at != 0;
        rule.at_destination = at != 1;
        rule.block = model::BlockId{b};
        rule.tier = block.tier;
        rule.level = {block.priority, block.ordered ? r + 1 : 0};
        const auto next = static_cast<std::size_t>(block.tier) + 1;
        if (rule.verdict == model::Verdict::Pass && next < tiers && chance(1, 2)) {
          rule.pass_to = model::TierId{static_cast<std::uint32_t>(next + below(tiers - next))};
        }
        policy.rules.push_back(std::move(rule));
      }
      if (chance(1, 3)) {
        const std::size_t at = below(3);
        policy.isolations.push_back({selector(true), at != 0, at != 1, block.tier, model::BlockId{b}, {}});
      }
    }
    if (nodes_ && chance(1, 2)) policy.guards.push_back({selector(true), {}});
    for (std::size_t a = 0; a < 4; ++a) {
      model::Assertion claim;
      claim.kind = a % 2 == 0 ? model::Assertion::Kind::Never : model::Assertion::Kind::Always;
      claim.source = selector(false);
      claim.destination = selector(false);
      claim.ports = ports();
      policy.assertions.push_back(std::move(claim));
    }
    // A claim that a rule of the policy makes likely.
    model::Assertion copied = policy.assertions[0];
    const model::Rule& rule = policy.rules[below(policy.rules.size())];
    copied.kind =
        rule.verdict == model::Verdict::Allow ? model::Assertion::Kind::Always : model::Assertion::Kind::Never;
    copied.source = rule.source;
    copied.destination = rule.destination;
    copied.ports = rule.ports;
    policy.assertions.push_back(std::move(copied));
  }

  void fill_inventory(model::Inventory& inventory) {
    inventory.namespaces["n1"] = {{team_, "t"}};
    inventory.namespaces["n2"] = {};
    inventory.namespaces["n3"] = {{team_, "outside"}};
  }

  void fill_world(Sample& sample) {
    using Values = std::vector<const char*>;  // null: absent
    Values apps = !labels_      ? Values{nullptr}
                  : finite_app_ ? Values{nullptr, "a", "b", "c"}
                  : globs_      ? Values{nullptr, "a",  "b",   "",    "q",   "ax",  "ab",  "xa",
                                    "xb",    "qq", "axb", "axx", "xax", "xab", "xxb", "qqq"}
                                : Values{nullptr, "a", "b", "q"};
    const Values envs = env_ ? Values{nullptr, "p", "d"} : Values{nullptr};
    Values spaces = namespaces_ ? Values{nullptr, "n1", "n2", "n3", "n4", "free"} : Values{nullptr};
    Values teams = !namespaces_   ? Values{nullptr}
                   : finite_team_ ? Values{nullptr, "t", "u", "outside"}
                                  : Values{nullptr, "t", "u", "outside"};
    // What relations compare needs values that are equal and values that differ without anybody naming them.
    Values zones = nodes_ ? Values{nullptr, "z", "q"} : Values{nullptr};
    const Values shared = globs_
                              ? Values{"p",   "d",   "z",   "r",   "s",   "ay", "az",  "yb", "zb",  "rr",  "ayb", "azb",
                                       "ayy", "yay", "yab", "yyb", "rrr", "aa", "sss", "ss", "zab", "zay", "zzb", "azz"}
                              : Values{"p", "d", "z", "a", "b", "q", "q2", "q3"};
    const auto widen = [&](Values& values, const LabelKey& key, bool finite) {
      if (finite || !is_related(key)) return;
      for (const char* value : shared) {
        const bool known = std::ranges::any_of(values, [&](const char* v) { return v && std::string(v) == value; });
        if (!known) values.push_back(value);
      }
    };
    if (labels_) widen(apps, app_, finite_app_);
    if (nodes_) widen(zones, zone_, false);
    if (is_related(model::keys::ns)) spaces.insert(spaces.end(), {"free2", "free3"});
    if (is_related(team_) && !finite_team_ && namespaces_) teams.insert(teams.end(), {"out2", "out3"});
    const auto put = [](Peer& peer, const LabelKey& key, const char* value) {
      if (value) peer.labels[key] = value;
    };
    for (const char* app : apps) {
      for (const char* env : envs) {
        for (const char* space : spaces) {
          for (const char* team : teams) {
            const bool listed = sample.with_inventory && space && sample.inventory.namespaces.contains(space);
            if (listed) {
              const model::Labels& fixed = sample.inventory.namespaces.at(space);
              const auto label = fixed.find(team_);
              if (label == fixed.end() ? team != nullptr : !team || label->second != team) continue;
            } else if (finite_team_ && team && std::string(team) == "outside") {
              continue;
            }
            Peer peer;
            peer.kind = PeerKind::Workload;
            put(peer, app_, app);
            put(peer, env_key_, env);
            put(peer, model::keys::ns, space);
            put(peer, team_, team);
            sample.world.peers.push_back(std::move(peer));
          }
        }
      }
    }
    for (const char* zone : zones) {
      Peer peer;
      peer.kind = PeerKind::Node;
      put(peer, zone_, zone);
      sample.world.peers.push_back(std::move(peer));
    }
    sample.world.peers.emplace_back();
    if (addresses_) {
      for (const char* text : {"10.0.0.5", "10.0.0.6", "10.0.0.7", "10.1.0.1", "10.1.0.2", "8.8.8.8", "8.8.4.4",
                               "fd00::1", "fd00::2", "2001:db8::1", "2001:db8::2"}) {
        sample.world.addresses.push_back(*model::parse_address(text));
      }
    }
    sample.world.apiserver = apiserver_;
    for (const auto& [protocol, value] :
         std::vector<std::pair<int, int>>{{6, 80}, {6, 85}, {6, 9}, {17, 53}, {1, 8 << 8}, {1, 0}, {47, 0}}) {
      sample.world.services.push_back(
          model::service_point(static_cast<std::uint8_t>(protocol), static_cast<std::uint16_t>(value)));
    }
    if (names_) sample.world.names = {{6, "http"}, {17, "dns"}};
  }

  const std::vector<std::string> globs{"a*", "*b", "?", "*a*", "??"};
  const LabelKey app_ = model::keys::of_workload("app");
  const LabelKey env_key_ = model::keys::of_workload("env");
  const LabelKey team_ = model::keys::of_namespace("team");
  const LabelKey zone_ = model::keys::of_node("zone");
  std::mt19937_64 random_;
  std::mt19937_64 conditions_;
  std::vector<std::pair<LabelKey, LabelKey>> related_;
  bool labels_ = false, globs_ = false, env_ = false, namespaces_ = false, nodes_ = false, addresses_ = false,
       apiserver_ = false, names_ = false, finite_app_ = false, finite_team_ = false;
};

}  // namespace

Sample random_sample(std::uint64_t seed) { return Generator(seed).sample(); }

}  // namespace weft::verifier::test
