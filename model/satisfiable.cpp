#include "model/satisfiable.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <span>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "model/finite_search.h"
#include "model/value_classes.h"

namespace weft::model {
namespace {

// Looked-at values: about a tenth of a second at worst, some microseconds for what people write.
constexpr std::size_t most_work = 20'000'000;

// One of several selectors that must all hold or, `negated`, fail.
struct Demand {
  const Selector* selector;
  bool negated;
};

bool meets(std::span<const Demand> demands, const Example& example) {
  const Peer peer = example.peer();
  return std::ranges::all_of(demands, [&](const Demand& demand) {
    return matches(*demand.selector, {&peer, example.address}) != demand.negated;
  });
}

PeerKind bearer(const LabelKey& key) { return key.scope == KeyScope::Node ? PeerKind::Node : PeerKind::Workload; }

/// Turns demands on a peer of one kind into a question over finitely many values: of every label key the values that
/// the demands tell apart (0: the label is absent), of the address the ranges they tell apart.
class Question {
 public:
  Question(std::span<const Demand> demands, PeerKind kind, const Schema& schema) : kind_(kind) {
    for (const Demand& demand : demands) collect(*demand.selector);
    for (auto& [key, label] : labels_) {
      const auto declared = schema.find(key);
      if (declared != schema.end()) label.use.domain = declared->second.values;
      add_variable(label);
    }
    add_address();
    apiserver_ = static_cast<std::uint32_t>(problem_.variables.size());
    problem_.variables.push_back({.values = 2});

    std::vector<std::uint32_t> parts;
    for (const Demand& demand : demands) parts.push_back(node(*demand.selector, demand.negated));
    problem_.root = gather(Node::Kind::All, std::move(parts));
  }

  FiniteAnswer answer() const {
    if (work_ > most_work) return {FiniteAnswer::Kind::Undecided};
    return search(problem_, most_work);
  }

  Example example(const std::vector<std::uint32_t>& values) const {
    Example out{.kind = kind_};
    for (const auto& [key, label] : labels_) {
      const std::uint32_t value = values[label.variable];
      if (value > 0) out.labels.emplace(key, label.texts[value - 1]);
    }
    if (asks_addresses_) {
      out.address = address_in(ranges_[values[address_]]);
      out.apiserver = values[apiserver_] == 1;
    }
    return out;
  }

  bool asks_addresses() const { return asks_addresses_; }

 private:
  using Node = FiniteProblem::Node;

  struct Label {
    ValueUse use;
    std::uint32_t variable = 0;
    bool exact = true;
    std::vector<std::string> texts;                                  // value 1 is the first
    std::map<std::string_view, std::uint32_t, std::less<>> numbers;  // of `texts`
    std::map<std::string, std::vector<std::uint32_t>> globs;         // the values each one matches
  };

  void collect(const Selector& selector) {
    switch (selector.kind) {
      case Selector::Kind::OneOf:
      case Selector::Kind::Has:
      case Selector::Kind::Glob: {
        if (bearer(selector.key) != kind_) break;
        ValueUse& use = labels_[selector.key].use;
        if (selector.kind == Selector::Kind::OneOf)
          use.constants.insert(selector.values.begin(), selector.values.end());
        if (selector.kind == Selector::Kind::Glob) use.globs.insert(selector.values[0]);
        break;
      }
      case Selector::Kind::Apiserver:
        asks_addresses_ = true;
        break;
      case Selector::Kind::Address:
        asks_addresses_ = true;
        for (const AddressRange& range : selector.addresses.ranges()) {
          starts_.insert(range.first);
          if (const auto after = next(range.last)) starts_.insert(*after);
        }
        break;
      default:
        break;
    }
    for (const Selector& operand : selector.operands) collect(operand);
  }

  void add_variable(Label& label) {
    std::size_t length = 1;
    for (const std::string& glob : label.use.globs) length += glob.size();
    label.use.effort = std::min<std::size_t>(label.use.effort, 200'000 / length);
    ValueClasses classes = value_classes(label.use);
    label.texts = std::move(classes.texts);
    label.exact = classes.exact;
    label.variable = static_cast<std::uint32_t>(problem_.variables.size());
    for (std::uint32_t i = 0; i < label.texts.size(); ++i) label.numbers.emplace(label.texts[i], i + 1);
    work_ += label.use.globs.size() * label.texts.size();
    if (work_ > most_work) return;
    for (const std::string& glob : label.use.globs) {
      std::vector<std::uint32_t>& values = label.globs[glob];
      for (std::uint32_t i = 0; i < label.texts.size(); ++i) {
        if (glob_matches(glob, label.texts[i])) values.push_back(i + 1);
      }
    }

    FiniteProblem::Variable variable{.values = static_cast<std::uint32_t>(label.texts.size()) + 1};
    // Texts nobody looked at may stand to the patterns in yet another way.
    if (!label.exact) variable.doubtful = variable.values++;
    problem_.variables.push_back(variable);
  }

  void add_address() {
    starts_.insert(lowest(Family::V4));
    starts_.insert(lowest(Family::V6));
    for (auto at = starts_.begin(); at != starts_.end(); ++at) {
      const auto after = std::next(at);
      const bool ends_family = after == starts_.end() || after->family != at->family;
      ranges_.push_back({*at, ends_family ? highest(at->family) : *previous(*after)});
    }
    address_ = static_cast<std::uint32_t>(problem_.variables.size());
    problem_.variables.push_back(
        {.values = static_cast<std::uint32_t>(ranges_.size()), .preferred = range_of(*parse_address("203.0.113.1"))});
  }

  std::uint32_t range_of(const Address& address) const {
    const auto after = std::ranges::upper_bound(ranges_, address, {}, &AddressRange::first);
    return static_cast<std::uint32_t>(after - ranges_.begin()) - 1;
  }

  // An address people know as an example where the range has one, else one from its beginning.
  static Address address_in(const AddressRange& range) {
    for (const char* text : {"203.0.113.1", "198.51.100.1", "192.0.2.1", "2001:db8::1"}) {
      const Address address = *parse_address(text);
      if (range.first <= address && address <= range.last) return address;
    }
    const auto second = next(range.first);  // the first one often names the network itself
    return second && *second <= range.last ? *second : range.first;
  }

  std::uint32_t add(Node node) {
    work_ += node.parts.size() + 1;
    if (work_ > most_work) node.parts.clear();  // `answer` will not look at it
    problem_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(problem_.nodes.size()) - 1;
  }

  std::uint32_t constant(bool value) { return add({.kind = value ? Node::Kind::True : Node::Kind::False}); }

  std::uint32_t gather(Node::Kind kind, std::vector<std::uint32_t> parts) {
    return add({.kind = kind, .parts = std::move(parts)});
  }

  std::uint32_t literal(std::uint32_t variable, bool outside, std::vector<std::uint32_t> values) {
    return add({.kind = Node::Kind::Literal, .variable = variable, .outside = outside, .parts = std::move(values)});
  }

  std::uint32_t node(const Selector& selector, bool negated) {
    switch (selector.kind) {
      case Selector::Kind::None:
        return constant(negated);
      case Selector::Kind::Any:
        return constant(!negated);
      case Selector::Kind::Workload:
        return constant((kind_ == PeerKind::Workload) != negated);
      case Selector::Kind::Node:
        return constant((kind_ == PeerKind::Node) != negated);
      case Selector::Kind::World:
        return constant((kind_ == PeerKind::World) != negated);
      case Selector::Kind::Apiserver:
        return literal(apiserver_, negated, {1});
      case Selector::Kind::OneOf:
      case Selector::Kind::Has:
      case Selector::Kind::Glob:
        return bearer(selector.key) == kind_ ? comparison(selector, negated) : constant(negated);
      case Selector::Kind::Address:
        return literal(address_, negated, ranges_in(selector.addresses));
      case Selector::Kind::Not:
        return node(selector.operands[0], !negated);
      case Selector::Kind::And:
      case Selector::Kind::Or: {
        std::vector<std::uint32_t> parts;
        for (const Selector& operand : selector.operands) parts.push_back(node(operand, negated));
        return gather((selector.kind == Selector::Kind::And) != negated ? Node::Kind::All : Node::Kind::Any,
                      std::move(parts));
      }
    }
    return constant(false);
  }

  std::uint32_t comparison(const Selector& selector, bool negated) {
    const Label& label = labels_.at(selector.key);
    if (selector.kind == Selector::Kind::Has) return literal(label.variable, !negated, {0});
    if (selector.kind == Selector::Kind::OneOf) {
      std::vector<std::uint32_t> values;
      for (const std::string& text : selector.values) {
        const auto number = label.numbers.find(text);
        if (number != label.numbers.end()) values.push_back(number->second);  // else the schema rules it out
      }
      std::ranges::sort(values);
      return literal(label.variable, negated, std::move(values));
    }
    const auto values = label.globs.find(selector.values[0]);
    if (values == label.globs.end()) return constant(false);  // past the bound on work
    const std::uint32_t out = literal(label.variable, negated, values->second);
    problem_.nodes[out].vague = !label.exact;
    return out;
  }

  std::vector<std::uint32_t> ranges_in(const AddressSet& addresses) const {
    std::vector<std::uint32_t> out;
    for (const AddressRange& range : addresses.ranges()) {
      if (work_ + out.size() > most_work) break;  // `answer` will not look at it
      for (std::uint32_t i = range_of(range.first); i <= range_of(range.last); ++i) out.push_back(i);
    }
    return out;
  }

  PeerKind kind_;
  std::map<LabelKey, Label> labels_;
  std::set<Address> starts_;
  std::vector<AddressRange> ranges_;
  bool asks_addresses_ = false;
  std::uint32_t address_ = 0;
  std::uint32_t apiserver_ = 0;
  FiniteProblem problem_;
  std::size_t work_ = 0;
};

Example smallest(std::span<const Demand> demands, Example example, bool asks_addresses) {
  const auto without_address = [&] {
    Example out = example;
    out.address = {};
    out.apiserver = false;
    return out;
  };
  if (example.address && !(asks_addresses && example.kind == PeerKind::World) && meets(demands, without_address())) {
    example = without_address();
  }
  for (auto label = example.labels.begin(); label != example.labels.end();) {
    Example without = example;
    without.labels.erase(label->first);
    if (meets(demands, without)) {
      label = example.labels.erase(label);
    } else {
      ++label;
    }
  }
  return example;
}

Satisfiable satisfy(std::span<const Demand> demands, const Schema& schema) {
  Satisfiable out{Satisfiable::Answer::No};
  for (const PeerKind kind : {PeerKind::Workload, PeerKind::Node, PeerKind::World}) {
    const Question question(demands, kind, schema);
    const FiniteAnswer answer = question.answer();
    if (answer.kind == FiniteAnswer::Kind::Undecided) out.answer = Satisfiable::Answer::Unknown;
    if (answer.kind != FiniteAnswer::Kind::Found) continue;
    Example example = question.example(answer.values);
    WEFT_ASSERT(meets(demands, example), "an example of a selector matches it");
    return {Satisfiable::Answer::Yes, smallest(demands, std::move(example), question.asks_addresses())};
  }
  return out;
}

}  // namespace

Peer Example::peer() const {
  Peer out;
  out.kind = kind;
  out.labels = labels;
  if (address && apiserver) out.apiserver = AddressSet::of(*address);
  return out;
}

std::string to_string(const Example& example) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : example.labels) labels.push_back(to_string(key) + ": " + in_quotes(value));
  static constexpr std::array<const char*, 3> kinds{"workload", "node", "world"};
  std::string out = kinds[static_cast<std::size_t>(example.kind)];
  if (!labels.empty()) out += fmt::format(" {{{}}}", fmt::join(labels, ", "));
  if (example.address) out += " " + to_string(*example.address);
  if (example.apiserver) out += " (API server)";
  return out;
}

Satisfiable satisfiable(const Selector& selector, const Schema& schema) {
  const std::array<Demand, 1> demands{{{&selector, false}}};
  return satisfy(demands, schema);
}

std::optional<Example> example_of(const Selector& selector, const Schema& schema) {
  return satisfiable(selector, schema).example;
}

Implication implies(const Selector& narrow, const Selector& wide, const Schema& schema) {
  const std::array<Demand, 2> demands{{{&narrow, false}, {&wide, true}}};
  Satisfiable exception = satisfy(demands, schema);
  switch (exception.answer) {
    case Satisfiable::Answer::Yes:
      return {Implication::Answer::No, std::move(exception.example)};
    case Satisfiable::Answer::No:
      return {Implication::Answer::Yes};
    case Satisfiable::Answer::Unknown:
      break;
  }
  return {};
}

}  // namespace weft::model
