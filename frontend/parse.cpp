#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "frontend/statement_parser.h"
#include "frontend/statement_reader.h"
#include "frontend/syntax_message.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {
namespace {

using grammar::WeftParser;

class FileReader {
 public:
  FileReader(const Sources& sources, SourceId source, Diagnostics& diagnostics)
      : sources_(sources),
        source_(source),
        diagnostics_(diagnostics),
        parser_(sources, source, diagnostics),
        reader_(sources, source, diagnostics, file_.comments) {
    file_.source = source;
  }

  ast::File read() {
    StatementText statement;
    while (reader_.next(statement)) {
      if (diagnostics_.errors() >= Limits::errors) return give_up();
      take(statement);
    }
    if (diagnostics_.errors() >= Limits::errors) return give_up();
    if (block_ && !block_->doubtful && !excused_) report_unclosed(Span{source_, last_end_, last_end_});
    return std::move(file_);
  }

 private:
  // The policy whose `}` has not come yet.
  struct Block {
    std::optional<std::size_t> statement;  ///< where its PolicyStatement is; none of a header nobody could read
    std::string name;
    Span span;
    bool doubtful = false;  ///< a mistake around its end is reported already
  };

  ast::File give_up() {
    const Span end{source_, last_end_, last_end_};
    diagnostics_.report(too_many_errors, end, Limits::errors);
    file_.lost.group = file_.lost.service = file_.lost.label = file_.lost.tier = true;
    return std::move(file_);
  }

  Span span(const Token& token) const { return {source_, token.begin, token.end}; }
  std::string_view text(const Token& token) const { return sources_.text(span(token)); }

  // `excused_` says of the statement before whether it was faulty: then what follows may be its fault.
  void take(StatementText& statement) {
    const std::uint16_t first = statement.tokens.front().type;
    last_end_ = statement.tokens.back().end;
    const std::size_t errors = diagnostics_.errors();
    // What goes on in the line of a mistake is cut off from it: it has no chance to make sense.
    if (excused_ && !statement.tokens.front().starts_line) statement.faulty = true;
    if (first == WeftParser::CLOSE_BRACE) {
      close(statement);
    } else if (first == WeftParser::POLICY) {
      open(statement);
    } else if (is_not_yet(first)) {
      not_yet_statement(statement);
    } else if (is_policy_item_word(first) || (first == WeftParser::GUARD && block_)) {
      item(statement);
    } else if (is_statement_word(first)) {
      declaration(statement);
    } else {
      no_statement(statement);
    }
    excused_ = statement.faulty || diagnostics_.errors() > errors;
  }

  // ---- policies

  void open(StatementText& statement) {
    orphans_ = false;
    const std::size_t errors = diagnostics_.errors();
    auto header = parse_edited<ast::PolicyStatement>(
        statement, [&](std::span<const Token> tokens) { return parser_.policy_header(tokens); });
    if (block_ && !header && !statement.opens_block) {
      block_->doubtful = true;  // a stray word inside, most likely
      return;
    }
    if (block_ && !block_->doubtful && !excused_ && diagnostics_.errors() == errors) {
      report_unclosed(span(statement.tokens.front()));
    }
    if (!header) {
      header.emplace();
      header->span = Span{source_, statement.tokens.front().begin, statement.tokens.back().end};
      header->name.span = header->span;
      header->unreadable_header = true;
      if (statement.tokens.size() > 1 && is_name(statement.tokens[1].type)) {
        header->name = {std::string(text(statement.tokens[1])), span(statement.tokens[1])};
      }
    }
    header->unreadable_header = header->unreadable_header || statement.faulty;
    block_ = Block{file_.statements.size(), header->name.text, header->name.span};
    file_.statements.emplace_back(std::move(*header));
  }

  void close(const StatementText& statement) {
    const Token& brace = statement.tokens.front();
    if (block_ && !brace.starts_line) {
      // In the middle of a line it may be a slip; the policy's own `}` will come, or be missed by nobody.
      const bool slip = statement.line_goes_on || (excused_ && !same_line(block_->span, span(brace)));
      if (slip) {
        if (!excused_) report_stray(brace);
        block_->doubtful = true;
        return;
      }
    }
    if (!block_ && !orphans_ && !excused_) report_stray(brace);
    block_.reset();
    orphans_ = false;
  }

  void report_stray(const Token& brace) {
    diagnostics_.report(stray_brace, span(brace))
        .fix("leave it out", span(brace), "", Applicability::MaybeIncorrect);
  }

  bool same_line(Span one, Span other) const {
    const Source& source = sources_[source_];
    return source.position(one.begin).line == source.position(other.begin).line;
  }

  void report_unclosed(Span place) {
    diagnostics_.report(unclosed_policy, place, printable(block_->name))
        .at("expected `}` before this")
        .label(block_->span, "it begins here")
        .fix("close it", {source_, place.begin, place.begin}, place.begin == last_end_ ? "\n}" : "}\n",
             Applicability::MaybeIncorrect);
  }

  void item(StatementText& statement) {
    if (!block_ && !orphans_) {
      orphans_ = true;
      const Token& word = statement.tokens.front();
      if (!statement.faulty && !excused_) {
        diagnostics_.report(outside_policy, span(word), text(word))
            .fix({"put it into `policy NAME { … }`",
                  {{{source_, word.begin, word.begin}, "policy NAME {\n  "}, {{source_, last_end_, last_end_}, "\n}"}},
                  Applicability::MaybeIncorrect});
        statement.faulty = true;
      }
    }
    auto item = parse_edited<ast::PolicyItem>(
        statement, [&](std::span<const Token> tokens) { return parser_.policy_item(tokens); });
    if (item && block_ && block_->statement) {
      std::get<ast::PolicyStatement>(file_.statements[*block_->statement]).items.push_back(std::move(*item));
    }
  }

  // ---- everything else

  void declaration(StatementText& statement) {
    orphans_ = false;
    const std::size_t errors = diagnostics_.errors();
    auto parsed = parse_edited<ast::Statement>(
        statement, [&](std::span<const Token> tokens) { return parser_.statement(tokens); });
    if (block_ && !block_->doubtful) {
      // Either the policy lacks its `}` or this stands in the wrong place: what follows tells, and is no second
      // mistake.
      if (diagnostics_.errors() == errors && !excused_ && !statement.faulty) {
        report_unclosed(span(statement.tokens.front()));
      }
      block_->doubtful = true;
    }
    if (parsed) {
      file_.statements.push_back(std::move(*parsed));
    } else {
      if (statement.opens_block) block_ = Block{{}, {}, span(statement.tokens.front()), true};
    }
  }

  // Text that begins with no word a statement begins with.
  void no_statement(const StatementText& statement) {
    const std::span<const Token> rest = statement.tokens;
    if (!statement.faulty && !statement.skipped) {
      report_no_statement(sources_, source_, diagnostics_, rest.front(), block_.has_value(), statement.opens_block);
    }
    lose(rest);
    if (statement.opens_block) block_ = Block{{}, {}, span(rest.front()), true};
  }

  static bool is_not_yet(std::uint16_t type) {
    switch (type) {
      case WeftParser::IMPORT:
      case WeftParser::TEMPLATE:
      case WeftParser::USE:
      case WeftParser::TEST:
      case WeftParser::AUDIT:
      case WeftParser::ANNOTATION:
        return true;
      default:
        return false;
    }
  }

  void not_yet_statement(const StatementText& statement) {
    const Token& word = statement.tokens.front();
    if (word.type == WeftParser::ANNOTATION) {
      Span whole = span(word);
      if (statement.tokens.size() > 1) whole.end = statement.tokens[1].end;
      diagnostics_.report(not_in_this_version, whole, sources_.text(whole));
      return;
    }
    diagnostics_.report(not_in_this_version, span(word), text(word));
    if (word.type != WeftParser::TEST && word.type != WeftParser::AUDIT) {
      // What it would have declared is unknown.
      file_.lost.group = file_.lost.service = file_.lost.label = file_.lost.tier = true;
    }
    if (statement.opens_block) block_ = Block{{}, {}, span(word), true};
  }

  // Parses, and on the way reports and takes out clauses that a later version will have.
  template <typename Result, typename Parse>
  std::optional<Result> parse_edited(StatementText& statement, Parse parse) {
    if (statement.skipped) {
      lose(statement.tokens);
      return {};
    }
    while (true) {
      auto parsed = parse(std::span<const Token>(statement.tokens));
      if (parsed) return std::move(*parsed);
      const SyntaxError& error = parsed.error();
      if (take_out_clause(statement.tokens, error)) continue;
      if (reports_reachability(statement.tokens, error)) return {};
      lose(statement.tokens);
      if (!statement.faulty) report_syntax(sources_, source_, diagnostics_, parser_, statement.tokens, error);
      return {};
    }
  }

  bool reports_reachability(const std::vector<Token>& tokens, const SyntaxError& error) {
    if (error.at >= tokens.size() || tokens[error.at].type != WeftParser::REACHES) return false;
    diagnostics_.report(not_in_this_version, span(tokens[error.at]), "~>");
    return true;
  }

  // `when …`, `log "…"`, `expires D`, `for …`, `in inventory`: one error each, and the statement goes on without.
  bool take_out_clause(std::vector<Token>& tokens, const SyntaxError& error) {
    if (error.at == 0 || error.at >= tokens.size()) return false;
    const auto at = tokens.begin() + static_cast<std::ptrdiff_t>(error.at);
    if (at->type == WeftParser::AUDIT) {
      diagnostics_.report(not_in_this_version, span(*at), text(*at));
      tokens.erase(at);
      return true;
    }
    if (at->type == WeftParser::IN && at + 1 != tokens.end() && text(*(at + 1)) == "inventory") {
      diagnostics_.report(not_in_this_version, Span{source_, at->begin, (at + 1)->end}, "in inventory");
      tokens.erase(at, at + 2);
      return true;
    }
    if (at->type != WeftParser::IDENTIFIER || !is_later_clause(text(*at))) return false;
    diagnostics_.report(not_in_this_version, span(*at), text(*at));
    const bool header = tokens.front().type == WeftParser::POLICY;
    auto end = at + 1;
    while (end != tokens.end() && !ends_clause(tokens, end, header)) ++end;
    tokens.erase(at, end);
    return true;
  }

  bool ends_clause(const std::vector<Token>& tokens, std::vector<Token>::const_iterator at, bool header) const {
    switch (at->type) {
      case WeftParser::BECAUSE:
        return true;
      case WeftParser::ORDERED:
      case WeftParser::PRIORITY:
      case WeftParser::OWNER:
        return header;
      case WeftParser::IN:
        return header && at + 1 != tokens.end() && is_name((at + 1)->type);
      case WeftParser::OPEN_BRACE:
        return header && at + 1 == tokens.end();
      default:
        return at->type == WeftParser::IDENTIFIER && is_later_clause(text(*at));
    }
  }

  // ---- what a faulty declaration would have declared

  // A statement that makes no sense may have swallowed others, so declarations are looked for all over it.
  void lose(std::span<const Token> tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      switch (tokens[i].type) {
        case WeftParser::ASSIGN:
          for (std::size_t back = 1; back <= std::min<std::size_t>(i, 2); ++back) lose_name(tokens[i - back]);
          break;
        case WeftParser::GROUP:
        case WeftParser::NETWORK:
          lose_declared(tokens, i, file_.lost.group);
          break;
        case WeftParser::SERVICE:
          lose_declared(tokens, i, file_.lost.service);
          break;
        case WeftParser::LABEL:
        case WeftParser::ANY_TEXT:
          file_.lost.label = true;
          break;
        case WeftParser::STRING:
          if (i > 0 && tokens[i - 1].type == WeftParser::BAR) file_.lost.label = true;
          break;
        case WeftParser::TIERS:
          file_.lost.tier = true;
          break;
        default:
          break;
      }
    }
    if (!is_statement_word(tokens.front().type) && tokens.size() > 1 && tokens[1].type == WeftParser::COMMA) {
      file_.lost.tier = true;
    }
  }

  // `group NAME`; `unnamed` is set where there is none.
  void lose_declared(std::span<const Token> tokens, std::size_t word, bool& unnamed) {
    if (word + 1 < tokens.size() && is_name(tokens[word + 1].type)) {
      lose_name(tokens[word + 1]);
    } else {
      unnamed = true;
    }
  }

  void lose_name(const Token& token) {
    if (!is_name(token.type)) return;
    std::string_view name = text(token);
    if (name.starts_with('`')) name = name.substr(1, name.size() - 2);
    file_.lost.names.emplace_back(name);
  }

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
  ast::File file_;
  StatementParser parser_;
  StatementReader reader_;
  std::optional<Block> block_;
  bool orphans_ = false;  ///< rules outside a policy are reported already
  bool excused_ = false;
  std::uint32_t last_end_ = 0;
};

// False where the bytes are no text at all; that is reported.
bool is_text(const Sources& sources, SourceId id, Diagnostics& diagnostics) {
  const std::string& text = sources[id].text();
  if (text.size() > Limits::source_bytes) {
    diagnostics.report(too_large, Span{id, 0, 0}, text.size(), Limits::source_bytes);
    return false;
  }
  if (const std::size_t at = first_invalid_utf8(text); at != std::string::npos) {
    const auto begin = static_cast<std::uint32_t>(at);
    diagnostics.report(invalid_text, Span{id, begin, begin + 1}).suggest("save the file as UTF-8");
    return false;
  }
  if (const std::size_t at = text.find('\0'); at != std::string::npos) {
    const auto begin = static_cast<std::uint32_t>(at);
    diagnostics.report(nul_byte, Span{id, begin, begin + 1});
    return false;
  }
  return true;
}

}  // namespace

ast::File parse(const Sources& sources, SourceId source, Diagnostics& diagnostics) {
  ast::File nothing;
  nothing.source = source;
  nothing.lost.group = nothing.lost.service = nothing.lost.label = nothing.lost.tier = true;
  if (diagnostics.errors() >= Limits::errors || !is_text(sources, source, diagnostics)) return nothing;

  const std::size_t errors = diagnostics.errors();
  ast::File file = FileReader(sources, source, diagnostics).read();
  if (file.statements.empty() && diagnostics.errors() == errors) diagnostics.report(empty_file, Span{source, 0, 0});
  return file;
}

model::Policy read_policy(const Sources& sources, std::span<const SourceId> files, Diagnostics& diagnostics) {
  std::vector<ast::File> parsed;
  parsed.reserve(files.size());
  for (const SourceId source : files) parsed.push_back(parse(sources, source, diagnostics));
  return resolve(sources, parsed, diagnostics);
}

}  // namespace weft::frontend
