#include "verifier/box.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace weft::verifier {

using model::PeerKind;
using model::Selector;

namespace {

// Past this many boxes a selector counts as matching everything: the solver will see the whole of it.
constexpr std::size_t max_boxes = 32;

Box everything(const Universe& universe) {
  return {.addresses = IndexSet::below(universe.address_count()), .labels = {}};
}

using Boxes = std::vector<Box>;

Boxes either(Boxes a, Boxes b) {
  a.insert(a.end(), std::make_move_iterator(b.begin()), std::make_move_iterator(b.end()));
  return a;
}

Boxes both(const Universe& universe, const Boxes& a, const Boxes& b) {
  Boxes out;
  for (const Box& left : a) {
    for (const Box& right : b) {
      Box box = common(universe, left, right);
      if (!box.empty()) out.push_back(std::move(box));
    }
  }
  return out;
}

Boxes boxes_of(const Universe& universe, const Selector& selector, bool wanted, bool& exact) {
  Box box = everything(universe);
  const auto of_kind = [&](PeerKind kind) {
    box.kinds = wanted ? kind_bit(kind) : static_cast<std::uint8_t>(0b111 & ~kind_bit(kind));
  };
  switch (selector.kind) {
    case Selector::Kind::None:
    case Selector::Kind::Any:
      if ((selector.kind == Selector::Kind::Any) != wanted) return {};
      break;
    case Selector::Kind::Workload:
      of_kind(PeerKind::Workload);
      break;
    case Selector::Kind::Node:
      of_kind(PeerKind::Node);
      break;
    case Selector::Kind::World:
      of_kind(PeerKind::World);
      break;
    case Selector::Kind::Apiserver:
      box.apiserver = wanted ? 0b10 : 0b01;
      break;
    case Selector::Kind::OneOf:
    case Selector::Kind::Has:
    case Selector::Kind::Glob: {
      const std::uint32_t key = universe.key(selector.key);
      const IndexSet classes = universe.classes(selector);
      exact = exact && universe.keys()[key].exact;
      box.labels.emplace_back(key, wanted ? classes : classes.complement(universe.keys()[key].classes()));
      break;
    }
    case Selector::Kind::Address: {
      const IndexSet addresses = universe.addresses(selector.addresses);
      box.addresses = wanted ? addresses : addresses.complement(universe.address_count());
      break;
    }
    case Selector::Kind::Not:
      return boxes_of(universe, selector.operands[0], !wanted, exact);
    case Selector::Kind::And:
    case Selector::Kind::Or: {
      const bool all = (selector.kind == Selector::Kind::And) == wanted;
      Boxes out;
      if (all) out.push_back(box);
      for (const Selector& operand : selector.operands) {
        Boxes part = boxes_of(universe, operand, wanted, exact);
        out = all ? both(universe, out, part) : either(std::move(out), std::move(part));
        if (out.size() > max_boxes) {
          out = {everything(universe)};
          exact = false;
        }
      }
      return out;
    }
  }
  settle(universe, box);
  return box.empty() ? Boxes{} : Boxes{box};
}

// Who is in a namespace that the inventory lists has the labels that it lists: then rules about these labels of other
// namespaces are seen to have nothing to do with it.
void add_labels_of_namespaces(const Universe& universe, Box& box) {
  constexpr std::uint32_t few = 4;
  if (universe.namespaces().empty()) return;
  const IndexSet* in = classes_in(box, *universe.ns());
  if (!in || in->intervals().size() > few) return;
  std::map<std::uint32_t, IndexSet> labels;
  std::uint32_t count = 0;
  for (const auto& [first, last] : in->intervals()) {
    for (std::uint32_t value = first; value <= last; ++value) {
      const Universe::Namespace* listed = universe.namespace_of(value);
      if (!listed || ++count > few) return;
      for (const auto& [key, of_key] : listed->labels) {
        labels[key] = labels[key].with(IndexSet::of(of_key, of_key));
      }
    }
  }
  for (const auto& [key, classes] : labels) {
    const IndexSet* known = classes_in(box, key);
    put_classes(box, key, known ? known->common_with(classes) : classes);
  }
  settle(universe, box);
}

bool intersect(const Box& a, const Box& b) {
  if ((a.kinds & b.kinds) == 0 || (a.apiserver & b.apiserver) == 0) return false;
  auto left = a.labels.begin();
  auto right = b.labels.begin();
  while (left != a.labels.end() && right != b.labels.end()) {
    if (left->first < right->first) {
      ++left;
    } else if (right->first < left->first) {
      ++right;
    } else {
      if (!left->second.intersects(right->second)) return false;
      ++left;
      ++right;
    }
  }
  return a.addresses.intersects(b.addresses);
}

}  // namespace

// A label that cannot be absent belongs to a peer of the right kind.
void settle(const Universe& universe, Box& box) {
  for (const auto& [key, classes] : box.labels) {
    if (classes.empty()) {
      box.kinds = 0;
      return;
    }
    const PeerKind bearer = universe.keys()[key].of_node() ? PeerKind::Node : PeerKind::Workload;
    if (!classes.contains(0)) box.kinds &= kind_bit(bearer);
  }
  if (box.addresses.empty() || box.apiserver == 0) box.kinds = 0;
}

const IndexSet* classes_in(const Box& box, std::uint32_t key) {
  const auto found = std::ranges::lower_bound(box.labels, key, {}, &std::pair<std::uint32_t, IndexSet>::first);
  return found != box.labels.end() && found->first == key ? &found->second : nullptr;
}

void put_classes(Box& box, std::uint32_t key, IndexSet classes) {
  const auto at = std::ranges::lower_bound(box.labels, key, {}, &std::pair<std::uint32_t, IndexSet>::first);
  if (at != box.labels.end() && at->first == key) {
    at->second = std::move(classes);
  } else {
    box.labels.emplace(at, key, std::move(classes));
  }
}

Box common(const Universe& universe, const Box& a, const Box& b) {
  Box out;
  out.kinds = a.kinds & b.kinds;
  out.apiserver = a.apiserver & b.apiserver;
  out.addresses = a.addresses.common_with(b.addresses);
  auto left = a.labels.begin();
  auto right = b.labels.begin();
  while (left != a.labels.end() || right != b.labels.end()) {
    if (right == b.labels.end() || (left != a.labels.end() && left->first < right->first)) {
      out.labels.push_back(*left++);
    } else if (left == a.labels.end() || right->first < left->first) {
      out.labels.push_back(*right++);
    } else {
      out.labels.emplace_back(left->first, left->second.common_with(right->second));
      ++left;
      ++right;
    }
  }
  settle(universe, out);
  return out;
}

Cover::Cover(const Universe& universe, const Selector& selector) : boxes_(boxes_of(universe, selector, true, exact_)) {
  for (Box& box : boxes_) add_labels_of_namespaces(universe, box);
  std::erase_if(boxes_, [](const Box& box) { return box.empty(); });
}

bool Cover::intersects(const Cover& other) const {
  return std::ranges::any_of(boxes_, [&](const Box& a) {
    return std::ranges::any_of(other.boxes_, [&](const Box& b) { return intersect(a, b); });
  });
}

std::uint8_t Cover::kinds() const {
  std::uint8_t out = 0;
  for (const Box& box : boxes_) out |= box.kinds;
  return out;
}

IndexSet cover(const Universe& universe, const model::PortSet& ports) {
  IndexSet out = universe.services(ports.points);
  for (const model::PortName& name : ports.names) out = out.with(universe.services_of_protocol(name.protocol));
  return out;
}

}  // namespace weft::verifier
