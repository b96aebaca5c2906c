#include "lsp/completion.h"

#include <algorithm>

#include "frontend/ast.h"
#include "lsp/statement_at.h"

namespace weft::lsp {

namespace ast = frontend::ast;

std::string signature_of(const View& view, const ast::TemplateStatement& pattern) {
  std::string out = pattern.name.text + "(";
  for (const ast::Parameter& parameter : pattern.parameters) {
    if (&parameter != pattern.parameters.data()) out += ", ";
    out += view.meaning.sources.text(parameter.span);
  }
  return out + ")";
}

Json signature_help(const View& view, std::uint32_t offset) {
  const StatementAt at = statement_at(view.text(), offset);
  if (at.in_comment || at.words.size() < 3) return {};
  const auto use = std::ranges::find(at.words, "use");
  const auto begin = static_cast<std::size_t>(use - at.words.begin());
  if (use == at.words.end() || begin + 2 >= at.words.size() || at.words[begin + 2] != "(") return {};
  std::string name(at.words[begin + 1]);
  if (name.starts_with('`')) name = name.substr(1, name.size() - 2);
  const ast::TemplateStatement* pattern = view.symbols().find_template(name);
  if (pattern == nullptr) return {};
  // The parameter that is being given a value: the last name before a `=` of this use.
  std::size_t depth = 0;
  std::string parameter;
  for (std::size_t i = begin + 2; i < at.words.size(); ++i) {
    if (at.words[i] == "(" || at.words[i] == "{") ++depth;
    if (at.words[i] == ")" || at.words[i] == "}") {
      if (--depth == 0) return {};
    }
    if (at.words[i] == "=" && depth == 1) parameter = std::string(at.words[i - 1]);
    if (at.words[i] == "," && depth == 1) parameter.clear();
  }
  std::string label = pattern->name.text + "(";
  Json parameters = Json::array();
  Json active;
  for (const ast::Parameter& each : pattern->parameters) {
    if (&each != pattern->parameters.data()) label += ", ";
    const std::size_t start = label.size();
    label += view.meaning.sources.text(each.span);
    const bool ascii =
        std::ranges::all_of(label, [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
    // Offsets count UTF-16, whatever was agreed on; where that is more than bytes, the text itself will do.
    if (view.client.label_offsets && ascii) {
      parameters.push_back({{"label", {start, label.size()}}});
    } else {
      parameters.push_back({{"label", std::string(view.meaning.sources.text(each.span))}});
    }
    if (each.name.text == parameter) active = parameters.size() - 1;
  }
  label += ")";
  Json signature{{"label", std::move(label)}, {"parameters", std::move(parameters)}};
  Json out{{"signatures", {std::move(signature)}}, {"activeSignature", 0}};
  if (!active.is_null()) {
    out["activeParameter"] = active;
  } else {
    out["activeParameter"] = pattern->parameters.size();  // none of them yet
  }
  return out;
}

}  // namespace weft::lsp
