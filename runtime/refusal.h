#pragma once

#include <string_view>

#include "base/result.h"
#include "bundle/bundle.h"

namespace weft::runtime {

/// What to say when the kernel's verifier refuses a program: where in the policy the instruction comes from, or where
/// in the data path, as the kernel's log tells it, and the end of that log. A log without lines names no place.
Error refusal(const bundle::Manifest& manifest, std::string_view program, std::string_view reason,
              std::string_view log);

}  // namespace weft::runtime
