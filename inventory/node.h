#pragma once

#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::inventory {

/// One value of a YAML or JSON document. A value of an inventory of 100,000 workloads is one of millions: hence small.
/// Texts and children live as long as the Tree that made them, and the text it was made from.
class Node {
 public:
  enum class Kind : std::uint8_t {
    Null,
    Text,
    Number,   ///< YAML: a plain scalar that some YAML reader takes for a number
    Boolean,  ///< YAML: `yes`, `on`, `y` and the like included
    Tagged,   ///< a YAML scalar with a tag of somebody's own: nothing we could read
    List,
    Map,
  };

  struct Entry;

  Node() = default;
  Node(Kind scalar, std::uint32_t from, std::uint32_t to, std::string_view text);
  Node(std::uint32_t from, std::uint32_t to, std::span<const Node> items);
  Node(std::uint32_t from, std::uint32_t to, std::span<const Entry> entries);

  /// The scalar as written, escapes decoded; empty for lists and maps.
  std::string_view text() const;
  /// The elements of a list; of anything else none.
  std::span<const Node> items() const;
  /// The entries of a map in the order of the text; of anything else none.
  std::span<const Entry> entries() const;
  bool is(Kind other) const { return kind == other; }
  bool is_true() const;

  Kind kind = Kind::Null;
  std::uint32_t begin = 0;  ///< bytes of the source, quotes included
  std::uint32_t end = 0;

 private:
  std::uint32_t count_ = 0;
  const void* data_ = nullptr;
};

struct Node::Entry {
  Node key;
  Node value;
};

/// What a plain YAML scalar is to the YAML readers people use. Kubernetes' own reader follows YAML 1.1, so `no`, `on`
/// and `1e3` are no text; to be safe, neither are they here.
Node::Kind kind_of_plain(std::string_view text);

/// Builds the nodes of one document bottom up, without recursion.
class Tree {
 public:
  static constexpr std::size_t most_levels = 256;

  /// Keeps a text that does not stand in the source as such.
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  void add(const Node& node) { open_nodes_.push_back(node); }
  /// False where the document nests too deep; nothing was opened then.
  bool open(Node::Kind kind, std::uint32_t begin);
  /// Ends the innermost list or map. `end` nothing: where its last child ends.
  const Node& close(std::optional<std::uint32_t> end);

  std::size_t levels() const { return levels_.size(); }
  /// The innermost open thing is a map and its next node will be a key.
  bool at_key() const;
  bool in_map() const { return !levels_.empty() && levels_.back().kind == Node::Kind::Map; }
  const Node& last() const { return open_nodes_.back(); }
  /// The finished document, once nothing is open.
  const Node& root() const { return open_nodes_.front(); }
  bool has_root() const { return levels_.empty() && !open_nodes_.empty(); }

 private:
  struct Level {
    Node::Kind kind;
    std::uint32_t begin;
    std::size_t first;  ///< of its children in `open_nodes_`
  };

  template <typename T>
  std::span<const T> store(std::span<const T> nodes);
  std::vector<Node::Entry> merged(std::span<const Node> children) const;

  std::pmr::monotonic_buffer_resource memory_;
  std::deque<std::string> texts_;
  std::vector<Node> open_nodes_;
  std::vector<Level> levels_;
};

}  // namespace weft::inventory
