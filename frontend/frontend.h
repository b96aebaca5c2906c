#pragma once

#include <span>

#include "base/diagnostics.h"
#include "base/source.h"
#include "frontend/ast.h"
#include "model/evaluate.h"
#include "model/policy.h"

/// From policy text to its meaning. Every function reports what it finds and returns what it could understand; ask
/// `diagnostics.has_errors()` before the result is used for more than further checks.
namespace weft::frontend {

/// Bounds on what is read; each is a diagnostic when it is exceeded.
struct Limits {
  static constexpr std::size_t source_bytes = 64u << 20;
  static constexpr std::size_t nesting = 200;                 ///< parentheses and negations around one another
  static constexpr std::size_t errors = 50;                   ///< then reading stops with a note, which must be shown
  static constexpr std::size_t comparisons = 100'000;         ///< in one selector once its groups are put in
  static constexpr std::size_t all_comparisons = 10'000'000;  ///< in all rules together
};

struct ReadOptions {
  /// The clock: a deadline that has passed is an error. Nothing has passed of the default.
  model::Moment now = model::before_all;
  /// Of a policy whose files state none.
  model::Profile profile = model::profiles().front();
};

/// Reads one text. Time is linear in its length; one error per mistake.
ast::File parse(const Sources& sources, SourceId source, Diagnostics& diagnostics);

/// What the files mean together: every declaration is visible in every file. Rules stand in the order of the files,
/// then of their text. The result always has a tier and a profile.
model::Policy resolve(const Sources& sources, std::span<const ast::File> files, Diagnostics& diagnostics,
                      const ReadOptions& options = {});

/// `parse` of each source, then `resolve`.
model::Policy read_policy(const Sources& sources, std::span<const SourceId> files, Diagnostics& diagnostics,
                          const ReadOptions& options = {});

}  // namespace weft::frontend
