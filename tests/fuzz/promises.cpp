#include "tests/fuzz/promises.h"

#include <algorithm>
#include <cstdlib>

#include "base/fix.h"

namespace weft::fuzz {
namespace {

void check(Span span, const Sources& sources) {
  WEFT_ASSERT(static_cast<std::size_t>(span.source) < sources.size(), "a span is of a source there is");
  WEFT_ASSERT(span.begin <= span.end, "a span begins before it ends");
  WEFT_ASSERT(span.end <= sources[span.source].text().size(), "a span lies in its text");
}

void check(const Fix& fix, const Sources& sources) {
  WEFT_ASSERT(!fix.edits.empty(), "a fix changes something");
  for (std::size_t i = 0; i < fix.edits.size(); ++i) {
    check(fix.edits[i].span, sources);
    for (std::size_t k = 0; k < i; ++k) {
      WEFT_ASSERT(!overlap(fix.edits[i], fix.edits[k]), "the edits of a fix do not overlap");
    }
  }
}

}  // namespace

std::vector<Text> texts_of(const std::uint8_t* data, std::size_t size, std::string_view mark, std::string_view first) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<Text> out{{std::string(first), {}}};
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, length);
    rest.remove_prefix(length);
    if (line.starts_with(mark)) {
      std::string_view name = line.substr(mark.size());
      name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
      out.push_back({std::string(name.substr(0, name.find('\n'))), {}});
    } else {
      out.back().text += line;
    }
  }
  return out;
}

void check(const Diagnostics& diagnostics, const Sources& sources) {
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    WEFT_ASSERT(!diagnostic.message.empty(), "a diagnostic says something");
    WEFT_ASSERT(diagnostic.span, "what is wrong in a text has a place in it");
    check(*diagnostic.span, sources);
    for (const Label& label : diagnostic.labels) check(label.span, sources);
    for (const Fix& fix : diagnostic.fixes) check(fix, sources);
  }
  const std::string text = shown(diagnostics, sources);
  WEFT_ASSERT(first_invalid_utf8(text) == std::string::npos, "what people are shown is UTF-8");
  const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7F; };
  WEFT_ASSERT(std::ranges::none_of(text, is_control), "what people are shown holds no control character");
}

std::string shown(const Diagnostics& diagnostics, const Sources& sources) {
  return render(diagnostics, sources, {.color = false, .limit = diagnostics.all().size() + 1});
}

}  // namespace weft::fuzz

namespace weft {

// Linked instead of the one in `base`, which leaves the process behind the back of libFuzzer: a broken invariant has to
// be seen as a crash, so that the input is kept.
void assertion_failed(const char* invariant, const char* file, int line) {
  fmt::print(stderr, "broken invariant: {} ({}:{})\n", invariant, file, line);
  std::abort();
}

}  // namespace weft
