#include "lsp/hover.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "frontend/meaning.h"
#include "frontend/place.h"
#include "frontend/words.h"
#include "lsp/describe.h"
#include "lsp/diagnostics.h"
#include "lsp/vocabulary.h"
#include "model/moment.h"

namespace weft::lsp {

using frontend::Occurrence;
using frontend::Symbol;
namespace ast = frontend::ast;

namespace {

constexpr std::size_t most_names = 8;

std::string code(std::string_view text) { return fmt::format("```weft\n{}\n```", text); }

/// The paragraphs of one answer.
class Answer {
 public:
  explicit Answer(const View& view) : view_(view) {}

  void add(std::string paragraph) {
    if (!paragraph.empty()) paragraphs_.push_back(std::move(paragraph));
  }
  Json json(Span span) const {
    if (paragraphs_.empty()) return {};
    const std::string text = fmt::format("{}", fmt::join(paragraphs_, "\n\n"));
    return {{"contents", {{"kind", view_.client.markdown ? "markdown" : "plaintext"}, {"value", text}}},
            {"range", view_.atlas.range(span)}};
  }

 private:
  const View& view_;
  std::vector<std::string> paragraphs_;
};

class Hoverer {
 public:
  explicit Hoverer(const View& view) : view_(view), policy_(view.meaning.policy), answer_(view) {}

  Json at(std::uint32_t offset) {
    if (view_.file() == nullptr) return {};
    const frontend::Place place = frontend::place_in(*view_.file(), offset);
    if (const Occurrence* here = view_.symbols().at(view_.source, offset)) {
      name(*here, place);
      return answer_.json(here->span);
    }
    if (place.rule != nullptr && offset < place.rule->edge.source.span.begin) {
      rule(*place.rule);
      return answer_.json(place.rule->span);
    }
    if (place.assertion != nullptr && offset < place.assertion->edge.source.span.begin) {
      claim(*place.assertion);
      return answer_.json(place.assertion->span);
    }
    if (place.isolation != nullptr && offset < place.isolation->subject.span.begin) {
      isolation(*place.isolation);
      return answer_.json(place.isolation->span);
    }
    if (place.selector != nullptr) {
      if (place.pattern == nullptr) selector(frontend::meaning_of(view_.files, *place.selector));
      return answer_.json(place.selector->span);
    }
    if (place.services != nullptr) {
      if (place.pattern == nullptr) services(frontend::meaning_of(view_.files, *place.services), place);
      return answer_.json(place.services->span);
    }
    return word(offset);
  }

 private:
  // ---- names

  void name(const Occurrence& it, const frontend::Place& place) {
    const Symbol& symbol = it.symbol;
    const Occurrence* declared = view_.symbols().declaration(symbol);
    if (declared != nullptr) answer_.add(code(text_of(*declared)));
    if (declared != nullptr) answer_.add(comment_above(declared->span));
    switch (symbol.kind) {
      case Symbol::Kind::Selector:
        if (!symbol.scope.empty()) break;
        for (const model::Group& group : policy_.groups) {
          if (group.name != symbol.name) continue;
          selector(group.selector);
          break;
        }
        break;
      case Symbol::Kind::Service:
        if (symbol.scope.empty()) services(service_named(symbol.name), place);
        break;
      case Symbol::Kind::Label:
        label(symbol.name);
        break;
      case Symbol::Kind::Value:
        value(symbol.scope, symbol.name);
        break;
      case Symbol::Kind::Port:
        if (place.services != nullptr && place.pattern == nullptr) {
          services(frontend::meaning_of(view_.files, *place.services), place);
        }
        break;
      case Symbol::Kind::Tier:
        tier(symbol.name);
        break;
      case Symbol::Kind::Policy:
        policy(symbol);
        break;
      case Symbol::Kind::Parameter:
        answer_.add(fmt::format("a parameter of the template `{}`", symbol.scope));
        break;
      default:
        break;
    }
    if (declared != nullptr && declared->span.source != view_.source) {
      answer_.add(fmt::format("declared in `{}`", view_.meaning.sources[declared->span.source].name()));
    }
  }

  // The statement or header that declares it, as it is written.
  std::string text_of(const Occurrence& declared) const {
    for (const ast::File& file : view_.files) {
      if (file.source != declared.span.source) continue;
      const frontend::Place place = frontend::place_in(file, declared.span.begin);
      Span best = declared.span;
      for (auto span = place.spans.rbegin(); span != place.spans.rend(); ++span) {
        if (span->end - span->begin <= declared.span.end - declared.span.begin) continue;
        best = *span;
        break;
      }
      constexpr std::size_t most = 2000;
      return std::string(view_.meaning.sources.text(best).substr(0, most));
    }
    return {};
  }

  // What stands in comments right above a declaration, a blank line ends it.
  std::string comment_above(Span span) const {
    const Lines& lines = view_.atlas.lines(span.source);
    std::vector<std::string> out;
    for (std::uint32_t line = lines.position(span.begin).line; line > 0; --line) {
      std::string_view text = lines.line(line - 1);
      text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
      if (!text.starts_with("//")) break;
      text.remove_prefix(2);
      if (text.starts_with(' ')) text.remove_prefix(1);
      out.insert(out.begin(), std::string(text));
    }
    return fmt::format("{}", fmt::join(out, "\n"));
  }

  model::PortSet service_named(const std::string& name) const {
    for (const ast::File& file : view_.files) {
      for (const ast::Statement& statement : file.statements) {
        const auto* it = std::get_if<ast::ServiceStatement>(&statement);
        if (it != nullptr && it->name.text == name) return frontend::meaning_of(view_.files, it->services);
      }
    }
    return {};
  }

  static std::optional<model::LabelKey> key_of(const std::string& name) {
    if (name == "ns" || name == "sa" || name == "cluster") return model::LabelKey{model::KeyScope::Identity, name};
    if (name.starts_with("ns.")) return model::keys::of_namespace(name.substr(3));
    if (name.starts_with("node.")) return model::keys::of_node(name.substr(5));
    return model::keys::of_workload(name);
  }

  void label(const std::string& name) {
    const auto key = key_of(name);
    const auto domain = policy_.schema.find(*key);
    if (key->scope == model::KeyScope::Identity) answer_.add(fmt::format("`{}` is there without being declared", name));
    if (domain == policy_.schema.end()) return answer_.add(fmt::format("`{}` is not declared", name));
    std::map<std::string, std::size_t> values;
    for (const model::Instance& instance : view_.meaning.inventory->instances) {
      if (instance.host) continue;
      if (const auto label = instance.peer.labels.find(*key); label != instance.peer.labels.end())
        ++values[label->second];
    }
    if (values.empty()) {
      if (view_.meaning.has_inventory) answer_.add("nobody in the inventory has it");
      return;
    }
    std::vector<std::string> shown;
    for (const auto& [text, count] : values) {
      if (shown.size() == most_names) break;
      shown.push_back(fmt::format("{} ({})", in_quotes(text), count));
    }
    std::string out =
        fmt::format("{} in the inventory: {}", counted(values.size(), "value", "values"), fmt::join(shown, ", "));
    if (values.size() > most_names) out += fmt::format(" and {} more", values.size() - most_names);
    answer_.add(std::move(out));
  }

  void value(const std::string& key_name, const std::string& text) {
    const auto key = key_of(key_name);
    selector(model::Selector::equals(*key, text));
  }

  void tier(const std::string& name) {
    for (std::size_t i = 0; i < policy_.tiers.size(); ++i) {
      if (policy_.tiers[i].name != name) continue;
      std::vector<std::string> blocks;
      for (const model::PolicyBlock& block : policy_.blocks) {
        if (static_cast<std::size_t>(block.tier) == i) blocks.push_back(fmt::format("`{}`", block.name));
      }
      answer_.add(fmt::format("tier {} of {}; policies: {}", i + 1, policy_.tiers.size(),
                              blocks.empty() ? "none" : fmt::format("{}", fmt::join(blocks, ", "))));
    }
  }

  void policy(const Symbol& symbol) {
    for (std::size_t i = 0; i < policy_.blocks.size(); ++i) {
      const model::PolicyBlock& block = policy_.blocks[i];
      const bool from_template = !symbol.scope.empty() && block.name.ends_with("/" + symbol.name);
      if (block.name != symbol.name && !from_template) continue;
      const auto rules = static_cast<std::size_t>(std::ranges::count_if(
          policy_.rules, [&](const model::Rule& rule) { return static_cast<std::size_t>(rule.block) == i; }));
      std::string out =
          fmt::format("`{}`: {} in tier `{}`", block.name, counted(rules, "rule", "rules"), policy_[block.tier].name);
      if (!block.owner.empty()) out += fmt::format(", owner {}", in_quotes(block.owner));
      answer_.add(std::move(out));
    }
  }

  // ---- what rules and claims say

  void selector(const model::Selector& it) {
    answer_.add(in_words(it));
    if (view_.meaning.has_inventory) answer_.add(named(matched(it, *view_.meaning.inventory), most_names));
  }

  void services(const model::PortSet& ports, const frontend::Place& place) {
    std::vector<const model::Instance*> destinations;
    if (!ports.names.empty()) {
      const ast::Edge* edge = place.rule != nullptr        ? &place.rule->edge
                              : place.assertion != nullptr ? &place.assertion->edge
                                                           : nullptr;
      const model::Selector all =
          edge == nullptr ? model::Selector::any() : frontend::meaning_of(view_.files, edge->destination);
      destinations = matched(all, *view_.meaning.inventory);
    }
    answer_.add(services_in_words(ports, destinations));
  }

  std::string end_in_words(const model::Selector& it) const {
    std::string out = in_words(it);
    if (view_.meaning.has_inventory)
      out += fmt::format(" ({})", named(matched(it, *view_.meaning.inventory), most_names));
    return out;
  }

  void rule(const ast::RuleStatement& statement) {
    bool known = false;
    for (const model::Rule& it : policy_.rules) {
      if (it.span != statement.span || std::exchange(known, true)) continue;
      const char* verdict = it.verdict == model::Verdict::Allow  ? "allows"
                            : it.verdict == model::Verdict::Deny ? "denies"
                                                                 : "passes on";
      answer_.add(fmt::format("**{}** flows in tier `{}`, policy `{}`", verdict, policy_[it.tier].name,
                              policy_[it.block].name));
      answer_.add(fmt::format("- from {}\n- to {}\n- for {}", end_in_words(it.source), end_in_words(it.destination),
                              services_in_words(it.ports, matched(it.destination, *view_.meaning.inventory))));
      if (!it.at_source) answer_.add("speaks at the gate of the destination only");
      if (!it.at_destination) answer_.add("speaks at the gate of the source only");
      if (it.audit) answer_.add("audited: it is recorded what it would decide, and it decides nothing");
      if (it.expires)
        answer_.add(fmt::format("{} {}", *it.expires <= view_.meaning.now ? "expired on" : "in force until",
                                model::to_string(*it.expires)));
    }
    findings(statement.span);
  }

  void isolation(const ast::IsolateStatement& statement) {
    for (const model::Isolation& it : policy_.isolations) {
      if (it.span != statement.span) continue;
      answer_.add(fmt::format("denies what no rule of tier `{}` decides, {}", policy_[it.tier].name,
                              it.egress && it.ingress ? "coming in and going out"
                              : it.ingress            ? "coming in"
                                                      : "going out"));
      answer_.add(end_in_words(it.subject));
      break;
    }
    findings(statement.span);
  }

  void claim(const ast::AssertionStatement& statement) {
    answer_.add(std::string(what_it_does(statement.never ? "never" : "always")));
    answer_.add(proof_state(view_, statement));
    findings(statement.span);
  }

  void findings(Span span) {
    for (const Diagnostic* each : findings_of(view_.known)) {
      const bool here =
          each->span == span || std::ranges::any_of(each->labels, [&](const Label& it) { return it.span == span; });
      if (!here || !each->span) continue;
      std::string out = fmt::format("{}: {}", each->code, each->message);
      for (const std::string& note : each->notes) out += "\n- " + note;
      answer_.add(std::move(out));
    }
  }

  Json word(std::uint32_t offset) {
    const Lines& lines = view_.atlas.lines(view_.source);
    const std::uint32_t line = lines.position(offset).line;
    for (const frontend::Word& it : frontend::words_of(lines.line(line))) {
      const std::uint32_t begin = lines.start(line) + it.begin, end = lines.start(line) + it.end;
      if (offset < begin || offset > end || it.kind == frontend::Word::Kind::Comment) continue;
      answer_.add(std::string(what_it_does(view_.text().substr(begin, end - begin))));
      return answer_.json({view_.source, begin, end});
    }
    return {};
  }

  const View& view_;
  const model::Policy& policy_;
  Answer answer_;
};

}  // namespace

std::string proof_state(const View& view, const ast::AssertionStatement& claim) {
  const model::Policy& policy = view.meaning.policy;
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) {
    if (policy.assertions[i].span != claim.span) continue;
    if (!view.known.verdicts) return view.meaning.understood ? "being proved" : "not proved: the policy has errors";
    const verifier::Answer& answer = view.known.verdicts->report.assertions[i].answer;
    if (const auto* proved = std::get_if<verifier::Proved>(&answer)) {
      return fmt::format("{}: {}", proved->vacuous ? "proves nothing" : "proved", proved->why);
    }
    if (const auto* refuted = std::get_if<verifier::Refuted>(&answer)) {
      return fmt::format("broken by {}", verifier::describe(refuted->witness));
    }
    return fmt::format("undecided: {}", std::get<verifier::Undecided>(answer).why);
  }
  return {};
}

Json hover(const View& view, std::uint32_t offset) { return Hoverer(view).at(offset); }

}  // namespace weft::lsp
