#pragma once

#include <span>
#include <string_view>

namespace weft::lsp {

/// A word of the language: what it does in a sentence, and what stands behind it as a snippet of the protocol.
struct LanguageWord {
  /// Where it may stand.
  enum class Where : unsigned char {
    Top,
    Policy,
    Template,
    PolicyHeader,
    RuleClause,
    ClaimClause,
    Selector,
    Expectation
  };

  std::string_view word;
  Where where;
  std::string_view says;
  std::string_view snippet;  ///< empty: the word alone
};

std::span<const LanguageWord> language_words();
/// What a word does; empty where it is none.
std::string_view what_it_does(std::string_view word);

/// An annotation the language knows, and the form of its values.
struct KnownAnnotation {
  std::string_view name;
  std::string_view says;
  std::string_view snippet;
};
std::span<const KnownAnnotation> known_annotations();

}  // namespace weft::lsp
