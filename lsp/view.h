#pragma once

#include <optional>
#include <vector>

#include "driver/session.h"
#include "frontend/symbols.h"
#include "lsp/atlas.h"
#include "lsp/json.h"

namespace weft::lsp {

/// What the client can do, as far as answers differ by it.
struct Abilities {
  bool versioned_edits = false;
  bool snippets = false;
  bool markdown = false;
  bool watches_files = false;
  bool progress = false;
  bool refreshes_lenses = false;
  bool refreshes_hints = false;
  bool nested_symbols = false;
  bool label_offsets = false;
  bool applies_edits = false;
  bool pulls = false;          ///< asks for diagnostics, and is told when to ask again
  bool shows_answers = false;  ///< shows what commands give back
};

/// The names in some files, gathered when somebody first asks for one.
class Names {
 public:
  /// The files must outlive it.
  explicit Names(const std::vector<frontend::ast::File>& files) : files_(files) {}

  const frontend::Symbols& gathered() {
    if (!symbols_) symbols_.emplace(files_);
    return *symbols_;
  }

 private:
  const std::vector<frontend::ast::File>& files_;
  std::optional<frontend::Symbols> symbols_;
};

/// One text in its policy at one moment: what questions about it are answered from.
struct View {
  driver::Session::Known& known;
  const driver::Meaning& meaning;
  const std::vector<frontend::ast::File>& files;
  SourceId source;
  const Atlas& atlas;
  Names& names;
  const Abilities& client;

  const frontend::Symbols& symbols() const { return names.gathered(); }
  std::string_view text() const { return meaning.sources[source].text(); }
  /// The text as it is written; null for a text that is no policy.
  const frontend::ast::File* file() const {
    for (const auto& each : files) {
      if (each.source == source) return &each;
    }
    return nullptr;
  }
};

}  // namespace weft::lsp
