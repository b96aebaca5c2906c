#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frontend/ast.h"
#include "frontend/declarations.h"
#include "frontend/substitution.h"

// Private to this folder.
namespace weft::frontend {

/// The values a `use` gives the parameters of a template, in the order of the parameters. Parameters that are left out
/// have their default, or none where there is none; a tier is the only one there is, if there is but one.
struct Arguments {
  std::vector<std::optional<ast::Argument>> values;
};

/// What the files declare by one name.
struct NamedThing {
  ast::Parameter::Kind kind;
  Span span;
};
using NamedThings = std::map<std::string, std::vector<NamedThing>, std::less<>>;
NamedThings named_things(std::span<const ast::File> files);

/// Holds a `use` against the parameters of its template. Nothing where it does not fit, which is reported. `around`
/// is the expansion the `use` stands in, if it stands in one: its parameters may be handed on.
std::optional<Arguments> match(const ast::UseStatement& use, const ast::TemplateStatement& pattern,
                               Substitution* around, const std::optional<ast::Name>& only_tier,
                               const NamedThings& things, Reporter& reporter);

/// The names and defaults of the parameters themselves. False where something is wrong with them, which is reported.
bool check_parameters(const ast::TemplateStatement& pattern, Reporter& reporter);

/// What the parameters are when a template is tried out: their defaults, and anything where there is none.
Arguments any_arguments(const ast::TemplateStatement& pattern, const std::optional<ast::Name>& only_tier);

/// The declarations that the arguments are in an expansion; tiers, texts and label keys are bound instead.
std::vector<ast::Statement> bind_arguments(const ast::TemplateStatement& pattern, const Arguments& arguments,
                                           const ast::ExpansionPointer& expansion, Substitution& substitution);

}  // namespace weft::frontend
