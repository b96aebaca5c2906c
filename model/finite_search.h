#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

// Private to this folder.
namespace weft::model {

/// A question over variables with finitely many values: is there a choice of values that makes the root true?
struct FiniteProblem {
  struct Variable {
    std::uint32_t values = 0;                 ///< numbered from 0
    std::uint32_t preferred = 0;              ///< tried first; after it the lowest
    std::optional<std::uint32_t> doubtful{};  ///< a value of which nobody knows how it stands to the `vague` literals
  };

  /// Part of the formula, in negation normal form.
  struct Node {
    enum class Kind : std::uint8_t { True, False, Literal, All, Any };

    Kind kind = Kind::True;
    std::uint32_t variable = 0;          ///< of Literal
    bool outside = false;                ///< of Literal: the value must *not* be among `parts`
    bool vague = false;                  ///< of Literal: nothing is known of the doubtful value
    std::vector<std::uint32_t> parts{};  ///< of Literal: values, ascending; of All and Any: nodes
  };

  std::vector<Variable> variables;
  std::vector<Node> nodes;
  std::uint32_t root = 0;
};

struct FiniteAnswer {
  enum class Kind : std::uint8_t { Found, None, Undecided };

  Kind kind = Kind::None;
  std::vector<std::uint32_t> values{};  ///< of Found: one for every variable, never a doubtful one
};

/// Decides the question exactly, or answers Undecided after about `effort` looked-at values, or where only doubtful
/// values are left to choose. The same problem always gets the same answer.
FiniteAnswer search(const FiniteProblem& problem, std::size_t effort);

}  // namespace weft::model
