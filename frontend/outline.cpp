#include "frontend/outline.h"

#include <algorithm>

#include "frontend/scanner.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {

using grammar::WeftParser;

Outline::Outline(const Sources& sources, SourceId source) {
  Diagnostics unheard;  // the text is read once more for its reports
  std::vector<ast::Comment> comments;
  Scanner scanner(sources, source, unheard, comments);
  std::uint16_t before = 0;
  for (Token token = scanner.next(); token.type != 0; token = scanner.next()) {
    switch (token.type) {
      case WeftParser::POLICY:
      case WeftParser::TEST:
      case WeftParser::TEMPLATE:
        if (before != WeftParser::COLON && before != WeftParser::DOT) marks_.push_back({token.begin, Kind::Header});
        break;
      case WeftParser::OPEN_BRACE:
        marks_.push_back({token.begin, Kind::Open});
        break;
      case WeftParser::CLOSE_BRACE:
        marks_.push_back({token.begin, Kind::Close});
        break;
      default:
        break;
    }
    before = token.type;
  }
}

bool Outline::closes(std::uint32_t begin, std::size_t open) const {
  std::size_t depth = open;
  std::size_t stray = 0;
  bool header = false;
  for (auto mark = std::ranges::lower_bound(marks_, begin, {}, &Mark::begin); mark != marks_.end(); ++mark) {
    if (mark->kind == Kind::Header) {
      header = true;
    } else if (mark->kind == Kind::Open) {
      ++depth;
    } else if (depth == 0) {
      ++stray;
    } else if (--depth == 0 && !header) {
      return true;  // no other block has begun that these could belong to
    }
  }
  return depth <= stray;
}

}  // namespace weft::frontend
