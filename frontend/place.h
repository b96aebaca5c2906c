#pragma once

#include <cstdint>
#include <vector>

#include "frontend/ast.h"

namespace weft::frontend {

/// What stands around a place in a text, each the innermost of its kind; null where there is none. Points into the
/// file.
struct Place {
  const ast::TemplateStatement* pattern = nullptr;
  const ast::PolicyStatement* policy = nullptr;
  const ast::TestStatement* test = nullptr;
  const ast::RuleStatement* rule = nullptr;
  const ast::IsolateStatement* isolation = nullptr;
  const ast::AssertionStatement* assertion = nullptr;
  const ast::Expectation* expectation = nullptr;
  const ast::UseStatement* use = nullptr;
  const ast::UseStatement::Value* argument = nullptr;
  const ast::ImportStatement* import = nullptr;
  const ast::GroupStatement* group = nullptr;
  const ast::TestEnd* end = nullptr;
  const ast::Selector* selector = nullptr;  ///< the innermost
  const ast::Services* services = nullptr;
  std::vector<Span> spans;  ///< of everything around the place, the widest first, each inside the one before
};

Place place_in(const ast::File& file, std::uint32_t offset);

/// Of a policy, test or template with its block, annotations included.
Span whole(const ast::PolicyStatement& statement);
Span whole(const ast::TestStatement& statement);
Span whole(const ast::TemplateStatement& statement);
/// Of any statement, annotations included.
Span whole(const ast::Statement& statement);
Span whole(const ast::BodyStatement& statement);
Span whole(const ast::RuleStatement& statement);
Span whole(const ast::IsolateStatement& statement);

}  // namespace weft::frontend
