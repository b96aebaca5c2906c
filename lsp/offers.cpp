#include "lsp/offers.h"

#include <utility>

#include <fmt/format.h>

#include "frontend/words.h"

namespace weft::lsp {

using frontend::Symbol;
namespace ast = frontend::ast;

namespace {

constexpr std::size_t most_items = 500;

bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '_' || letter == '`';
}

}  // namespace

Offers::Offers(const View& view, std::string_view text, std::uint32_t offset, const Lines& lines)
    : view_(view), text_(text), at_(statement_at(text, offset)), lines_(lines), offset_(offset), end_(offset) {
  // The whole of the word is replaced, also what stands behind the place.
  while (end_ < text.size() && !at_.in_text && is_letter(text[end_])) ++end_;
  if (at_.in_text) {
    const std::size_t quote = text.find_first_of("\"\r\n", offset);
    if (quote != std::string_view::npos && text[quote] == '"') end_ = static_cast<std::uint32_t>(quote);
  }
}

Json Offers::offered() const { return {{"isIncomplete", items_.size() >= most_items}, {"items", items_}}; }

std::string Offers::bare(std::string_view word) {
  if (word.size() > 2 && word.front() == '`') word = word.substr(1, word.size() - 2);
  return std::string(word);
}

std::size_t Offers::position(std::string_view word, std::size_t behind) const {
  const std::size_t from = behind == none ? 0 : behind + 1;
  for (std::size_t i = from; i < at_.words.size(); ++i) {
    if (at_.words[i] == word) return i;
  }
  return none;
}

void Offers::symbols(Symbol::Kind kind, Kind shown, std::string_view order, bool networks_only) {
  std::set<std::string> seen;
  for (const frontend::Occurrence& it : view_.symbols().all()) {
    if (it.symbol.kind != kind || !it.declaration) continue;
    if (kind != Symbol::Kind::Rule && !it.symbol.scope.empty() && it.symbol.scope != template_here()) continue;
    if (kind == Symbol::Kind::Rule && it.symbol.scope != bare(at_.last(1))) continue;
    if (networks_only && !is_network(view_, it)) continue;
    if (!seen.insert(it.symbol.name).second) continue;
    const std::string_view text = view_.meaning.sources[it.span.source].text();
    const std::string_view rest = text.substr(it.span.end, 80);
    std::string says(rest.substr(0, rest.find_first_of("\r\n{")));
    if (kind == Symbol::Kind::Rule) says.clear();
    add(frontend::spelled_name(it.symbol.name), shown, says, {}, order);
  }
}

bool Offers::is_network(const View& view, const frontend::Occurrence& it) {
  const std::string_view text = std::string_view(view.meaning.sources[it.span.source].text()).substr(0, it.span.begin);
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return end != std::string_view::npos && text.substr(0, end + 1).ends_with("network");
}

// The template around the place, by what was read last.
std::string Offers::template_here() const {
  if (view_.file() == nullptr) return {};
  for (const ast::Statement& statement : view_.file()->statements) {
    const auto* it = std::get_if<ast::TemplateStatement>(&statement);
    if (it == nullptr || offset_ < it->span.begin) continue;
    if (!it->close || offset_ <= it->close->end) return it->name.text;
  }
  return {};
}

void Offers::parameters() {
  const std::string pattern = template_here();
  if (pattern.empty()) return;
  const ast::TemplateStatement* it = view_.symbols().find_template(pattern);
  if (it == nullptr) return;
  for (const ast::Parameter& parameter : it->parameters) {
    add(frontend::spelled_name(parameter.name.text), Kind::TypeParameter,
        std::string(view_.meaning.sources.text(parameter.span)), {}, "1");
  }
}

void Offers::add_word(const LanguageWord& word, std::string_view order) {
  add(std::string(word.word), word.snippet.empty() ? Kind::Keyword : Kind::Snippet, std::string(word.says),
      std::string(word.snippet), order);
}

void Offers::add(std::string label, Kind kind, std::string detail, std::string snippet, std::string_view order) {
  if (items_.size() >= most_items || !seen_.insert(label).second) return;
  // What stands for a form and no word has nothing to insert but its snippet.
  const bool form = label.find("…") != std::string::npos || label == "{";
  if (form && !view_.client.snippets) return;
  const bool as_snippet = view_.client.snippets && !snippet.empty() && snippet != label;
  Json item{{"label", label},
            {"kind", static_cast<int>(kind)},
            {"sortText", fmt::format("{}{}", order, label)},
            {"filterText", form ? std::string(text_.substr(at_.begin, offset_ - at_.begin)) : label},
            {"textEdit",
             {{"range", {{"start", json_of(lines_.position(at_.begin))}, {"end", json_of(lines_.position(end_))}}},
              {"newText", as_snippet ? snippet : label}}}};
  if (as_snippet) item["insertTextFormat"] = 2;
  if (!detail.empty()) item["detail"] = std::move(detail);
  items_.push_back(std::move(item));
}

}  // namespace weft::lsp
