#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "lsp/errands.h"
#include "lsp/view.h"

namespace weft::lsp {

/// Which claim's proof an answer to `hover` at that place speaks of, where it is worth the question what it rests on: a
/// claim about single flows that is proved, for all time, and not of nothing.
std::optional<std::size_t> proved_claim_at(const View& view, std::uint32_t offset);

/// The answer to `hover` with what the proof rests on: the statements that `weft check -v` names. They take questions
/// to the solver, so nobody asks before somebody looks.
Errands::Work with_grounds(std::shared_ptr<const driver::Meaning> meaning, std::size_t claim, Json answer);

}  // namespace weft::lsp
