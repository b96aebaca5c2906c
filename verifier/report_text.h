#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/source.h"
#include "model/policy.h"
#include "verifier/precedence.h"

namespace weft::verifier {

/// The place, or nothing: policies that were not read from text have none.
std::optional<Span> place_in(const Sources& sources, Span span);

/// Adds a label where the place is known.
void add_label(Diagnostic& diagnostic, const Sources& sources, Span span, std::string text);

/// What a statement is called: "`allow`", "`deny`", "`pass`", "isolation".
std::string_view word(const model::Policy& policy, Statement statement);

/// What to take out of a text so that the statement is gone: its line where it stands alone there. Nothing where the
/// text is none that its author can change, or other statements come out of the same words: those of templates.
std::optional<Edit> deletion(const model::Policy& policy, const Sources& sources, Statement statement);

}  // namespace weft::verifier
