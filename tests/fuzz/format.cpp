// The formatter: whatever can be parsed is laid out, in one way, and every word and comment stays.
#include "frontend/format.h"

#include <algorithm>

#include "frontend/frontend.h"
#include "frontend/scanner.h"
#include "tests/fuzz/promises.h"
#include "tests/support/dump.h"

using namespace weft;

namespace {

struct Formatted {
  Sources sources;
  SourceId source{};
  Diagnostics diagnostics;
  std::optional<std::string> text;

  explicit Formatted(std::string before) : source(sources.add("input.weft", std::move(before))) {
    text = frontend::format(sources, source, diagnostics);
    fuzz::check(diagnostics, sources);
  }
  const std::string& before() const { return sources[source].text(); }
};

// Whether the parser accepts the text, and what it makes of it.
struct Parsed {
  Diagnostics diagnostics;
  std::string meaning;

  Parsed(const Sources& sources, SourceId source) {
    const auto file = frontend::parse(sources, source, diagnostics);
    if (!diagnostics.has_errors()) meaning = test::dump(file.statements);
  }
  explicit Parsed(const std::string& text) {
    Sources sources;
    const auto file = frontend::parse(sources, sources.add("formatted.weft", text), diagnostics);
    if (!diagnostics.has_errors()) meaning = test::dump(file.statements);
  }
};

// The tokens, one to a line.
std::string tokens(const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  std::vector<frontend::ast::Comment> comments;
  const SourceId source = sources.add("input.weft", text);
  frontend::Scanner scanner(sources, source, diagnostics, comments);
  std::string out;
  for (frontend::Token token = scanner.next(); token.type != 0; token = scanner.next()) {
    out += std::to_string(token.type) + ' ' + std::string(sources.text({source, token.begin, token.end})) + '\n';
  }
  return out;
}

// Every byte that prints, comments included: found without the scanner.
std::string ink(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Formatted once(std::string(reinterpret_cast<const char*>(data), size));
  const Parsed before(once.sources, once.source);
  WEFT_ASSERT(once.text.has_value() == !before.diagnostics.has_errors(), "what can be parsed can be formatted");
  if (!once.text) return 0;

  WEFT_ASSERT(tokens(once.before()) == tokens(*once.text), "every word stays");
  WEFT_ASSERT(ink(once.before()) == ink(*once.text), "nothing that prints comes or goes");
  const Parsed after(*once.text);
  WEFT_ASSERT(!after.diagnostics.has_errors(), "what was formatted can be parsed");
  WEFT_ASSERT(before.meaning == after.meaning, "the statements stay the same");
  const Formatted twice(*once.text);
  WEFT_ASSERT(twice.text == once.text, "formatting twice is formatting once");
  return 0;
}
