#pragma once

#include <span>

#include "frontend/ast.h"
#include "model/selector.h"
#include "model/service.h"

namespace weft::frontend {

/// What a part of these files means with what they declare; what cannot be understood selects nothing. Linear in the
/// declarations: for single questions, a whole policy is for `resolve`.
model::Selector meaning_of(std::span<const ast::File> files, const ast::Selector& selector);
model::PortSet meaning_of(std::span<const ast::File> files, const ast::Services& services);

}  // namespace weft::frontend
