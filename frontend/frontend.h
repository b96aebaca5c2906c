#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  static constexpr std::size_t nesting = 200;          ///< parentheses and negations around one another
  static constexpr std::size_t errors = 50;            ///< then reading stops with a note, which must be shown
  static constexpr std::size_t comparisons = 100'000;  ///< in one selector once its groups are put in
  /// In all rules together. One takes about 220 bytes, so these take 700 MB: what a build machine has.
  static constexpr std::size_t all_comparisons = 3'000'000;
  static constexpr std::size_t expanded = 100'000;  ///< statements templates make; source_bytes of text
};

struct ReadOptions {
  /// The clock: a deadline that has passed is an error. Nothing has passed of the default.
  model::Moment now = model::before_all;
  /// Of a policy whose files state none.
  model::Profile profile = model::profiles().front();
};

/// Reads one text. Time is linear in its length; one error per mistake.
ast::File parse(const Sources& sources, SourceId source, Diagnostics& diagnostics);

/// Where the texts that files import come from.
class ImportReader {
 public:
  ImportReader() = default;
  ImportReader(const ImportReader&) = delete;
  ImportReader& operator=(const ImportReader&) = delete;
  virtual ~ImportReader() = default;

  /// The file at `path`, which the source of `at` imports; the same source for the same file, be it imported or given.
  /// Nothing where it cannot be read, which is reported at `at`.
  virtual std::optional<SourceId> file(std::string_view path, Span at, Diagnostics& diagnostics) = 0;
  /// The standard modules there are: "std.core.dns".
  virtual std::vector<std::string> modules() const = 0;
  /// The text of one of them; the same source every time.
  virtual SourceId module(std::string_view name) = 0;
};

/// Reads what the files import, and what that imports, and puts it behind them: every text once.
void read_imports(const Sources& sources, ImportReader& reader, std::vector<ast::File>& files,
                  Diagnostics& diagnostics);

/// The files with every `use` replaced by what its template makes of it; templates and imports are gone. Last come
/// files of the templates tried out.
std::vector<ast::File> expand(std::vector<ast::File> files, Diagnostics& diagnostics);

/// What the files mean together: every declaration is visible in every file. Rules stand in the order of the files,
/// then of their text. Templates are put to use; imports must have been read. The result always has a tier and a
/// profile.
model::Policy resolve(const Sources& sources, std::span<const ast::File> files, Diagnostics& diagnostics,
                      const ReadOptions& options = {});

/// `parse` of each source, then `read_imports` and `resolve`. The files that were imported are appended to `files`.
model::Policy read_policy(const Sources& sources, std::vector<SourceId>& files, ImportReader& reader,
                          Diagnostics& diagnostics, const ReadOptions& options = {});

}  // namespace weft::frontend
