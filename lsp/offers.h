#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/positions.h"
#include "lsp/statement_at.h"
#include "lsp/view.h"
#include "lsp/vocabulary.h"

namespace weft::lsp {

/// What completion offers at one place, as items of the protocol. What may come there is another's business.
class Offers {
 public:
  /// CompletionItemKind of the protocol.
  enum class Kind {
    Method = 2,
    Function = 3,
    Variable = 6,
    Class = 7,
    Interface = 8,
    Module = 9,
    Property = 10,
    Value = 12,
    Keyword = 14,
    Snippet = 15,
    File = 17,
    Constant = 21,
    Operator = 24,
    TypeParameter = 25
  };

  Offers(const View& view, std::string_view text, std::uint32_t offset, const Lines& lines);

  /// CompletionList
  Json offered() const;

 protected:
  /// Offers a word, or what `snippet` makes of it; once only. `order` comes before the word where items are sorted.
  void add(std::string label, Kind kind, std::string detail, std::string snippet, std::string_view order);
  void add_word(const LanguageWord& word, std::string_view order);
  /// What is declared: rules only of the policy before the dot.
  void symbols(frontend::Symbol::Kind kind, Kind shown, std::string_view order, bool networks_only = false);
  /// Those of the template around the place.
  void parameters();

  /// A name without its backticks.
  static std::string bare(std::string_view word);
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  /// Of a word among those of the statement, behind another.
  std::size_t position(std::string_view word, std::size_t behind = none) const;

  const View& view_;
  std::string_view text_;
  StatementAt at_;

 private:
  static bool is_network(const View& view, const frontend::Occurrence& it);
  std::string template_here() const;

  const Lines& lines_;
  std::uint32_t offset_;
  std::uint32_t end_ = 0;  ///< of the word at the place, which is replaced
  std::vector<Json> items_;
  std::set<std::string> seen_;
};

}  // namespace weft::lsp
