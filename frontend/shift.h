#pragma once

#include <cstdint>

#include "frontend/ast.h"

// Private to this folder.
namespace weft::frontend {

// Put the places of a statement right whose text has moved by so many bytes. Of what templates make nothing is known
// here: only what was parsed is moved.
void shift(ast::Statement& statement, std::int64_t bytes);
void shift(ast::PolicyStatement& header, std::int64_t bytes);
void shift(ast::PolicyItem& item, std::int64_t bytes);
void shift(ast::TestStatement& header, std::int64_t bytes);
void shift(ast::Expectation& expectation, std::int64_t bytes);

}  // namespace weft::frontend
