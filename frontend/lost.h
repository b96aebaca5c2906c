#pragma once

#include <span>

#include "frontend/scanner.h"

// Private to this folder.
namespace weft::frontend {

/// Notes what a statement that makes no sense would have declared, so that nobody is told it is not there. It may have
/// swallowed other statements, so declarations are looked for all over it.
void lose(const Sources& sources, SourceId source, std::span<const Token> tokens, ast::Lost& lost);

/// Everything may have been declared.
void lose_all(ast::Lost& lost);

}  // namespace weft::frontend
