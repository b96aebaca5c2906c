#include "lsp/hints.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "frontend/meaning.h"
#include "frontend/place.h"
#include "lsp/describe.h"
#include "lsp/diagnostics.h"
#include "lsp/hover.h"
#include "lsp/json_text.h"

namespace weft::lsp {

using frontend::Occurrence;
using frontend::Symbol;
namespace ast = frontend::ast;

namespace {

constexpr std::size_t longest_hint = 60;

std::string shortened(std::string text) {
  if (text.size() <= longest_hint) return text;
  return text.substr(0, text.rfind(',', longest_hint)) + ", …";
}

bool inside(Span span, Span part) { return span.begin <= part.end && span.end >= part.begin; }

const model::Group* group_named(const model::Policy& policy, const std::string& name) {
  const auto found = std::ranges::find(policy.groups, name, &model::Group::name);
  return found == policy.groups.end() ? nullptr : &*found;
}

// "shadowed by `deny any -> db : any` at guard.weft:4:3 and 2 others", of a rule that never decides; else nothing.
std::string decided_elsewhere(const View& view, const Diagnostic& finding) {
  static constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"W3010", "shadowed by"}, {"W3011", "overridden by"}, {"W3012", "the same is said by"}};
  const auto word = std::ranges::find(words, finding.code, [](const auto& each) { return each.first; });
  if (word == std::end(words) || finding.labels.empty()) return {};
  const Span by = finding.labels.front().span;
  std::string text(view.meaning.sources.text(by));
  text = text.substr(0, text.find_first_of("\r\n"));
  std::string out =
      fmt::format("{} `{}` at {}", word->second, shortened(std::move(text)), view.meaning.sources.location(by));
  const std::size_t others = finding.labels.size() - 1;
  if (others > 0) out += fmt::format(" and {}", counted(others, "other", "others"));
  return out;
}

/// The lenses of one text, written as they come.
class Lenses {
 public:
  explicit Lenses(const View& view)
      : view_(view), lines_(view.atlas.lines(view.source)), uri_(view.atlas.uri(view.source)) {
    for (const Diagnostic* each : findings_of(view.known)) {
      const bool here = each->span && each->span->source == view.source && each->severity != Severity::Error;
      if (here) findings_[{each->span->begin, each->span->end}].push_back(each);
    }
    out_.open('[');
  }

  std::string written() && {
    out_.close(']');
    return std::move(out_).take();
  }

  void says(Span place, std::string_view title) {
    begin(place).key("command").open('{').key("title").text(title).key("command").text("").close('}').close('}');
  }
  void runs_test(Span place, std::string_view name) {
    begin(place).key("command").open('{').key("title").text("run test").key("command").text("weft.runTest");
    out_.key("arguments").open('[').text(uri_).text(name).close(']').close('}').close('}');
  }
  // Who it speaks of takes a look at the inventory.
  void counts(Span place) {
    if (!view_.meaning.has_inventory) return;
    begin(place).key("data").open('{').key("uri").text(uri_).key("begin").number(place.begin);
    out_.key("end").number(place.end).close('}').close('}');
  }
  // What findings say of a rule.
  void found(Span place) {
    const auto known = findings_.find({place.begin, place.end});
    if (known == findings_.end()) return;
    for (const Diagnostic* each : known->second) {
      const std::string title = decided_elsewhere(view_, *each);
      says(place, title.empty() ? fmt::format("{}: {}", each->code, each->message) : title);
    }
  }

 private:
  JsonText& begin(Span place) {
    const Position at = lines_.position(place.begin);
    return out_.open('{').key("range").range(at, at);
  }

  const View& view_;
  const Lines& lines_;
  std::string uri_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const Diagnostic*>> findings_;  ///< by place
  JsonText out_;
};

}  // namespace

Json inlay_hints(const View& view, Span part) {
  Json out = Json::array();
  if (view.file() == nullptr) return out;
  std::map<std::string, std::string> services;
  for (const ast::File& file : view.files) {
    for (const ast::Statement& statement : file.statements) {
      const auto* it = std::get_if<ast::ServiceStatement>(&statement);
      if (it == nullptr || services.contains(it->name.text)) continue;
      services[it->name.text] = model::to_string(frontend::meaning_of(view.files, it->services));
    }
  }
  const auto hint = [&](std::uint32_t at, std::string label) {
    out.push_back(
        {{"position", view.atlas.position(view.source, at)}, {"label", std::move(label)}, {"paddingLeft", true}});
  };
  std::map<std::string, std::string> ports;  // by name, of the inventory
  for (const model::Instance& instance : view.meaning.inventory->instances) {
    for (const model::NamedPort& port : instance.peer.ports) {
      const std::string number = fmt::format("{}", port.port);
      std::string& all = ports[port.name];
      if (all.empty())
        all = number;
      else if (fmt::format("|{}|", all).find(fmt::format("|{}|", number)) == std::string::npos)
        all += "|" + number;
    }
  }
  for (const Occurrence& it : view.symbols().in(view.source)) {
    if (!inside(it.span, part)) continue;
    if (it.symbol.kind == Symbol::Kind::Service && !it.declaration && it.symbol.scope.empty()) {
      const auto known = services.find(it.symbol.name);
      if (known != services.end() && !known->second.empty()) hint(it.span.end, "= " + shortened(known->second));
    } else if (it.symbol.kind == Symbol::Kind::Port) {
      const auto known = ports.find(it.symbol.name);
      if (known != ports.end()) hint(it.span.end, "= " + shortened(known->second));
    } else if (it.symbol.kind == Symbol::Kind::Selector && it.declaration && it.symbol.scope.empty() &&
               view.meaning.has_inventory) {
      const model::Group* group = group_named(view.meaning.policy, it.symbol.name);
      if (group != nullptr) hint(it.span.end, "(" + number_of(matched(group->selector, *view.meaning.inventory)) + ")");
    }
  }
  return out;
}

std::string code_lenses(const View& view) {
  Lenses out(view);
  if (view.file() == nullptr) return std::move(out).written();
  for (const ast::Statement& statement : view.file()->statements) {
    if (const auto* it = std::get_if<ast::AssertionStatement>(&statement)) {
      const std::string state = proof_state(view, *it);
      if (!state.empty()) out.says(it->span, std::string_view(state).substr(0, state.find(": the policy")));
    } else if (const auto* test = std::get_if<ast::TestStatement>(&statement)) {
      out.runs_test(test->span, test->name.text);
    } else if (const auto* policy = std::get_if<ast::PolicyStatement>(&statement)) {
      for (const ast::PolicyItem& item : policy->items) {
        if (const auto* rule = std::get_if<ast::RuleStatement>(&item)) {
          out.counts(rule->span);
          out.found(rule->span);
        }
        if (const auto* isolation = std::get_if<ast::IsolateStatement>(&item)) out.counts(isolation->span);
      }
    }
  }
  return std::move(out).written();
}

Json resolve_lens(const View& view, Json lens) {
  const auto begin = static_cast<std::uint32_t>(lens.at("data").at("begin").get<std::uint64_t>());
  const auto end = static_cast<std::uint32_t>(lens.at("data").at("end").get<std::uint64_t>());
  const Span span{view.source, begin, end};
  const model::Inventory& inventory = *view.meaning.inventory;
  std::string title = "the policy has changed";
  for (const model::Rule& rule : view.meaning.policy.rules) {
    if (rule.span != span) continue;
    const auto end_of = [&](const model::Selector& selector) {
      if (selector.kind == model::Selector::Kind::World) return std::string("the world");
      const auto who = matched(selector, inventory);
      return who.empty() && model::matches(selector, {&inventory.world, {}}) ? std::string("the world")
                                                                             : number_of(who);
    };
    title = fmt::format("{} → {}", end_of(rule.source), end_of(rule.destination));
    break;
  }
  for (const model::Isolation& isolation : view.meaning.policy.isolations) {
    if (isolation.span == span) title = number_of(matched(isolation.subject, inventory));
  }
  lens["command"] = {{"title", std::move(title)}, {"command", ""}};
  return lens;
}

}  // namespace weft::lsp
