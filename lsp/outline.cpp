#include "lsp/outline.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "frontend/place.h"
#include "lsp/json_text.h"

namespace weft::lsp {

using frontend::whole;
namespace ast = frontend::ast;

namespace {

// SymbolKind of the protocol.
enum class Kind {
  Module = 2,
  Namespace = 3,
  Class = 5,
  Method = 6,
  Property = 7,
  Interface = 11,
  Function = 12,
  Constant = 14,
  Array = 18,
  Object = 19,
  Key = 20,
  Event = 24,
  Operator = 25,
  TypeParameter = 26
};

std::string one_line(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    const bool space = letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
    if (!space) {
      out += letter;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  constexpr std::size_t most = 100;
  if (out.size() <= most) return out;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
  return out.substr(0, end) + "…";
}

struct Entry {
  std::string name;
  Kind kind;
  Span whole;
  Span selected;
  std::string detail{};
  std::vector<Entry> children{};
};
using Entries = std::vector<Entry>;

class Outliner {
 public:
  explicit Outliner(const View& view) : view_(view) {}

  Entries of(const ast::File& file) {
    Entries out;
    for (const ast::Statement& statement : file.statements) add(out, statement);
    return out;
  }

 private:
  static Entry entry(std::string name, Kind kind, Span whole_span, Span selected, std::string detail = {}) {
    // The selected part lies in the whole, and nothing has an empty name: clients drop such symbols, or all of them.
    if (selected.begin < whole_span.begin || selected.end > whole_span.end) selected = whole_span;
    return {name.empty() ? "(no name)" : one_line(name), kind, whole_span, selected, std::move(detail), {}};
  }
  std::string text(Span span) const { return one_line(view_.meaning.sources.text(span)); }

  void add(Entries& out, const ast::Statement& statement) {
    std::visit([&](const auto& it) { add(out, it); }, statement);
  }
  void add(Entries& out, const ast::ProfileStatement& it) {
    out.push_back(entry("profile " + it.name.text, Kind::Property, it.span, it.name.span));
  }
  void add(Entries& out, const ast::LabelStatement& it) {
    for (const ast::Key& key : it.keys) {
      out.push_back(
          entry(frontend::key_text(key), Kind::Key, it.keys.size() == 1 ? it.span : key.span, key.span, "label"));
    }
  }
  void add(Entries& out, const ast::GroupStatement& it) {
    out.push_back(entry(it.name.text, Kind::Class, it.span, it.name.span, text(it.selector.span)));
  }
  void add(Entries& out, const ast::NetworkStatement& it) {
    out.push_back(entry(it.name.text, Kind::Constant, it.span, it.name.span, text(it.networks.span)));
  }
  void add(Entries& out, const ast::ServiceStatement& it) {
    out.push_back(entry(it.name.text, Kind::Interface, it.span, it.name.span, text(it.services.span)));
  }
  void add(Entries& out, const ast::TiersStatement& it) {
    out.push_back(entry("tiers", Kind::Array, it.span, it.span, text(it.span)));
  }
  void add(Entries& out, const ast::GuardStatement& it) {
    out.push_back(entry(text(it.span), Kind::Operator, it.span, it.span));
  }
  void add(Entries& out, const ast::AssertionStatement& it) {
    out.push_back(entry(text(it.span), Kind::Event, it.span, it.span));
  }
  void add(Entries& out, const ast::UseStatement& it) {
    out.push_back(entry("use " + (it.alias ? it.alias->text : it.name.text), Kind::Object, it.span,
                        it.alias ? it.alias->span : it.name.span));
  }
  void add(Entries& out, const ast::ImportStatement& it) {
    out.push_back(entry(text(it.span), Kind::Module, it.span, it.span));
  }
  void add(Entries& out, const ast::PolicyStatement& it) {
    Entry policy = entry(it.name.text, Kind::Namespace, whole(it), it.name.span,
                         it.tier ? "policy in " + it.tier->text : "policy");
    Entries items;
    for (const ast::PolicyItem& item : it.items) {
      std::visit(
          [&](const auto& each) {
            Span span = each.span;
            if constexpr (requires { each.annotations; }) span = whole(each);
            items.push_back(entry(text(each.span), Kind::Method, span, each.span));
          },
          item);
    }
    policy.children = std::move(items);
    out.push_back(std::move(policy));
  }
  void add(Entries& out, const ast::TestStatement& it) {
    Entry test = entry(it.name.text, Kind::Function, whole(it), it.name.span, "test");
    Entries items;
    for (const ast::Expectation& each : it.expectations) {
      items.push_back(entry(text(each.span), Kind::Event, each.span, each.span));
    }
    test.children = std::move(items);
    out.push_back(std::move(test));
  }
  void add(Entries& out, const ast::TemplateStatement& it) {
    Entry pattern = entry(it.name.text, Kind::Interface, whole(it), it.name.span, "template");
    Entries items;
    for (const ast::Parameter& parameter : it.parameters) {
      items.push_back(entry(parameter.name.text, Kind::TypeParameter, parameter.span, parameter.name.span));
    }
    for (const ast::BodyStatement& statement : it.body) {
      std::visit([&](const auto& each) { add(items, each); }, statement);
    }
    pattern.children = std::move(items);
    out.push_back(std::move(pattern));
  }

  const View& view_;
};

void write(const Atlas& atlas, const Entries& entries, JsonText& out) {
  const auto range = [&](const char* name, Span span) {
    const Lines& lines = atlas.lines(span.source);
    out.key(name).range(lines.position(span.begin), lines.position(span.end));
  };
  out.open('[');
  for (const Entry& it : entries) {
    out.open('{').key("name").text(it.name).key("kind").number(static_cast<std::uint64_t>(it.kind));
    range("range", it.whole);
    range("selectionRange", it.selected);
    if (!it.detail.empty()) out.key("detail").text(it.detail);
    if (!it.children.empty()) {
      out.key("children");
      write(atlas, it.children, out);
    }
    out.close('}');
  }
  out.close(']');
}

void flatten(const Atlas& atlas, const Entries& nested, const std::string& uri, const std::string& container,
             Json& out) {
  for (const Entry& each : nested) {
    Json flat{{"name", each.name},
              {"kind", static_cast<int>(each.kind)},
              {"location", {{"uri", uri}, {"range", atlas.range(each.selected)}}}};
    if (!container.empty()) flat["containerName"] = container;
    out.push_back(std::move(flat));
    flatten(atlas, each.children, uri, each.name, out);
  }
}

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

bool has_letters(std::string_view name, std::string_view query) {
  for (const char letter : name) {
    if (query.empty()) break;
    if (lower(letter) == lower(query.front())) query.remove_prefix(1);
  }
  return query.empty();
}

}  // namespace

std::string document_symbols(const View& view) {
  const Entries nested = view.file() == nullptr ? Entries() : Outliner(view).of(*view.file());
  if (view.client.nested_symbols) {
    JsonText out;
    write(view.atlas, nested, out);
    return std::move(out).take();
  }
  Json out = Json::array();
  flatten(view.atlas, nested, view.atlas.uri(view.source), {}, out);
  return written(out);
}

void add_workspace_symbols(const View& view, const std::string& query, Json& out) {
  constexpr std::size_t most = 1000;
  for (const ast::File& file : view.files) {
    const std::string uri = view.atlas.uri(file.source);
    if (uri.empty()) continue;
    Json flat = Json::array();
    flatten(view.atlas, Outliner(view).of(file), uri, {}, flat);
    for (Json& each : flat) {
      if (out.size() >= most) return;
      if (!has_letters(each["name"].get_ref<const std::string&>(), query)) continue;
      if (std::ranges::find(out, each) == out.end()) out.push_back(std::move(each));
    }
  }
}

Json folding_ranges(const View& view) {
  Json out = Json::array();
  if (view.file() == nullptr) return out;
  const Lines& lines = view.atlas.lines(view.source);
  const auto fold = [&](std::uint32_t first, std::uint32_t last, const char* kind) {
    if (last <= first) return;
    Json range{{"startLine", first}, {"endLine", last}};
    if (kind != nullptr) range["kind"] = kind;
    out.push_back(std::move(range));
  };
  const auto line = [&](std::uint32_t offset) { return lines.position(offset).line; };
  // From its header to the line before its `}`, so that both stay in sight.
  const auto block = [&](const auto& it) {
    if (!it.close) return;
    const std::uint32_t last = line(it.close->begin);
    fold(line(it.span.begin), last == 0 ? 0 : last - 1, nullptr);
  };
  const auto visit = [&](const auto& self, const auto& statement) -> void {
    std::visit(
        [&](const auto& it) {
          if constexpr (requires { it.close; }) {
            block(it);
          } else if (line(it.span.begin) < line(it.span.end)) {
            fold(line(it.span.begin), line(it.span.end), nullptr);
          }
          if constexpr (requires { it.body; }) {
            for (const auto& inner : it.body) self(self, inner);
          }
        },
        statement);
  };
  const auto& statements = view.file()->statements;
  for (const ast::Statement& statement : statements) visit(visit, statement);
  // Neighbours of one kind, such as imports.
  const auto run = [&](std::size_t first, std::size_t last) {
    const bool imports = std::holds_alternative<ast::ImportStatement>(statements[first]);
    if (last > first && imports)
      fold(line(whole(statements[first]).begin), line(whole(statements[last]).end), "imports");
  };
  std::size_t first = 0;
  for (std::size_t i = 1; i <= statements.size(); ++i) {
    if (i < statements.size() && statements[i].index() == statements[first].index()) continue;
    run(first, i - 1);
    first = i;
  }
  // Comments on lines of their own, side by side.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> comments;
  for (const ast::Comment& comment : view.file()->comments) {
    const std::uint32_t at = line(comment.span.begin);
    const std::string_view before = lines.line(at).substr(0, comment.span.begin - lines.start(at));
    if (before.find_first_not_of(" \t") != std::string_view::npos) continue;
    if (comments && comments->second + 1 == at) {
      comments->second = at;
    } else {
      if (comments) fold(comments->first, comments->second, "comment");
      comments = {at, at};
    }
  }
  if (comments) fold(comments->first, comments->second, "comment");
  return out;
}

Json selection_ranges(const View& view, const Json& positions) {
  if (!positions.is_array()) throw RequestError{error_code::invalid_params, "`positions` is a list"};
  Json out = Json::array();
  const Span all{view.source, 0, static_cast<std::uint32_t>(view.text().size())};
  for (const Json& position : positions) {
    const std::uint32_t offset = view.atlas.offset(view.source, position);
    std::vector<Span> spans{all};
    if (view.file() != nullptr) {
      for (const Span& span : frontend::place_in(*view.file(), offset).spans) {
        if (span != spans.back()) spans.push_back(span);
      }
    }
    if (const auto* name = view.symbols().at(view.source, offset)) {
      const bool inside = name->span.begin >= spans.back().begin && name->span.end <= spans.back().end;
      if (inside && name->span != spans.back()) spans.push_back(name->span);
    }
    Json chain;
    for (const Span& span : spans) {
      Json range{{"range", view.atlas.range(span)}};
      if (!chain.is_null()) range["parent"] = std::move(chain);
      chain = std::move(range);
    }
    out.push_back(std::move(chain));
  }
  return out;
}

}  // namespace weft::lsp
