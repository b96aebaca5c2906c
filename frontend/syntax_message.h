#pragma once

#include "frontend/statement_parser.h"
#include "frontend/statement_reader.h"

// Private to this folder.
namespace weft::frontend {

/// Says in a sentence what the grammar says in token types.
void report_syntax(const Sources& sources, SourceId source, Diagnostics& diagnostics, const StatementParser& parser,
                   const StatementText& statement, const SyntaxError& error);

/// For text where a statement should begin, or in a policy one of its rules.
void report_no_statement(const Sources& sources, SourceId source, Diagnostics& diagnostics, const Token& found,
                         bool in_policy, bool opens_block);

}  // namespace weft::frontend
