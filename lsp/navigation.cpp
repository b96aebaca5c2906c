#include "lsp/navigation.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "frontend/place.h"
#include "frontend/words.h"
#include "lsp/uri.h"
#include "stdlib-policies/modules.h"

namespace weft::lsp {

using frontend::Occurrence;
using frontend::Symbol;
namespace ast = frontend::ast;

namespace {

// What an import reads; nothing where it is not there.
std::optional<SourceId> imported(const View& view, const ast::ImportStatement& statement) {
  const std::vector<std::string>& paths = view.meaning.paths;
  std::string wanted;
  if (statement.path) {
    const std::filesystem::path from(paths[static_cast<std::size_t>(statement.span.source)]);
    wanted = (from.parent_path() / statement.path->text).lexically_normal().string();
  } else {
    std::string name;
    for (const ast::Name& part : statement.module) name += (name.empty() ? "" : ".") + part.text;
    for (const stdlib_policies::Module& module : stdlib_policies::modules()) {
      if (module.name == name) wanted = module.path;
    }
  }
  const auto found = std::ranges::find(paths, wanted);
  if (found == paths.end()) return {};
  return SourceId{static_cast<std::uint32_t>(found - paths.begin())};
}

Json location_of(const View& view, Span span) {
  Json location = view.atlas.location(span);
  return location.is_null() ? Json::array() : Json::array({std::move(location)});
}

std::string_view word_for(Symbol::Kind kind) {
  switch (kind) {
    case Symbol::Kind::Selector:
      return "a group or network";
    case Symbol::Kind::Service:
      return "a service";
    case Symbol::Kind::Tier:
      return "a tier";
    case Symbol::Kind::Label:
      return "a label";
    case Symbol::Kind::Policy:
      return "a policy";
    case Symbol::Kind::Rule:
      return "a rule";
    case Symbol::Kind::Test:
      return "a test";
    case Symbol::Kind::Template:
      return "a template";
    case Symbol::Kind::Parameter:
      return "a parameter";
    case Symbol::Kind::Use:
      return "a use";
    default:
      return "a name";
  }
}

std::string_view written(const View& view, const Occurrence& it) { return view.meaning.sources.text(it.span); }

bool is_quoted(std::string_view text) { return text.starts_with('"'); }

// The name as it is to be written where this one stands.
std::string spelled_for(const View& view, const Occurrence& it, const std::string& name) {
  if (is_quoted(written(view, it))) {
    std::string out = "\"";
    for (const char letter : name) {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter;
    }
    return out + '"';
  }
  const std::uint32_t begin = it.span.begin;
  const std::string_view text = view.meaning.sources[it.span.source].text();
  // A part of a text such as "backend/door".
  if (begin > 0 && (text[begin - 1] == '"' || text[begin - 1] == '/' || text.substr(it.span.end).starts_with('/')))
    return name;
  if (it.symbol.kind == Symbol::Kind::Label) {
    const std::size_t dot = name.find('.');
    const std::string scope = dot == std::string::npos ? "" : name.substr(0, dot);
    if (scope == "ns" || scope == "node") return scope + "." + frontend::spelled_name(name.substr(dot + 1));
  }
  return frontend::spelled_name(name);
}

const Occurrence& renamable(const View& view, std::uint32_t offset) {
  const auto refuse = [](std::string why) { throw RequestError{error_code::request_failed, std::move(why)}; };
  const Occurrence* here = view.symbols().at(view.source, offset);
  if (here == nullptr) refuse("there is no name here");
  if (here->symbol.kind == Symbol::Kind::Value) refuse("a label's value belongs to the inventory as well");
  if (here->symbol.kind == Symbol::Kind::Port) refuse("a port's name belongs to the inventory as well");
  const Occurrence* declared = view.symbols().declaration(here->symbol);
  if (declared == nullptr) refuse(fmt::format("`{}` is not declared", here->symbol.name));
  for (const Occurrence* each : view.symbols().all_of(here->symbol)) {
    if (each->declaration && !view.atlas.writable(each->span.source)) {
      refuse(fmt::format("`{}` is declared by a standard module", here->symbol.name));
    }
  }
  return *here;
}

}  // namespace

Json definition(const View& view, std::uint32_t offset) {
  if (const Occurrence* here = view.symbols().at(view.source, offset)) {
    if (const Occurrence* declared = view.symbols().declaration(here->symbol)) return location_of(view, declared->span);
    return Json::array();
  }
  if (view.file() == nullptr) return Json::array();
  const frontend::Place place = frontend::place_in(*view.file(), offset);
  if (place.import != nullptr) {
    const auto source = imported(view, *place.import);
    return source ? location_of(view, {*source, 0, 0}) : Json::array();
  }
  if (place.end != nullptr) {
    // A workload or node lives in the inventory.
    if (const auto* workload = std::get_if<ast::TestEnd::Workload>(&place.end->who)) {
      const model::Instance* instance = view.meaning.inventory->find(workload->name.text);
      if (instance != nullptr && instance->span.end > 0) return location_of(view, instance->span);
    }
  }
  return Json::array();
}

Json references(const View& view, std::uint32_t offset, bool with_declaration) {
  Json out = Json::array();
  const Occurrence* here = view.symbols().at(view.source, offset);
  if (here == nullptr) return out;
  for (const Occurrence* each : view.symbols().all_of(here->symbol)) {
    if (each->declaration && !with_declaration) continue;
    if (Json location = view.atlas.location(each->span); !location.is_null()) out.push_back(std::move(location));
  }
  return out;
}

Json highlights(const View& view, std::uint32_t offset) {
  constexpr int read = 2, write = 3;  // DocumentHighlightKind
  Json out = Json::array();
  const Occurrence* here = view.symbols().at(view.source, offset);
  if (here == nullptr) return out;
  for (const Occurrence* each : view.symbols().all_of(here->symbol)) {
    if (each->span.source != view.source) continue;
    out.push_back({{"range", view.atlas.range(each->span)}, {"kind", each->declaration ? write : read}});
  }
  return out;
}

Json prepare_rename(const View& view, std::uint32_t offset) {
  const Occurrence& here = renamable(view, offset);
  return {{"range", view.atlas.range(here.span)}, {"placeholder", here.symbol.name}};
}

Json rename(const View& view, std::uint32_t offset, const std::string& wanted) {
  const Occurrence& here = renamable(view, offset);
  std::string name = wanted;
  // As it stands in the text is as good as what it means.
  for (const char quote : {'`', '"'}) {
    if (name.size() > 2 && name.front() == quote && name.back() == quote) name = name.substr(1, name.size() - 2);
  }
  if (name.empty() || name.find_first_of("`\r\n\t") != std::string::npos) {
    throw RequestError{error_code::invalid_params, "a name is a text of one line without backticks"};
  }
  Symbol changed = here.symbol;
  if (changed.kind == Symbol::Kind::Label) {
    const std::size_t dot = changed.name.find('.');
    const std::string scope = dot == std::string::npos ? "" : changed.name.substr(0, dot + 1);
    if ((scope == "ns." || scope == "node.") && !name.starts_with(scope)) name = scope + name;
  }
  changed.name = name;
  if (name == here.symbol.name) return {};
  if (const Occurrence* taken = view.symbols().declaration(changed)) {
    throw RequestError{error_code::request_failed,
                       fmt::format("{} named `{}` is declared already, at {}", word_for(changed.kind), name,
                                   view.meaning.sources.location(taken->span))};
  }
  std::vector<Edit> edits;
  for (const Occurrence* each : view.symbols().all_of(here.symbol)) {
    if (!view.atlas.writable(each->span.source)) continue;
    edits.push_back({each->span, spelled_for(view, *each, name)});
  }
  return view.atlas.workspace_edit(edits, view.client.versioned_edits);
}

Json document_links(const View& view) {
  Json out = Json::array();
  if (view.file() == nullptr) return out;
  for (const ast::Statement& statement : view.file()->statements) {
    const auto* it = std::get_if<ast::ImportStatement>(&statement);
    if (it == nullptr) continue;
    const auto source = imported(view, *it);
    if (!source) continue;
    const std::string uri = view.atlas.uri(*source);
    if (uri.empty()) continue;
    Span span = it->span;
    if (it->path) {
      span = it->path->span;
    } else if (!it->module.empty()) {
      span = {span.source, it->module.front().span.begin, it->module.back().span.end};
    }
    out.push_back({{"range", view.atlas.range(span)}, {"target", uri}});
  }
  return out;
}

}  // namespace weft::lsp
