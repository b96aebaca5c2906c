#include "frontend/scanner.h"

#include <algorithm>

#include "frontend/frontend.h"
#include "grammar/WeftLexer.h"

namespace weft::frontend {
namespace {

// The source byte by byte, so that positions are byte offsets. Bytes outside ASCII all look alike to the lexer: its
// tables cache ASCII only, and it has nothing to tell them apart by.
class ByteStream final : public antlr4::CharStream {
 public:
  ByteStream(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}

  void consume() override { ++at_; }
  std::size_t LA(ssize_t offset) override {
    const std::size_t at = at_ + static_cast<std::size_t>(offset) - 1;
    if (at >= text_.size()) return EOF;
    const auto byte = static_cast<unsigned char>(text_[at]);
    return byte < 0x80 ? byte : 0x7F;
  }
  ssize_t mark() override { return -1; }
  void release(ssize_t) override {}
  std::size_t index() override { return at_; }
  void seek(std::size_t index) override { at_ = index; }
  std::size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return {}; }
  std::string getText(const antlr4::misc::Interval&) override { return {}; }
  std::string toString() const override { return {}; }

 private:
  std::string_view text_;
  std::size_t at_;
};

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

struct Scanner::Lexer {
  Lexer(std::string_view text, std::size_t begin) : stream(text, begin), lexer(&stream) {
    lexer.removeErrorListeners();
    simulator = lexer.getInterpreter<antlr4::atn::LexerATNSimulator>();
  }

  ByteStream stream;
  grammar::WeftLexer lexer;
  antlr4::atn::LexerATNSimulator* simulator;
};

Scanner::Scanner(const Sources& sources, SourceId source, Diagnostics& diagnostics, std::vector<ast::Comment>& comments)
    : sources_(sources),
      source_(source),
      diagnostics_(diagnostics),
      comments_(comments),
      strange_(sources, source, diagnostics) {
  const std::string& text = sources[source].text();
  lexer_ = std::make_unique<Lexer>(text, text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
}

Scanner::~Scanner() = default;

Token Scanner::next() {
  Token token;
  const std::string& text = sources_[source_].text();
  token.starts_line = lexer_->stream.index() == 0;
  while (true) {
    const auto begin = static_cast<std::uint32_t>(lexer_->stream.index());
    // The simulator is asked directly: the lexer around it would make an object of every token.
    const bool over = begin >= text.size() || diagnostics_.errors() >= Limits::errors;
    const std::size_t type = over ? antlr4::Token::EOF : match();
    const auto end = static_cast<std::uint32_t>(lexer_->stream.index());
    const Span span{source_, begin, end};
    switch (type) {
      case grammar::WeftLexer::SPACE:
        token.starts_line = token.starts_line || sources_.text(span).find('\n') != std::string_view::npos;
        break;
      case grammar::WeftLexer::COMMENT:
        strange_.check_directions(span, "comment");
        comments_.push_back({span});
        break;
      case grammar::WeftLexer::UNCLOSED_STRING:
      case grammar::WeftLexer::UNCLOSED_QUOTED:
      case grammar::WeftLexer::EMPTY_QUOTED:
      case grammar::WeftLexer::SINGLE_QUOTED:
      case grammar::WeftLexer::FOREIGN_COMMENT:
      case grammar::WeftLexer::UNKNOWN:
        strange_.report(static_cast<std::uint16_t>(type), span);
        token.after_fault = true;
        break;
      default:
        if (type == grammar::WeftLexer::STRING) strange_.check_directions(span, "text");
        if (type == grammar::WeftLexer::QUOTED) strange_.check_directions(span, "name");
        token.begin = begin;
        token.end = end;
        token.type = type == antlr4::Token::EOF ? std::uint16_t{0} : static_cast<std::uint16_t>(type);
        return token;
    }
  }
}

std::size_t Scanner::match() {
  ByteStream& stream = lexer_->stream;
  const std::string_view text = sources_[source_].text();
  const std::size_t begin = stream.index();
  const auto take = [&](std::size_t type, std::size_t end) {
    stream.seek(std::min(end, text.size()));
    return type;
  };
  switch (text[begin]) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case '\f':
      return take(grammar::WeftLexer::SPACE, text.find_first_not_of(" \t\r\n\f", begin));
    case '/':
      if (!text.substr(begin).starts_with("//")) break;
      return take(grammar::WeftLexer::COMMENT, text.find_first_of("\r\n", begin));
    case '"': {
      const std::size_t end = text.find_first_of("\"\\\r\n", begin + 1);
      if (end == std::string_view::npos || text[end] != '"') break;
      return take(grammar::WeftLexer::STRING, end + 1);
    }
    default:
      break;
  }
  if (const std::size_t length = foreign_sign(text, begin); length > 0) {
    return take(grammar::WeftLexer::UNKNOWN, begin + length);
  }
  return lexer_->simulator->match(&stream, 0);
}

}  // namespace weft::frontend
