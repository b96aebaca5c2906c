#pragma once

#include <functional>
#include <span>
#include <vector>

#include "frontend/ast.h"
#include "model/peer.h"

// Private to this folder.
namespace weft::frontend {

/// A place where a label key is compared, asked for, or given to an imagined workload.
struct KeyUse {
  const ast::Key* key;
  std::vector<const ast::Text*> values;  ///< it is compared with; none where it is not
  bool pattern = false;                  ///< they are patterns
};

/// Every use of a key in the files, each place once, in the order of the files and their text; declarations are none.
/// Takes time linear in the files: for what is said of a mistake.
std::vector<KeyUse> uses_of(const model::LabelKey& key, std::span<const ast::File> files);

/// The `label` statement that declares the key at this place; nothing where none does.
const ast::LabelStatement* declaration_at(Span key, std::span<const ast::File> files);

}  // namespace weft::frontend
