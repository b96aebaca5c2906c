#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/diagnostics.h"
#include "base/source.h"

/// What the fuzz targets have in common. A target states what holds for every input whatever with WEFT_ASSERT.
namespace weft::fuzz {

struct Text {
  std::string name;
  std::string text;
};

/// The texts one input stands for: a line `MARK NAME` begins another one, of that name. The first is called `first`.
std::vector<Text> texts_of(const std::uint8_t* data, std::size_t size, std::string_view mark, std::string_view first);

/// Every place that is spoken of lies in its text, every fix can be made, and what people are shown is UTF-8 without
/// control characters.
void check(const Diagnostics& diagnostics, const Sources& sources);

/// The diagnostics as people see them, all of them.
std::string shown(const Diagnostics& diagnostics, const Sources& sources);

}  // namespace weft::fuzz

/// One run of the target: the name and the form are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
