// The lexer and the parser on any bytes: what is wrong is said, within the bounds, and what can be fixed is read again.
#include "base/fix.h"
#include "frontend/frontend.h"
#include "tests/fuzz/promises.h"

using namespace weft;

namespace {

struct Parsed {
  Sources sources;
  SourceId source{};
  Diagnostics diagnostics;
  frontend::ast::File file;

  explicit Parsed(std::string text) : source(sources.add("input.weft", std::move(text))) {
    file = frontend::parse(sources, source, diagnostics);
    fuzz::check(diagnostics, sources);
    WEFT_ASSERT(diagnostics.errors() <= frontend::Limits::errors + 1, "reading stops where nobody reads on");
    for (std::size_t i = 0; i < file.comments.size(); ++i) {
      WEFT_ASSERT(sources.text(file.comments[i].span).starts_with("//"), "a comment is one");
      WEFT_ASSERT(i == 0 || file.comments[i - 1].span.end <= file.comments[i].span.begin, "comments are in text order");
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Parsed parsed(std::string(reinterpret_cast<const char*>(data), size));

  std::vector<Edit> edits;
  for (const auto& [diagnostic, fix] : applicable_fixes(parsed.diagnostics)) {
    edits.insert(edits.end(), fix->edits.begin(), fix->edits.end());
  }
  if (!edits.empty()) Parsed(apply_edits(parsed.sources[parsed.source].text(), edits));
  return 0;
}
