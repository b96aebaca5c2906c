#include "lsp/semantic_tokens.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "frontend/words.h"

namespace weft::lsp {

using frontend::Occurrence;
using frontend::Symbol;
using frontend::Word;

namespace {

// In the order of the legend.
enum Type : std::uint32_t {
  Keyword,
  Class,
  Interface,
  Namespace,
  Property,
  EnumMember,
  Function,
  Parameter,
  Method,
  Decorator,
  String,
  Number,
  Comment,
  Operator,
  TypeName,
  Variable
};
constexpr const char* types[] = {"keyword",  "class",     "interface", "namespace", "property", "enumMember",
                                 "function", "parameter", "method",    "decorator", "string",   "number",
                                 "comment",  "operator",  "type",      "variable"};
constexpr std::uint32_t declaration = 1U << 0U;
constexpr std::uint32_t built_in = 1U << 1U;

const std::set<std::string_view> words_in_one_place{
    "string", "ordered", "priority", "owner", "source",  "destination", "when", "requires", "log",      "expires",
    "for",    "is",      "by",       "as",    "because", "like",        "tier", "avoiding", "inventory"};
const std::set<std::string_view> protocols{"tcp", "udp", "sctp", "icmp", "icmp6", "ip"};

Type type_of(const Symbol& symbol) {
  switch (symbol.kind) {
    case Symbol::Kind::Selector:
      return Class;
    case Symbol::Kind::Service:
      return Interface;
    case Symbol::Kind::Tier:
    case Symbol::Kind::Policy:
      return Namespace;
    case Symbol::Kind::Label:
      return Property;
    case Symbol::Kind::Value:
      return EnumMember;
    case Symbol::Kind::Port:
      return Interface;
    case Symbol::Kind::Rule:
      return Method;
    case Symbol::Kind::Test:
      return String;
    case Symbol::Kind::Template:
    case Symbol::Kind::Use:
      return Function;
    case Symbol::Kind::Parameter:
      return Parameter;
  }
  return Variable;
}

}  // namespace

Json semantic_tokens_legend() {
  Json names = Json::array();
  for (const char* type : types) names.push_back(type);
  return {{"tokenTypes", std::move(names)}, {"tokenModifiers", {"declaration", "defaultLibrary"}}};
}

std::vector<std::uint32_t> semantic_tokens(const View& view, std::optional<Span> part) {
  std::vector<std::uint32_t> out;
  const Lines& lines = view.atlas.lines(view.source);
  const auto names = view.symbols().in(view.source);
  auto name = names.begin();
  Position last;
  bool after_at = false;
  const auto add = [&](std::uint32_t begin, std::uint32_t end, Type type, std::uint32_t modifiers) {
    const Position from = lines.position(begin), to = lines.position(end);
    if (from.line != to.line || to.character <= from.character) return;
    out.insert(out.end(),
               {from.line - last.line, from.line == last.line ? from.character - last.character : from.character,
                to.character - from.character, static_cast<std::uint32_t>(type), modifiers});
    last = from;
  };
  // Words of a part alone are counted from the begin of the text as well.
  for (const Word& word : frontend::words_of(view.text())) {
    const std::string_view text = view.text().substr(word.begin, word.end - word.begin);
    const bool decorator = std::exchange(after_at, text == "@");
    while (name != names.end() && name->span.end <= word.begin) ++name;
    if (part && (word.end < part->begin || word.begin > part->end)) continue;
    if (name != names.end() && name->span.begin < word.end && name->span.end >= word.end) {
      // A key of several words is one name, and so are the parts of a text such as "backend/door".
      if (word.kind == Word::Kind::Sign) continue;
      const bool predeclared =
          name->symbol.kind == Symbol::Kind::Label &&
          (name->symbol.name == "ns" || name->symbol.name == "sa" || name->symbol.name == "cluster");
      add(word.begin, word.end, type_of(name->symbol),
          (name->declaration ? declaration : 0) | (predeclared ? built_in : 0));
      continue;
    }
    switch (word.kind) {
      case Word::Kind::Keyword:
        add(word.begin, word.end, Keyword, 0);
        break;
      case Word::Kind::Name:
        if (decorator)
          add(word.begin, word.end, Decorator, 0);
        else if (protocols.contains(text))
          add(word.begin, word.end, TypeName, built_in);
        else
          add(word.begin, word.end, words_in_one_place.contains(text) ? Keyword : Variable, 0);
        break;
      case Word::Kind::Text:
        add(word.begin, word.end, String, 0);
        break;
      case Word::Kind::Number:
      case Word::Kind::Date:
      case Word::Kind::Address:
        add(word.begin, word.end, Number, 0);
        break;
      case Word::Kind::Comment:
        add(word.begin, word.end, Comment, 0);
        break;
      case Word::Kind::Sign:
        if (text == "->" || text == "~>" || text == "&&" || text == "||" || text == "!" || text == "==" ||
            text == "!=" || text == "\\") {
          add(word.begin, word.end, Operator, 0);
        } else if (text == "@") {
          add(word.begin, word.end, Decorator, 0);
        }
        break;
    }
  }
  return out;
}

Json token_edits(const std::vector<std::uint32_t>& before, const std::vector<std::uint32_t>& after) {
  Json out = Json::array();
  std::size_t head = 0;
  const std::size_t shorter = std::min(before.size(), after.size());
  while (head < shorter && before[head] == after[head]) ++head;
  if (head == before.size() && head == after.size()) return out;
  std::size_t tail = 0;
  while (tail < shorter - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  Json edit{{"start", head}, {"deleteCount", before.size() - head - tail}};
  if (after.size() > head + tail) {
    edit["data"] = std::vector<std::uint32_t>(after.begin() + static_cast<std::ptrdiff_t>(head),
                                              after.end() - static_cast<std::ptrdiff_t>(tail));
  }
  out.push_back(std::move(edit));
  return out;
}

}  // namespace weft::lsp
