#include "frontend/lost.h"

#include <algorithm>

#include "frontend/statement_reader.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {
namespace {

using grammar::WeftParser;

class Loser {
 public:
  Loser(const Sources& sources, SourceId source, std::span<const Token> tokens, ast::Lost& lost)
      : sources_(sources), source_(source), tokens_(tokens), lost_(lost) {}

  void lose() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      switch (tokens_[i].type) {
        case WeftParser::ASSIGN:
          for (std::size_t back = 1; back <= std::min<std::size_t>(i, 2); ++back) lose_name(tokens_[i - back]);
          break;
        case WeftParser::GROUP:
        case WeftParser::NETWORK:
          lose_declared(i, lost_.group);
          break;
        case WeftParser::SERVICE:
          lose_declared(i, lost_.service);
          break;
        case WeftParser::LABEL:
        case WeftParser::ANY_TEXT:
          lost_.label = true;
          break;
        case WeftParser::STRING:
          if (i > 0 && tokens_[i - 1].type == WeftParser::BAR) lost_.label = true;
          // A text just behind the word of a statement that takes none: perhaps a value of the label before it.
          if (i == 0 || (i == 1 && takes_no_text(tokens_[0].type))) lost_.label = true;
          break;
        case WeftParser::TIERS:
          lost_.tier = true;
          break;
        case WeftParser::POLICY:
          lost_.policy = lost_.policy || i + 1 >= tokens_.size() || !is_name(tokens_[i + 1].type);
          break;
        case WeftParser::IMPORT:
        case WeftParser::USE:
        case WeftParser::TEMPLATE:
          lose_all(lost_);
          break;
        default:
          break;
      }
    }
    if (!is_statement_word(tokens_.front().type) && tokens_.size() > 1 && tokens_[1].type == WeftParser::COMMA) {
      lost_.tier = true;
    }
  }

 private:
  static bool takes_no_text(std::uint16_t word) {
    return is_statement_word(word) && word != WeftParser::POLICY && word != WeftParser::TEST &&
           word != WeftParser::IMPORT;
  }

  // `group NAME`; `unnamed` is set where there is none.
  void lose_declared(std::size_t word, bool& unnamed) {
    if (word + 1 < tokens_.size() && is_name(tokens_[word + 1].type)) {
      lose_name(tokens_[word + 1]);
    } else {
      unnamed = true;
    }
  }

  void lose_name(const Token& token) {
    if (!is_name(token.type)) return;
    std::string_view name = sources_.text({source_, token.begin, token.end});
    if (name.starts_with('`')) name = name.substr(1, name.size() - 2);
    lost_.names.emplace_back(name);
  }

  const Sources& sources_;
  SourceId source_;
  std::span<const Token> tokens_;
  ast::Lost& lost_;
};

}  // namespace

void lose(const Sources& sources, SourceId source, std::span<const Token> tokens, ast::Lost& lost) {
  Loser(sources, source, tokens, lost).lose();
}

void lose_all(ast::Lost& lost) { lost.group = lost.service = lost.label = lost.tier = lost.policy = lost.rule = true; }

}  // namespace weft::frontend
