#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontend/ast.h"

namespace weft::frontend {

/// What a name stands for.
struct Symbol {
  enum class Kind : std::uint8_t {
    Selector,  ///< a group or a network, which share their names
    Service,
    Tier,
    Label,  ///< a key: "app", "ns.team"
    Value,  ///< of a label; `scope` is the key
    Port,   ///< a port that destinations declare
    Policy,
    Rule,  ///< by its `@id`; `scope` is the policy
    Test,
    Template,
    Parameter,  ///< `scope` is the template
    Use,        ///< the name that `as` gives
  };

  Kind kind = Kind::Selector;
  std::string scope;  ///< of what a template declares, the template; otherwise as above, or empty
  std::string name;   ///< without backticks and quotes

  auto operator<=>(const Symbol&) const = default;
};

struct SymbolHash {
  std::size_t operator()(const Symbol& symbol) const;
};

/// A name where it stands.
struct Occurrence {
  Symbol symbol;
  Span span;  ///< of the name as it is written, with its backticks or quotes
  bool declaration = false;
};

/// Every name in some files, and what it stands for: looked up as the resolver does, whether or not it is declared.
/// Names that could be several things are what is declared by them.
class Symbols {
 public:
  explicit Symbols(std::span<const ast::File> files);

  /// The name at that place, or the one that ends there; null where there is none.
  const Occurrence* at(SourceId source, std::uint32_t offset) const;
  /// In the order of the files, then of their text.
  std::vector<const Occurrence*> all_of(const Symbol& symbol) const;
  const Occurrence* declaration(const Symbol& symbol) const;
  /// Of one text, in its order.
  std::span<const Occurrence> in(SourceId source) const;
  std::span<const Occurrence> all() const { return all_; }
  /// The template of that name; null where there is none.
  const ast::TemplateStatement* find_template(std::string_view name) const;

 private:
  std::vector<Occurrence> all_;                                                   // by source and place
  std::unordered_map<Symbol, std::vector<std::uint32_t>, SymbolHash> by_symbol_;  ///< places in `all_`, in their order
  std::map<std::string, const ast::TemplateStatement*, std::less<>> templates_;
};

/// "app", "ns.team": a key as it is known, whatever spaces and backticks it is written with.
std::string key_text(const ast::Key& key);

}  // namespace weft::frontend
