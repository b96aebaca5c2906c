#include "inventory/node.h"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>

#include "base/assert.h"

namespace weft::inventory {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [0-9][0-9_]*
std::size_t digits(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && (is_digit(text[end]) || (end > at && text[end] == '_'))) ++end;
  return end - at;
}

bool is_based_number(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return false;
  const std::string_view allowed = text[1] == 'x'   ? "0123456789abcdefABCDEF_"
                                   : text[1] == 'o' ? "01234567_"
                                   : text[1] == 'b' ? "01_"
                                                    : "";
  return !allowed.empty() && text.find_first_not_of(allowed, 2) == std::string_view::npos;
}

bool is_number(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" || text == ".NAN")
    return true;
  if (is_based_number(text)) return true;
  std::size_t at = digits(text, 0);
  const bool whole = at > 0;
  // 1:30 is sixty-base to YAML 1.1.
  while (whole && at < text.size() && text[at] == ':') {
    const std::size_t more = digits(text, at + 1);
    if (more == 0 || more > 2) return false;
    at += 1 + more;
  }
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits(text, at + 1);
    if (!whole && fraction == 0) return false;
    at += 1 + fraction;
  } else if (!whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

constexpr std::array booleans =
    std::to_array<std::string_view>({"true",  "True",  "TRUE",  "yes", "Yes", "YES", "on",  "On",  "ON",  "y", "Y",
                                     "false", "False", "FALSE", "no",  "No",  "NO",  "off", "Off", "OFF", "n", "N"});
constexpr std::size_t true_booleans = 11;

}  // namespace

Node::Node(Kind scalar, std::uint32_t from, std::uint32_t to, std::string_view text)
    : kind(scalar), begin(from), end(to), count_(static_cast<std::uint32_t>(text.size())), data_(text.data()) {}

Node::Node(std::uint32_t from, std::uint32_t to, std::span<const Node> items)
    : kind(Kind::List), begin(from), end(to), count_(static_cast<std::uint32_t>(items.size())), data_(items.data()) {}

Node::Node(std::uint32_t from, std::uint32_t to, std::span<const Entry> entries)
    : kind(Kind::Map),
      begin(from),
      end(to),
      count_(static_cast<std::uint32_t>(entries.size())),
      data_(entries.data()) {}

std::string_view Node::text() const {
  if (kind == Kind::List || kind == Kind::Map) return {};
  return {static_cast<const char*>(data_), count_};
}

std::span<const Node> Node::items() const {
  if (kind != Kind::List) return {};
  return {static_cast<const Node*>(data_), count_};
}

std::span<const Node::Entry> Node::entries() const {
  if (kind != Kind::Map) return {};
  return {static_cast<const Entry*>(data_), count_};
}

bool Node::is_true() const {
  return kind == Kind::Boolean &&
         std::find(booleans.begin(), booleans.begin() + true_booleans, text()) != booleans.begin() + true_booleans;
}

Node::Kind kind_of_plain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Node::Kind::Null;
  if (text.size() <= 5 && std::ranges::find(booleans, text) != booleans.end()) return Node::Kind::Boolean;
  const char first = text[0];
  const bool may_be_number = is_digit(first) || first == '.' || first == '+' || first == '-';
  return may_be_number && is_number(text) ? Node::Kind::Number : Node::Kind::Text;
}

bool Tree::open(Node::Kind kind, std::uint32_t begin) {
  if (levels_.size() == most_levels) return false;
  levels_.push_back({kind, begin, open_nodes_.size()});
  return true;
}

bool Tree::at_key() const { return in_map() && (open_nodes_.size() - levels_.back().first) % 2 == 0; }

template <typename T>
std::span<const T> Tree::store(std::span<const T> nodes) {
  if (nodes.empty()) return {};
  T* const memory = static_cast<T*>(memory_.allocate(nodes.size() * sizeof(T), alignof(T)));
  std::uninitialized_copy(nodes.begin(), nodes.end(), memory);
  return {memory, nodes.size()};
}

// The entries of a map. `<<: *base` adds what the map does not say itself, as Kubernetes' reader does.
std::vector<Node::Entry> Tree::merged(std::span<const Node> children) const {
  std::vector<Node::Entry> own;
  std::vector<Node> bases;
  for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
    const Node& value = children[i + 1];
    if (children[i].is(Node::Kind::Text) && children[i].text() == "<<" && children[i].end - children[i].begin == 2 &&
        (value.is(Node::Kind::Map) || value.is(Node::Kind::List))) {
      if (value.is(Node::Kind::Map)) bases.push_back(value);
      for (const Node& item : value.items()) bases.push_back(item);
    } else {
      own.push_back({children[i], value});
    }
  }
  if (bases.empty()) return own;
  std::unordered_set<std::string_view> stated;
  for (const Node::Entry& entry : own) stated.insert(entry.key.text());
  for (const Node& base : bases) {
    for (const Node::Entry& entry : base.entries()) {
      if (stated.insert(entry.key.text()).second) own.push_back(entry);
    }
  }
  return own;
}

const Node& Tree::close(std::optional<std::uint32_t> end) {
  WEFT_ASSERT(!levels_.empty(), "what is closed was opened");
  const Level level = levels_.back();
  levels_.pop_back();
  const std::span<const Node> children = std::span<const Node>(open_nodes_).subspan(level.first);
  const std::uint32_t until =
      end ? *end : (children.empty() ? level.begin : std::max(level.begin, children.back().end));
  Node node;
  if (level.kind == Node::Kind::List) {
    node = Node(level.begin, until, store(children));
  } else {
    const std::vector<Node::Entry> entries = merged(children);
    node = Node(level.begin, until, store(std::span<const Node::Entry>(entries)));
  }
  open_nodes_.resize(level.first);
  open_nodes_.push_back(node);
  return open_nodes_.back();
}

}  // namespace weft::inventory
