#pragma once

#include <string_view>

#include "base/result.h"
#include "bundle/bundle.h"

namespace weft::runtime {

/// What to say when the kernel's verifier refuses a program: where in the policy the instruction comes from, or where
/// in the data path, as the kernel's log tells it. A log without lines names no place, nor does one of stack, which
/// calls take together. The first line of the message is a sentence, the end of the log follows in lines of its own.
Error refusal(const bundle::Manifest& manifest, std::string_view program, std::string_view reason,
              std::string_view log);

}  // namespace weft::runtime
