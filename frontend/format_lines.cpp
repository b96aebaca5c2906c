#include "frontend/format_lines.h"

#include <algorithm>
#include <optional>

#include "frontend/statement_reader.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {
namespace {

using grammar::WeftParser;

// Where lines begin and blocks open, as offsets of the text, ascending.
struct Structure {
  std::vector<std::uint32_t> starts;       ///< of statements and annotations
  std::vector<std::uint32_t> annotations;  ///< those of `starts` that are annotations
  std::vector<std::uint32_t> opens;        ///< ends of block headers, which are behind a `{`

  explicit Structure(const ast::File& file) {
    add(file.statements);
    for (auto* offsets : {&starts, &annotations, &opens}) std::ranges::sort(*offsets);
  }

 private:
  template <typename Statement>
  void add(const std::vector<Statement>& statements) {
    for (const Statement& each : statements) {
      if constexpr (requires { each.index(); }) {
        std::visit([&](const auto& statement) { add_one(statement); }, each);
      } else {
        add_one(each);
      }
    }
  }

  template <typename Statement>
  void add_one(const Statement& statement) {
    starts.push_back(statement.span.begin);
    if constexpr (requires { statement.annotations; }) {
      for (const auto& annotation : statement.annotations) {
        starts.push_back(annotation.span.begin);
        annotations.push_back(annotation.span.begin);
      }
    }
    if constexpr (requires { statement.items; }) add_block(statement, statement.items);
    if constexpr (requires { statement.expectations; }) add_block(statement, statement.expectations);
    if constexpr (requires { statement.body; }) add_block(statement, statement.body);
  }

  template <typename Statement, typename Items>
  void add_block(const Statement& header, const Items& items) {
    opens.push_back(header.span.end);
    add(items);
  }
};

/// A token or a comment, in the order of the text.
struct Element {
  std::string_view text;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint16_t type = 0;
  bool is_comment = false;
  std::uint8_t line_ends = 0;  ///< before it, up to two
};

std::uint8_t line_ends(std::string_view between) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < between.size() && count < 2; ++i) {
    const bool pair = between[i] == '\r' && i + 1 < between.size() && between[i + 1] == '\n';
    if ((between[i] == '\n' || between[i] == '\r') && !pair) ++count;
  }
  return static_cast<std::uint8_t>(count);
}

std::vector<Element> elements(std::string_view text, std::span<const Token> tokens,
                              std::span<const ast::Comment> comments) {
  std::vector<Element> out;
  out.reserve(tokens.size() + comments.size());
  std::uint32_t end = 0;
  const auto push = [&](std::uint32_t begin, std::uint32_t behind, std::uint16_t type, bool is_comment) {
    std::string_view words = text.substr(begin, behind - begin);
    if (is_comment) words = words.substr(0, words.find_last_not_of(" \t\f") + 1);
    out.push_back({words, begin, behind, type, is_comment, line_ends(text.substr(end, begin - end))});
    end = behind;
  };
  auto comment = comments.begin();
  for (const Token& token : tokens) {
    for (; comment != comments.end() && comment->span.begin < token.begin; ++comment) {
      push(comment->span.begin, comment->span.end, 0, true);
    }
    push(token.begin, token.end, token.type, false);
  }
  for (; comment != comments.end(); ++comment) push(comment->span.begin, comment->span.end, 0, true);
  return out;
}

// Words that begin a clause behind an operand. Elsewhere they are names.
bool begins_clause(std::uint16_t type) {
  switch (type) {
    case WeftParser::ORDERED:
    case WeftParser::PRIORITY:
    case WeftParser::OWNER:
    case WeftParser::FOR:
    case WeftParser::WHEN:
    case WeftParser::REQUIRES:
    case WeftParser::LOG:
    case WeftParser::EXPIRES:
    case WeftParser::BECAUSE:
    case WeftParser::AVOIDING:
    case WeftParser::IS:
      return true;
    default:
      return false;
  }
}

class LineBuilder {
 public:
  LineBuilder(std::string_view text, std::span<const Token> tokens, const ast::File& file)
      : structure_(file), elements_(elements(text, tokens, file.comments)) {}

  std::vector<FormatLine> build() {
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      if (elements_[i].is_comment) {
        comment(i);
      } else {
        token(i);
      }
    }
    comments_on_their_own();
    return std::move(lines_);
  }

 private:
  enum class Bracket : std::uint8_t { Set, Call, List, Group };  // List: of parameters or arguments

  void comment(std::size_t at) {
    const Element& element = elements_[at];
    if (element.line_ends == 0 && before_ != nullptr) {
      lines_.back().pieces.back().comment = element.text;
    } else {
      waiting_.push_back(&element);
    }
  }

  void token(std::size_t at) {
    const Element& element = elements_[at];
    if (element.type == WeftParser::CLOSE_BRACE && brackets_.empty()) {
      close(element);
    } else if (next_is(structure_.starts, start_, element.begin) || before_ == nullptr || at_block_start_ || closed_) {
      comments_on_their_own();
      begin_line(element);
      closed_ = false;
      after_annotation_ = next_is(structure_.annotations, annotation_, element.begin);
    } else {
      continue_line(element);
    }
    if (next_is(structure_.opens, open_, element.end)) {
      ++level_;
      at_block_start_ = true;
    }
    before_before_ = before_;
    before_ = &element;
  }

  static bool next_is(const std::vector<std::uint32_t>& offsets, std::size_t& next, std::uint32_t offset) {
    while (next < offsets.size() && offsets[next] < offset) ++next;
    return next < offsets.size() && offsets[next] == offset;
  }

  void add_line(const Element& element) {
    FormatLine& line = lines_.emplace_back();
    line.level = level_;
    // A blank line says that something new begins: not just inside a block, nor between an annotation and its
    // statement.
    line.blank_before = element.line_ends > 1 && lines_.size() > 1 && !at_block_start_ && !after_annotation_;
    line.pieces.push_back({.text = element.text, .above = {}});
    at_block_start_ = false;
  }

  void comments_on_their_own() {
    for (const Element* comment : waiting_) {
      add_line(*comment);
      lines_.back().is_comment = true;
    }
    waiting_.clear();
  }

  void begin_line(const Element& element) {
    add_line(element);
    brackets_.clear();
    if (element.type == WeftParser::OPEN_PARENTHESIS) brackets_.push_back(Bracket::Group);
    if (element.type == WeftParser::OPEN_BRACE) brackets_.push_back(Bracket::Set);  // `{app: "web"} -> …` of a test
    switch (element.type) {
      case WeftParser::LABEL:
        wanted_sign_ = FormatLine::Sign::Colon;
        break;
      case WeftParser::GROUP:
      case WeftParser::NETWORK:
      case WeftParser::SERVICE:
        wanted_sign_ = FormatLine::Sign::Assign;
        break;
      default:
        wanted_sign_ = FormatLine::Sign::None;
        break;
    }
  }

  void close(const Element& element) {
    // Nothing between the braces: they stay together.
    const bool empty = at_block_start_ && waiting_.empty() && lines_.back().pieces.back().comment.empty();
    comments_on_their_own();
    if (level_ > 0) --level_;
    after_annotation_ = false;
    closed_ = true;
    if (empty) {
      lines_.back().pieces.push_back({.text = element.text, .above = {}});
      at_block_start_ = false;
    } else {
      add_line(element);
      lines_.back().blank_before = false;
    }
  }

  void continue_line(const Element& element) {
    const bool space = wants_space(element);
    FormatLine& line = lines_.back();
    Piece& piece = line.pieces.emplace_back(Piece{.text = element.text, .space = space, .above = {}});
    rank(element, piece);
    for (const Element* comment : waiting_) piece.above.push_back(comment->text);
    waiting_.clear();
    note_sign(element, line);
    note_bracket(element);
  }

  void note_sign(const Element& element, FormatLine& line) const {
    if (line.sign != FormatLine::Sign::None || !brackets_.empty()) return;
    const bool found = (wanted_sign_ == FormatLine::Sign::Colon && element.type == WeftParser::COLON) ||
                       (wanted_sign_ == FormatLine::Sign::Assign && element.type == WeftParser::ASSIGN);
    if (!found) return;
    line.sign = wanted_sign_;
    line.sign_at = line.pieces.size() - 1;
  }

  void note_bracket(const Element& element) {
    switch (element.type) {
      case WeftParser::OPEN_BRACE:
        if (!std::ranges::binary_search(structure_.opens, element.end)) brackets_.push_back(Bracket::Set);
        break;
      case WeftParser::OPEN_PARENTHESIS:
        brackets_.push_back(is_list() ? Bracket::List : is_call() ? Bracket::Call : Bracket::Group);
        break;
      case WeftParser::CLOSE_BRACE:
      case WeftParser::CLOSE_PARENTHESIS:
        if (!brackets_.empty()) brackets_.pop_back();
        break;
      default:
        break;
    }
  }

  // Of a `(`: it belongs to the name before it. `@id(…)`, `template web(…)`, `use web(…)`, `requires http(…)`
  bool is_call() const {
    if (before_before_ == nullptr || !brackets_.empty()) return false;
    return before_before_->type == WeftParser::ANNOTATION || before_before_->type == WeftParser::TEMPLATE ||
           before_before_->type == WeftParser::USE || before_before_->type == WeftParser::REQUIRES;
  }

  // `template web(…)`, `use web(…)`: in them a comma may also part the items of one value.
  bool is_list() const {
    return before_before_ != nullptr && brackets_.empty() &&
           (before_before_->type == WeftParser::TEMPLATE || before_before_->type == WeftParser::USE);
  }

  // Of what stands behind a comma in such a list: the name of the next parameter, and no further item.
  bool begins_parameter(const Element& element) const {
    const Element* next = &element + 1;
    while (next < elements_.data() + elements_.size() && next->is_comment) ++next;
    if (next == elements_.data() + elements_.size()) return false;
    return next->type == WeftParser::COLON || next->type == WeftParser::ASSIGN;
  }

  bool in_list() const { return !brackets_.empty() && brackets_.back() != Bracket::Group; }

  bool wants_space(const Element& element) const {
    const std::uint16_t last = before_->type;
    switch (last) {
      case WeftParser::BANG:
      case WeftParser::ANNOTATION:
      case WeftParser::OPEN_PARENTHESIS:
      case WeftParser::DOT:
      case WeftParser::SLASH:
      case WeftParser::DASH:
        return false;
      case WeftParser::OPEN_BRACE:
        if (in_list()) return false;
        break;
      case WeftParser::BAR:
        if (before_before_->type != WeftParser::STRING) return false;  // `tcp|udp`, but `"a" | "b"`
        break;
      default:
        break;
    }
    switch (element.type) {
      case WeftParser::COMMA:
      case WeftParser::CLOSE_PARENTHESIS:
      case WeftParser::CLOSE_BRACE:
      case WeftParser::DOT:
      case WeftParser::SLASH:
        return false;
      case WeftParser::BAR:
        return last == WeftParser::STRING;
      case WeftParser::DASH:
        return last != WeftParser::NUMBER;  // `8000-8010`, but `priority -5`
      case WeftParser::COLON:
        return !in_list();  // `{app: "web"}`, but `web -> api : http`
      case WeftParser::OPEN_PARENTHESIS:
        return !is_call();
      default:
        return true;
    }
  }

  // The looser a word binds what stands around it, the sooner a line is broken there.
  void rank(const Element& element, Piece& piece) const {
    enum Kind : std::uint8_t { Clause, Edge, Item, Alternative, Conjunct, Cut, Kinds };
    Kind kind = Kinds;
    const std::uint16_t last = before_->type;
    std::size_t depth = brackets_.size();
    if (last == WeftParser::COMMA) {
      const bool in_parameters = !brackets_.empty() && brackets_.back() == Bracket::List;
      const bool further_item = in_parameters && !begins_parameter(element);
      kind = Item;
      if (further_item) ++depth;
      piece.breaks_all =
          !brackets_.empty() && !further_item && brackets_.back() != Bracket::Set && brackets_.back() != Bracket::Group;
    } else if (element.type == WeftParser::ARROW || element.type == WeftParser::REACHES) {
      kind = Edge;
    } else if (element.type == WeftParser::BAR && last == WeftParser::STRING) {
      kind = Alternative;
    } else if (element.type == WeftParser::OR) {
      kind = Alternative;
      piece.breaks_all = true;
    } else if (element.type == WeftParser::AND) {
      kind = Conjunct;
      piece.breaks_all = true;
    } else if (element.type == WeftParser::BACKSLASH) {
      kind = Cut;
    } else if (brackets_.empty() && can_end_statement(last) && begins_clause(element.type)) {
      kind = Clause;
    }
    if (kind == Kinds) return;
    piece.rank = static_cast<std::uint8_t>(std::min<std::size_t>(depth * Kinds + kind, Piece::no_break - 1));
  }

  Structure structure_;
  std::vector<Element> elements_;
  std::vector<FormatLine> lines_;
  std::vector<const Element*> waiting_;  ///< comments on lines of their own, until it is known what follows
  const Element* before_ = nullptr;      ///< the token before, and the one before it
  const Element* before_before_ = nullptr;
  std::vector<Bracket> brackets_;
  FormatLine::Sign wanted_sign_ = FormatLine::Sign::None;
  std::size_t level_ = 0;
  bool at_block_start_ = true;
  bool closed_ = false;  ///< the token before closed a block
  bool after_annotation_ = false;
  std::size_t start_ = 0;
  std::size_t annotation_ = 0;
  std::size_t open_ = 0;
};

}  // namespace

std::vector<FormatLine> format_lines(std::string_view text, std::span<const Token> tokens, const ast::File& file) {
  return LineBuilder(text, tokens, file).build();
}

}  // namespace weft::frontend
