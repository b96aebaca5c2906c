#pragma once

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

/// One text in its policy at one moment: what questions about it are answered from.
struct View {
  driver::Session::Known& known;
  const driver::Meaning& meaning;
  const std::vector<frontend::ast::File>& files;
  SourceId source;
  const Atlas& atlas;
  const frontend::Symbols& symbols;
  const Abilities& client;

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
