// The text form of a world: one statement a line, words apart by blanks, what is no plain word in quotes. Selectors are
// written prefix, in parentheses.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/support/world.h"

namespace weft::test {

using namespace model;

namespace {

// ---- writing ----

std::string word(const std::string& text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-_./:*?").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string key_words(const LabelKey& key) {
  static constexpr std::array<std::string_view, 4> scopes{"identity", "workload", "namespace", "node"};
  return fmt::format("{} {}", scopes[static_cast<std::size_t>(key.scope)], word(key.name));
}

std::string range_words(const AddressSet& set) {
  std::string out;
  for (const AddressRange& range : set.ranges())
    out += fmt::format(" {} {}", to_string(range.first), to_string(range.last));
  return out;
}

std::string write(const Selector& selector) {
  const auto list = [](std::string_view head, const std::vector<Selector>& operands) {
    std::string out = fmt::format("({}", head);
    for (const Selector& operand : operands) out += " " + write(operand);
    return out + ")";
  };
  switch (selector.kind) {
    case Selector::Kind::None:
      return "(none)";
    case Selector::Kind::Any:
      return "(any)";
    case Selector::Kind::Workload:
      return "(workload)";
    case Selector::Kind::Node:
      return "(node)";
    case Selector::Kind::World:
      return "(world)";
    case Selector::Kind::Apiserver:
      return "(apiserver)";
    case Selector::Kind::OneOf: {
      std::string out = "(in " + key_words(selector.key);
      for (const std::string& value : selector.values) out += " " + word(value);
      return out + ")";
    }
    case Selector::Kind::Has:
      return fmt::format("(has {})", key_words(selector.key));
    case Selector::Kind::Glob:
      return fmt::format("(like {} {})", key_words(selector.key), word(selector.values[0]));
    case Selector::Kind::Address:
      return fmt::format("(addr{})", range_words(selector.addresses));
    case Selector::Kind::Not:
      return list("not", selector.operands);
    case Selector::Kind::And:
      return list("and", selector.operands);
    case Selector::Kind::Or:
      return list("or", selector.operands);
  }
  return "";
}

std::string write(const PortSet& ports) {
  std::string out = "(ports";
  const auto point = [](std::uint32_t number) { return fmt::format("{}/{}", number >> 16U, number & 0xFFFFU); };
  for (const ServiceRange& range : ports.points.ranges())
    out += fmt::format(" {} {}", point(range.first), point(range.last));
  out += ") (names";
  for (const PortName& name : ports.names) out += fmt::format(" {} {}", name.protocol, word(name.name));
  return out + ")";
}

std::string write(const Labels& labels) {
  std::string out = "(labels";
  for (const auto& [key, value] : labels) out += fmt::format(" {} {}", key_words(key), word(value));
  return out + ")";
}

std::string optional_number(const auto& id) { return id ? fmt::format("{}", static_cast<std::uint32_t>(*id)) : "-"; }

std::string conditions_of(const Rule& rule) {
  std::string out = rule.audit ? " audit" : "";
  if (rule.expires) out += fmt::format(" expires {}", static_cast<std::int64_t>(*rule.expires));
  for (const Relation& relation : rule.relations) {
    out += fmt::format(" when {} {} {}", relation.equal ? "equal" : "different", key_words(relation.source),
                       key_words(relation.destination));
  }
  if (rule.peer_node == PeerNode::Own) out += " host";
  if (rule.peer_node == PeerNode::Other) out += " remote_node";
  return out;
}

constexpr std::array<std::string_view, 3> verdicts{"allow", "deny", "pass"};
constexpr std::array<std::string_view, 3> kinds{"workload", "node", "world"};

}  // namespace

std::string to_case(const World& world) {
  const Policy& policy = world.policy;
  std::string out =
      fmt::format("profile {} {} {} {}\n", word(policy.profile.name), int{policy.profile.allow_by_default},
                  int{policy.profile.own_node_may_enter}, int{policy.profile.node_gates});
  for (const Tier& tier : policy.tiers) out += fmt::format("tier {}\n", word(tier.name));
  for (const PolicyBlock& block : policy.blocks) {
    out += fmt::format("policy {} tier {} priority {} {} {} owner {}\n", word(block.name),
                       static_cast<std::uint32_t>(block.tier), block.priority, int{block.priority_stated},
                       block.ordered ? "ordered" : "unordered", word(block.owner));
  }
  for (const Rule& rule : policy.rules) {
    out += fmt::format("rule {} tier {} level {} {} at {}{} to {} policy {} because {}{}\n  {}\n  {}\n  {}\n",
                       verdicts[static_cast<std::size_t>(rule.verdict)], static_cast<std::uint32_t>(rule.tier),
                       rule.level.priority, rule.level.index, int{rule.at_source}, int{rule.at_destination},
                       optional_number(rule.pass_to), static_cast<std::uint32_t>(rule.block), word(rule.because),
                       conditions_of(rule), write(rule.source), write(rule.destination), write(rule.ports));
  }
  for (const Isolation& isolation : policy.isolations) {
    out += fmt::format("isolate {}{} tier {} policy {}{} {}\n", int{isolation.egress}, int{isolation.ingress},
                       static_cast<std::uint32_t>(isolation.tier), static_cast<std::uint32_t>(isolation.block),
                       isolation.audit ? " audit" : "", write(isolation.subject));
  }
  for (const Guard& guard : policy.guards) out += fmt::format("guard {}\n", write(guard.nodes));
  for (const auto& [name, labels] : world.inventory.namespaces) {
    out += fmt::format("namespace {} {}\n", word(name), write(labels));
  }
  out += fmt::format("apiserver (addr{})\n", range_words(world.inventory.apiserver));
  for (const Instance& instance : world.inventory.instances) {
    std::string addresses, ports;
    for (const Address& address : instance.addresses) addresses += " " + to_string(address);
    for (const NamedPort& port : instance.peer.ports) {
      ports += fmt::format(" {} {} {}", word(port.name), port.protocol, port.port);
    }
    out += fmt::format("{} {} on {} host {} {} (addresses{}) (ports{})\n",
                       kinds[static_cast<std::size_t>(instance.peer.kind)], word(instance.name),
                       optional_number(instance.peer.node), optional_number(instance.host), write(instance.peer.labels),
                       addresses, ports);
  }
  return out;
}

namespace {

// ---- reading ----

// Thrown and caught within this file only: what is wrong with the text.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Reader {
 public:
  explicit Reader(std::string_view text) { split(text); }

  World run() {
    World world;
    while (at_ < tokens_.size()) statement(world);
    if (world.policy.tiers.empty()) throw Malformed("no tier");
    check(world);
    world.inventory.index();
    return world;
  }

 private:
  struct Token {
    std::string text;
    bool quoted = false;
  };

  void split(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      const char c = text[i];
      if (std::isspace(static_cast<unsigned char>(c))) {
        ++i;
      } else if (c == '#') {
        i = std::min(text.find('\n', i), text.size());
      } else if (c == '(' || c == ')') {
        tokens_.push_back({std::string(1, c)});
        ++i;
      } else if (c == '"') {
        Token token{"", true};
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
          if (i < text.size()) token.text += text[i];
        }
        if (i++ >= text.size()) throw Malformed("a quote is not closed");
        tokens_.push_back(token);
      } else {
        const std::size_t end = std::min(text.find_first_of(" \t\r\n()\"#", i), text.size());
        tokens_.push_back({std::string(text.substr(i, end - i))});
        i = end;
      }
    }
  }

  bool next_is(std::string_view text) const {
    return at_ < tokens_.size() && !tokens_[at_].quoted && tokens_[at_].text == text;
  }
  std::string take() {
    if (at_ == tokens_.size()) throw Malformed("the text ends too early");
    return tokens_[at_++].text;
  }
  void expect(std::string_view text) {
    if (!next_is(text)) throw Malformed(fmt::format("expected `{}`, found `{}`", text, take()));
    ++at_;
  }
  template <typename Number>
  Number number(const std::string& text) {
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size())
      throw Malformed(fmt::format("`{}` is no number", text));
    return out;
  }
  template <typename Number>
  Number number() {
    return number<Number>(take());
  }
  bool flag() { return number<unsigned>() != 0; }
  template <typename Id>
  std::optional<Id> optional_id() {
    const std::string text = take();
    if (text == "-") return {};
    return Id{number<std::uint32_t>(text)};
  }
  template <typename List>
  std::size_t one_of(const List& list) {
    const std::string text = take();
    const auto found = std::ranges::find(list, text);
    if (found == list.end()) throw Malformed(fmt::format("`{}` is unknown here", text));
    return static_cast<std::size_t>(found - list.begin());
  }
  std::pair<bool, bool> two_flags() {
    const std::string text = take();
    if (text.size() != 2) throw Malformed(fmt::format("`{}` is no pair of flags", text));
    return {text[0] == '1', text[1] == '1'};
  }

  LabelKey key() {
    static constexpr std::array<std::string_view, 4> scopes{"identity", "workload", "namespace", "node"};
    const auto scope = static_cast<KeyScope>(one_of(scopes));
    return {scope, take()};
  }
  Address address() {
    const std::string text = take();
    const auto out = parse_address(text);
    if (!out) throw Malformed(fmt::format("`{}` is no address", text));
    return *out;
  }
  AddressSet address_ranges() {
    AddressSet out;
    while (!next_is(")")) {
      const Address first = address(), last = address();
      if (first.family != last.family || last < first) throw Malformed("an address range runs backwards");
      out.add(AddressRange{first, last});
    }
    return out;
  }
  std::uint32_t point() {
    const std::string text = take();
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) throw Malformed(fmt::format("`{}` is no service point", text));
    return static_cast<std::uint32_t>(
        service_point(number<std::uint8_t>(text.substr(0, slash)), number<std::uint16_t>(text.substr(slash + 1))));
  }

  Selector selector() {
    static constexpr std::array<std::string_view, 13> heads{
        "none", "any", "workload", "node", "world", "apiserver", "in", "has", "like", "addr", "not", "and", "or"};
    expect("(");
    Selector out{.kind = static_cast<Selector::Kind>(one_of(heads))};
    switch (out.kind) {
      case Selector::Kind::OneOf:
      case Selector::Kind::Has:
      case Selector::Kind::Glob:
        out.key = key();
        while (!next_is(")")) out.values.push_back(take());
        if (out.kind == Selector::Kind::OneOf) std::ranges::sort(out.values);
        if (out.kind == Selector::Kind::Glob && out.values.size() != 1) throw Malformed("`like` has one pattern");
        break;
      case Selector::Kind::Address:
        out.addresses = address_ranges();
        break;
      case Selector::Kind::Not:
      case Selector::Kind::And:
      case Selector::Kind::Or:
        while (!next_is(")")) out.operands.push_back(selector());
        if (out.kind == Selector::Kind::Not && out.operands.size() != 1) throw Malformed("`not` has one operand");
        break;
      default:
        break;
    }
    expect(")");
    return out;
  }

  PortSet ports() {
    PortSet out;
    expect("("), expect("ports");
    while (!next_is(")")) {
      // A range may span protocols: grow it protocol by protocol.
      const std::uint32_t first = point(), last = point();
      if (last < first) throw Malformed("a service range runs backwards");
      for (std::uint32_t proto = first >> 16U; proto <= last >> 16U; ++proto) {
        const std::uint32_t from = std::max(first, proto << 16U), to = std::min(last, (proto << 16U) | 0xFFFFU);
        out.points.add(PointSet::of_range(static_cast<std::uint8_t>(proto), static_cast<std::uint16_t>(from),
                                          static_cast<std::uint16_t>(to)));
      }
    }
    expect(")"), expect("("), expect("names");
    while (!next_is(")")) {
      const auto proto = number<std::uint8_t>();
      out.names.push_back({proto, take()});
    }
    expect(")");
    return out;
  }

  Labels labels() {
    Labels out;
    expect("("), expect("labels");
    while (!next_is(")")) {
      const LabelKey label = key();
      out[label] = take();
    }
    expect(")");
    return out;
  }

  void statement(World& world) {
    Policy& policy = world.policy;
    Inventory& inventory = world.inventory;
    const std::string head = take();
    if (head == "profile") {
      policy.profile.name = take();
      policy.profile.allow_by_default = flag();
      policy.profile.own_node_may_enter = flag();
      policy.profile.node_gates = flag();
    } else if (head == "tier") {
      policy.tiers.push_back({take(), {}});
    } else if (head == "policy") {
      PolicyBlock out;
      out.name = take();
      expect("tier"), out.tier = TierId{number<std::uint32_t>()};
      expect("priority"), out.priority = number<std::int64_t>();
      out.priority_stated = flag();
      out.ordered = take() == "ordered";
      expect("owner"), out.owner = take();
      policy.blocks.push_back(out);
    } else if (head == "rule") {
      Rule out;
      out.verdict = static_cast<Verdict>(one_of(verdicts));
      expect("tier"), out.tier = TierId{number<std::uint32_t>()};
      expect("level"), out.level.priority = number<std::int64_t>();
      out.level.index = number<std::uint32_t>();
      expect("at"), std::tie(out.at_source, out.at_destination) = two_flags();
      expect("to"), out.pass_to = optional_id<TierId>();
      expect("policy"), out.block = BlockId{number<std::uint32_t>()};
      expect("because"), out.because = take();
      if (next_is("audit")) out.audit = !take().empty();
      if (next_is("expires")) take(), out.expires = Moment{number<std::int64_t>()};
      while (next_is("when")) {
        take();
        const bool equal = one_of(std::array<std::string_view, 2>{"different", "equal"}) == 1;
        const LabelKey source = key();
        out.relations.push_back({source, key(), equal});
      }
      if (next_is("host")) take(), out.peer_node = PeerNode::Own;
      if (next_is("remote_node")) take(), out.peer_node = PeerNode::Other;
      out.source = selector();
      out.destination = selector();
      out.ports = ports();
      policy.rules.push_back(out);
    } else if (head == "isolate") {
      Isolation out;
      std::tie(out.egress, out.ingress) = two_flags();
      expect("tier"), out.tier = TierId{number<std::uint32_t>()};
      expect("policy"), out.block = BlockId{number<std::uint32_t>()};
      if (next_is("audit")) out.audit = !take().empty();
      out.subject = selector();
      policy.isolations.push_back(out);
    } else if (head == "guard") {
      policy.guards.push_back({selector(), {}});
    } else if (head == "namespace") {
      const std::string name = take();
      inventory.namespaces[name] = labels();
    } else if (head == "apiserver") {
      expect("("), expect("addr"), inventory.apiserver = address_ranges(), expect(")");
    } else if (head == "workload" || head == "node") {
      instance(inventory, head == "node" ? PeerKind::Node : PeerKind::Workload);
    } else {
      throw Malformed(fmt::format("`{}` starts no statement", head));
    }
  }

  void instance(Inventory& inventory, PeerKind kind) {
    Instance out{.name = take(), .peer = {}, .addresses = {}, .attach = {}, .host = {}};
    out.peer.kind = kind;
    out.peer.instance = InstanceId{static_cast<std::uint32_t>(inventory.instances.size())};
    expect("on"), out.peer.node = optional_id<InstanceId>();
    expect("host"), out.host = optional_id<InstanceId>();
    out.peer.labels = labels();
    expect("("), expect("addresses");
    while (!next_is(")")) out.addresses.push_back(address());
    expect(")"), expect("("), expect("ports");
    while (!next_is(")")) {
      NamedPort port;
      port.name = take();
      port.protocol = number<std::uint8_t>();
      port.port = number<std::uint16_t>();
      out.peer.ports.push_back(port);
    }
    expect(")");
    inventory.instances.push_back(std::move(out));
  }

  // Every id is a position that exists.
  static void check(const World& world) {
    const Policy& policy = world.policy;
    const auto inside = [](auto id, const auto& list) { return static_cast<std::size_t>(id) < list.size(); };
    bool good = true;
    for (const PolicyBlock& block : policy.blocks) good &= inside(block.tier, policy.tiers);
    for (const Rule& rule : policy.rules) {
      good &= inside(rule.tier, policy.tiers) && inside(rule.block, policy.blocks);
      good &= !rule.pass_to || (inside(*rule.pass_to, policy.tiers) && *rule.pass_to > rule.tier);
    }
    for (const Isolation& i : policy.isolations) good &= inside(i.tier, policy.tiers) && inside(i.block, policy.blocks);
    for (const Instance& i : world.inventory.instances) {
      good &= !i.peer.node || inside(*i.peer.node, world.inventory.instances);
      good &= !i.host || inside(*i.host, world.inventory.instances);
    }
    if (!good) throw Malformed("a number names nothing");
    for (const Rule& rule : policy.rules) {
      if (rule.peer_node != PeerNode::Any && rule.at_source && rule.at_destination) {
        throw Malformed("a rule of both gates asks for a node at the other end");
      }
    }
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<World> from_case(std::string_view text, std::string* error) {
  try {
    return Reader(text).run();
  } catch (const Malformed& malformed) {
    if (error) *error = malformed.what();
    return {};
  }
}

}  // namespace weft::test
