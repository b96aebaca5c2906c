#include "frontend/words.h"

#include <algorithm>
#include <string>

#include "frontend/scanner.h"
#include "frontend/statement_reader.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {

using grammar::WeftParser;

namespace {

Word::Kind kind_of(std::uint16_t type) {
  if (type >= WeftParser::PROFILE && type <= WeftParser::ADDR) return Word::Kind::Keyword;
  if (is_name(type)) return Word::Kind::Name;
  switch (type) {
    case WeftParser::STRING:
      return Word::Kind::Text;
    case WeftParser::NUMBER:
      return Word::Kind::Number;
    case WeftParser::DATE:
      return Word::Kind::Date;
    case WeftParser::ADDRESS:
      return Word::Kind::Address;
    default:
      return Word::Kind::Sign;
  }
}

}  // namespace

std::vector<Word> words_of(std::string_view text) {
  Sources alone;
  const SourceId id = alone.add({}, std::string(text));
  Diagnostics unheard;
  std::vector<ast::Comment> comments;
  std::vector<Word> out;
  Scanner scanner(alone, id, unheard, comments);
  for (Token token = scanner.next(); token.type != 0; token = scanner.next()) {
    const bool begins = is_statement_word(token.type) && token.type != WeftParser::ANNOTATION;
    out.push_back({token.begin, token.end, kind_of(token.type), token.starts_line, begins});
  }
  for (const ast::Comment& comment : comments) {
    out.push_back({comment.span.begin, comment.span.end, Word::Kind::Comment, false, false});
  }
  std::ranges::sort(out, {}, &Word::begin);
  return out;
}

std::string spelled_name(std::string_view name) {
  const std::vector<Word> words = words_of(name);
  const bool plain = words.size() == 1 && words[0].kind == Word::Kind::Name && words[0].end == name.size() &&
                     words[0].begin == 0 && !name.starts_with('`') && name != "ns" && name != "sa" && name != "cluster";
  return plain ? std::string(name) : "`" + std::string(name) + "`";
}

}  // namespace weft::frontend
