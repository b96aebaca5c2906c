#include "frontend/format.h"

#include <algorithm>

#include "base/assert.h"
#include "frontend/format_lines.h"
#include "frontend/frontend.h"
#include "frontend/scanner.h"

namespace weft::frontend {
namespace {

struct Words {
  std::vector<Token> tokens;
  std::vector<ast::Comment> comments;
};

Words scan(const Sources& sources, SourceId source) {
  Words out;
  Diagnostics none;
  Scanner scanner(sources, source, none, out.comments);
  for (Token token = scanner.next(); token.type != 0; token = scanner.next()) out.tokens.push_back(token);
  return out;
}

// True if both texts hold the same words and, but for spaces at their ends, the same comments.
bool says_the_same(const Sources& sources, SourceId source, const Words& words, const std::string& formatted) {
  Sources alone;
  const SourceId id = alone.add("formatted", formatted);
  const Words again = scan(alone, id);
  const auto same_token = [&](const Token& a, const Token& b) {
    return a.type == b.type && sources.text({source, a.begin, a.end}) == alone.text({id, b.begin, b.end});
  };
  const auto same_comment = [&](const ast::Comment& a, const ast::Comment& b) {
    const std::string_view before = sources.text(a.span);
    return before.substr(0, before.find_last_not_of(" \t\f") + 1) == alone.text(b.span);
  };
  return std::ranges::equal(words.tokens, again.tokens, same_token) &&
         std::ranges::equal(words.comments, again.comments, same_comment);
}

}  // namespace

std::optional<std::string> format(const Sources& sources, SourceId source, Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.errors();
  const ast::File file = parse(sources, source, diagnostics);
  if (diagnostics.errors() > errors) return {};

  const Words words = scan(sources, source);
  std::string text = lay_out(format_lines(sources[source].text(), words.tokens, file));
  WEFT_ASSERT(says_the_same(sources, source, words, text), "formatting keeps every word and comment");
  return text;
}

}  // namespace weft::frontend
