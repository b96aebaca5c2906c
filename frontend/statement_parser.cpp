#include "frontend/statement_parser.h"

#include <algorithm>
#include <deque>

#include "frontend/ast_builder.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {

bool SyntaxError::expects(std::uint16_t type) const { return std::ranges::binary_search(expected, type); }
bool SyntaxError::inside(std::uint16_t rule) const { return std::ranges::find(rules, rule) != rules.end(); }

namespace {

using grammar::WeftParser;

// The tokens of one statement, as the parser wants to see them. The objects are used again for the next statement.
class StatementTokens final : public antlr4::TokenStream {
 public:
  void fill(std::span<const Token> tokens) {
    while (pool_.size() <= tokens.size()) pool_.emplace_back(std::size_t{0});
    for (std::size_t i = 0; i < tokens.size(); ++i) set(i, tokens[i].type, tokens[i].begin, tokens[i].end);
    const std::uint32_t end = tokens.empty() ? 0 : tokens.back().end;
    set(tokens.size(), antlr4::Token::EOF, end, end);
    size_ = tokens.size() + 1;
    at_ = 0;
  }

  antlr4::Token* LT(ssize_t offset) override {
    if (offset < 0) {
      const auto back = static_cast<std::size_t>(-offset);
      return back > at_ ? nullptr : &pool_[at_ - back];
    }
    return &pool_[std::min(at_ + static_cast<std::size_t>(offset) - 1, size_ - 1)];
  }
  std::size_t LA(ssize_t offset) override { return LT(offset)->getType(); }
  void consume() override {
    if (at_ + 1 < size_) ++at_;
  }
  antlr4::Token* get(std::size_t index) const override { return const_cast<antlr4::CommonToken*>(&pool_[index]); }
  ssize_t mark() override { return -1; }
  void release(ssize_t) override {}
  std::size_t index() override { return at_; }
  void seek(std::size_t index) override { at_ = index; }
  std::size_t size() override { return size_; }
  std::string getSourceName() const override { return {}; }
  antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  std::string getText(const antlr4::misc::Interval&) override { return {}; }
  std::string getText() override { return {}; }
  std::string getText(antlr4::RuleContext*) override { return {}; }
  std::string getText(antlr4::Token*, antlr4::Token*) override { return {}; }

 private:
  void set(std::size_t index, std::size_t type, std::uint32_t begin, std::uint32_t end) {
    antlr4::CommonToken& token = pool_[index];
    token.setType(type);
    token.setStartIndex(begin);
    token.setStopIndex(end - 1);
    token.setTokenIndex(index);
  }

  std::deque<antlr4::CommonToken> pool_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
};

// The first mistake ends a statement. The first attempt only wants to know whether there is one; the second, of what
// was found faulty, looks at every choice on the way, so that it stops at the earliest place and knows all that could
// stand there.
class Strategy final : public antlr4::DefaultErrorStrategy {
 public:
  bool explain = false;

  struct Faulty {};

  void recover(antlr4::Parser* parser, std::exception_ptr) override { stop(parser); }
  antlr4::Token* recoverInline(antlr4::Parser* parser) override { stop(parser); }
  void reportError(antlr4::Parser*, const antlr4::RecognitionException&) override {}
  void sync(antlr4::Parser* parser) override {
    if (explain && !parser->getExpectedTokens().contains(static_cast<ssize_t>(parser->getInputStream()->LA(1)))) {
      stop(parser);
    }
  }

 private:
  [[noreturn]] void stop(antlr4::Parser* parser) const {
    if (!explain) throw Faulty{};
    SyntaxError error;
    error.at = parser->getInputStream()->index();
    const antlr4::misc::IntervalSet expected = parser->getExpectedTokens();
    for (const antlr4::misc::Interval& interval : expected.getIntervals()) {
      for (auto type = interval.a; type <= interval.b; ++type) {
        if (type == static_cast<ssize_t>(antlr4::Token::EOF)) error.expected.push_back(0);
        if (type > 0) error.expected.push_back(static_cast<std::uint16_t>(type));
      }
    }
    std::ranges::sort(error.expected);
    for (const antlr4::RuleContext* context = parser->getRuleContext(); context != nullptr;
         context = static_cast<const antlr4::RuleContext*>(context->parent)) {
      error.rules.push_back(static_cast<std::uint16_t>(context->getRuleIndex()));
    }
    throw error;
  }
};

}  // namespace

struct StatementParser::Grammar {
  Grammar(const Sources& sources, SourceId source, Diagnostics& diagnostics)
      : builder(sources, source, diagnostics), strategy(std::make_shared<Strategy>()), parser(&tokens) {
    parser.removeErrorListeners();
    parser.setErrorHandler(strategy);
    parser.setBuildParseTree(false);  // what the builder needs is labelled in the grammar
  }

  StatementTokens tokens;
  AstBuilder builder;
  std::shared_ptr<Strategy> strategy;
  WeftParser parser;
};

StatementParser::StatementParser(const Sources& sources, SourceId source, Diagnostics& diagnostics)
    : grammar_(std::make_unique<Grammar>(sources, source, diagnostics)) {}

StatementParser::~StatementParser() = default;

template <typename Result, typename Enter>
std::expected<Result, SyntaxError> StatementParser::parse(std::span<const Token> tokens, Enter enter) {
  using antlr4::atn::PredictionMode;
  const auto attempt = [&](PredictionMode mode, bool explain) {
    grammar_->tokens.fill(tokens);
    grammar_->parser.reset();
    grammar_->parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(mode);
    grammar_->strategy->explain = explain;
    return Result(enter());
  };
  try {
    return attempt(PredictionMode::SLL, false);
  } catch (const Strategy::Faulty&) {
  }
  try {
    return attempt(PredictionMode::LL, true);
  } catch (const SyntaxError& error) {
    return std::unexpected(error);
  }
}

std::expected<ast::Statement, SyntaxError> StatementParser::statement(std::span<const Token> tokens) {
  return parse<ast::Statement>(tokens, [&] { return grammar_->builder.statement(grammar_->parser.oneStatement()); });
}

std::expected<ast::PolicyStatement, SyntaxError> StatementParser::policy_header(std::span<const Token> tokens) {
  return parse<ast::PolicyStatement>(
      tokens, [&] { return grammar_->builder.policy_header(grammar_->parser.onePolicyHeader()); });
}

std::expected<ast::PolicyItem, SyntaxError> StatementParser::policy_item(std::span<const Token> tokens) {
  return parse<ast::PolicyItem>(tokens,
                                [&] { return grammar_->builder.policy_item(grammar_->parser.onePolicyItem()); });
}

std::expected<ast::TestStatement, SyntaxError> StatementParser::test_header(std::span<const Token> tokens) {
  return parse<ast::TestStatement>(tokens,
                                   [&] { return grammar_->builder.test_header(grammar_->parser.oneTestHeader()); });
}

std::expected<ast::Expectation, SyntaxError> StatementParser::expectation(std::span<const Token> tokens) {
  return parse<ast::Expectation>(tokens,
                                 [&] { return grammar_->builder.expectation(grammar_->parser.oneExpectation()); });
}

std::expected<ast::TemplateStatement, SyntaxError> StatementParser::template_header(std::span<const Token> tokens) {
  return parse<ast::TemplateStatement>(
      tokens, [&] { return grammar_->builder.template_header(grammar_->parser.oneTemplateHeader()); });
}

void StatementParser::in_template(bool yes) { grammar_->builder.in_template(yes); }

std::string StatementParser::spelling(std::uint16_t type) const {
  const std::string quoted = grammar_->parser.getVocabulary().getLiteralName(type);
  if (type == WeftParser::OPEN_BLOCK) return "{";
  if (type == WeftParser::BACKSLASH) return "\\";  // the vocabulary keeps it as the grammar has it, escaped
  return quoted.size() < 2 ? std::string() : quoted.substr(1, quoted.size() - 2);
}

}  // namespace weft::frontend
