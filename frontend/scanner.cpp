#include "frontend/scanner.h"

#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"
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
    : sources_(sources), source_(source), diagnostics_(diagnostics), comments_(comments) {
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
        comments_.push_back({span});
        break;
      case grammar::WeftLexer::UNCLOSED_STRING:
      case grammar::WeftLexer::UNCLOSED_QUOTED:
      case grammar::WeftLexer::EMPTY_QUOTED:
      case grammar::WeftLexer::SINGLE_QUOTED:
      case grammar::WeftLexer::FOREIGN_COMMENT:
      case grammar::WeftLexer::UNKNOWN:
        report(static_cast<std::uint16_t>(type), span);
        token.after_fault = true;
        break;
      default:
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
  return lexer_->simulator->match(&stream, 0);
}

void Scanner::report(std::uint16_t type, Span span) {
  const std::string_view text = sources_.text(span);
  // Strange characters side by side on one line are one mistake.
  const Span between{source_, fault_end_, span.begin};
  const bool goes_on = fault_end_ > 0 && sources_.text(between).find_first_not_of(" \t") == std::string_view::npos;
  fault_end_ = span.end;
  switch (type) {
    case grammar::WeftLexer::UNCLOSED_STRING:
      diagnostics_.report(unclosed, span, "text").suggest("end it with `\"`");
      return;
    case grammar::WeftLexer::UNCLOSED_QUOTED:
      diagnostics_.report(unclosed, span, "name in backticks").suggest("end it with a backtick");
      return;
    case grammar::WeftLexer::EMPTY_QUOTED:
      diagnostics_.report(empty_quotes, span);
      return;
    case grammar::WeftLexer::SINGLE_QUOTED:
      report_single_quoted(span);
      return;
    case grammar::WeftLexer::FOREIGN_COMMENT: {
      const std::size_t line_end = std::min(text.find_first_of("\r\n"), text.size());
      Diagnostic& diagnostic = diagnostics_.report(
          foreign_comment, Span{source_, span.begin, span.begin + static_cast<std::uint32_t>(line_end)});
      remedy_comment(diagnostic, span);
      return;
    }
    default:
      break;
  }
  if (goes_on) return;
  Diagnostic& diagnostic = diagnostics_.report(unknown_character, span, printable(text));
  if (text == "&") diagnostic.fix("`and` is written `&&`", span, "&&");
  if (text == ";") diagnostic.fix("statements end by themselves: leave it out", span, "");
  if (text == "=>" || text == "==>" || text == "-->" || text == "→" || text == "⇒") {
    diagnostic.fix(fmt::format("`{}` is written `->`", text), span, "->");
  }
  if (text == "%") diagnostic.suggest("addresses have no zone here: leave it out");
  if (text == "<" || text == ">") diagnostic.suggest("an edge is written `SOURCE -> DESTINATION`");
}

void Scanner::report_single_quoted(Span span) {
  const std::string_view text = sources_.text(span);
  const std::string_view inner = text.substr(1, text.size() - 2);
  Diagnostic& diagnostic = diagnostics_.report(unknown_character, span, printable(text));
  std::string title = fmt::format("texts stand in double quotes: \"{}\"", printable(inner));
  if (inner.find_first_of("\"\\") == std::string_view::npos) {
    diagnostic.fix(std::move(title), span, fmt::format("\"{}\"", inner));
  } else {
    diagnostic.suggest(std::move(title));  // what an escape of another language means is the author's to say
  }
}

// `# text` becomes `// text`; of `/* … */` every line does, where nothing follows on its last.
void Scanner::remedy_comment(Diagnostic& diagnostic, Span span) const {
  static constexpr std::string_view help = "write `//` before every line of it";
  const std::string_view text = sources_.text(span);
  if (text.starts_with('#')) {
    const std::size_t signs = std::min(text.find_first_not_of('#'), text.size());
    diagnostic.fix(std::string(help), {source_, span.begin, span.begin + static_cast<std::uint32_t>(signs)}, "//");
    return;
  }
  const std::string_view behind = std::string_view(sources_[source_].text()).substr(span.end);
  const std::size_t next = behind.find_first_not_of(" \t\r");
  if (!text.ends_with("*/") || text.size() < 4 || (next != std::string_view::npos && behind[next] != '\n')) {
    diagnostic.suggest(std::string(help));
    return;
  }
  std::string lines = "//";
  for (const char c : text.substr(2, text.size() - 4)) {
    lines += c;
    if (c == '\n') lines += "//";
  }
  diagnostic.fix(std::string(help), span, std::move(lines));
}

}  // namespace weft::frontend
