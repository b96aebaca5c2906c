#include "lsp/open_hierarchy.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "frontend/meaning.h"
#include "frontend/place.h"
#include "lsp/describe.h"
#include "verifier/box.h"
#include "verifier/prover.h"
#include "verifier/universe.h"

namespace weft::lsp {

using frontend::Occurrence;
using frontend::Symbol;
using model::Direction;
namespace ast = frontend::ast;

namespace {

constexpr int interface_kind = 11;  // SymbolKind

Json item(const View& view, std::string name, const std::string& detail, Span place, Json open) {
  std::erase(name, '`');
  Json range = view.atlas.range(place);
  return {{"name", std::move(name)},
          {"kind", interface_kind},
          {"detail", detail},
          {"uri", view.atlas.uri(place.source)},
          {"range", range},
          {"selectionRange", range},
          {"data", {{"open", std::move(open)}}}};
}

std::optional<std::uint32_t> number(const Json& json) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > UINT32_MAX) return {};
  return json.get<std::uint32_t>();
}

// Whom an item means in the policy of now.
model::Selector meant_by(const View& view, const Json& open) {
  const model::Policy& policy = view.meaning.policy;
  if (says(open, "anybody")) return model::Selector::any();
  if (const Json& name = member(open, "group"); name.is_string()) {
    const auto group = std::ranges::find(policy.groups, name.get_ref<const std::string&>(), &model::Group::name);
    if (group != policy.groups.end()) return group->selector;
  }
  const auto begin = number(member(open, "begin")), end = number(member(open, "end")),
             rule = number(member(open, "rule"));
  if (begin && end && rule && *rule < policy.rules.size()) {
    const model::Rule& it = policy.rules[*rule];
    if (it.span.begin == *begin && it.span.end == *end) return says(open, "source") ? it.source : it.destination;
  } else if (begin && end && !rule && view.file() != nullptr) {
    const frontend::Place place = frontend::place_in(*view.file(), *begin);
    const bool same =
        place.selector != nullptr && place.selector->span.begin == *begin && place.selector->span.end == *end;
    if (same && place.pattern == nullptr) return frontend::meaning_of(view.files, *place.selector);
  }
  throw RequestError{error_code::content_modified, "the policy has changed since"};
}

// An end of a rule as it is written.
std::string words_of(const View& view, const model::Rule& rule, bool source) {
  const model::Selector& selector = source ? rule.source : rule.destination;
  if (!rule.used_at) {
    for (const ast::File& file : view.files) {
      if (file.source != rule.span.source) continue;
      const frontend::Place place = frontend::place_in(file, rule.span.begin);
      if (place.rule == nullptr) break;
      const auto& end = source ? place.rule->edge.source : place.rule->edge.destination;
      return std::string(view.meaning.sources.text(end.span));
    }
  }
  return in_words(selector);
}

/// Somebody who may perhaps be reached, or reach: the claim that it cannot be, and what to say if that is broken.
struct Candidate {
  model::Assertion claim;
  std::string detail;
  Json call;  ///< its item still without the example
};

/// All that is asked about one item. It sees nothing of the server's.
class OpenCalls {
 public:
  OpenCalls(const View& view, const Json& open, Direction direction)
      : view_(view), asked_(meant_by(view, open)), in_(direction == Direction::Ingress), policy_(view.meaning.policy) {
    policy_.assertions.clear();
  }

  // Those whom rules let through; what no rule decides comes last.
  void add_rules() {
    for (std::size_t i = 0; i < policy_.rules.size(); ++i) {
      const model::Rule& rule = policy_.rules[i];
      if (rule.verdict != model::Verdict::Allow || rule.audit) continue;
      if (rule.expires && *rule.expires <= view_.meaning.now) continue;
      Span place = rule.span;
      if (view_.atlas.uri(place.source).empty()) place = rule.used_at.value_or(Span{view_.source, 0, 0});
      Json open{{"rule", i}, {"begin", rule.span.begin}, {"end", rule.span.end}, {"source", in_}};
      // Of those asked about, only whom the rule speaks of.
      const model::Selector here = model::Selector::all_of({asked_, in_ ? rule.destination : rule.source});
      model::Assertion claim = never(in_ ? rule.source : here, in_ ? here : rule.destination, rule.ports);
      claim.relations = rule.relations;
      add(std::move(claim), fmt::format("{}, by {}", model::to_string(rule.ports), policy_[rule.block].name),
          item(view_, words_of(view_, rule, in_), "", place, std::move(open)), place);
    }
  }

  Candidate anybody() const {
    const Span place{view_.source, 0, 0};
    model::PortSet all;
    all.points = model::PointSet::any();
    Json other = item(view_, "anybody", "", place, {{"anybody", true}});
    return {never(in_ ? model::Selector::any() : asked_, in_ ? asked_ : model::Selector::any(), std::move(all)),
            "where no rule decides, by the profile", call(std::move(other), place)};
  }

  Errands::Work work() && {
    std::vector<Candidate> candidates = std::move(candidates_);
    std::optional<Candidate> others;
    if (policy_.profile.allow_by_default) others = anybody();
    return [policy = std::move(policy_), candidates = std::move(candidates), others = std::move(others),
            now = view_.meaning.now](verifier::Cancellation& cancellation) mutable {
      verifier::Options options;
      options.now = now;
      options.cancellation = &cancellation;
      Json out = proved(policy, std::move(candidates), options);
      if (others) {
        // An allow more never takes a flow away: what passes without them passes by the profile.
        std::erase_if(policy.rules, [](const model::Rule& rule) { return rule.verdict == model::Verdict::Allow; });
        std::vector<Candidate> one;
        one.push_back(std::move(*others));
        for (Json& each : proved(policy, std::move(one), options)) out.push_back(std::move(each));
      }
      return out;
    };
  }

 private:
  static model::Assertion never(model::Selector source, model::Selector destination, model::PortSet ports) {
    model::Assertion out;
    out.kind = model::Assertion::Kind::Never;
    out.source = std::move(source);
    out.destination = std::move(destination);
    out.ports = std::move(ports);
    return out;
  }

  Json call(Json other, Span place) const {
    return {{in_ ? "from" : "to", std::move(other)}, {"fromRanges", Json::array({view_.atlas.range(place)})}};
  }

  void add(model::Assertion claim, std::string detail, Json other, Span place) {
    candidates_.push_back({std::move(claim), std::move(detail), call(std::move(other), place)});
  }

  static Json proved(model::Policy& policy, std::vector<Candidate> candidates, const verifier::Options& options) {
    policy.assertions.clear();
    for (const Candidate& each : candidates) policy.assertions.push_back(each.claim);
    const verifier::Universe universe(policy, nullptr);
    verifier::Prover prover(policy, universe, options);
    Json out = Json::array();
    for (std::size_t i = 0; i < candidates.size() && !verifier::cancelled(options.cancellation); ++i) {
      const model::Assertion& claim = candidates[i].claim;
      // A rule that speaks of none of those who are asked about takes no solver.
      if (verifier::Cover(universe, claim.source).empty() || verifier::Cover(universe, claim.destination).empty())
        continue;
      const verifier::Answer now = prover.holds(i).front().answer;
      if (std::holds_alternative<verifier::Proved>(now)) continue;
      std::string detail = candidates[i].detail;
      if (const auto* shown = std::get_if<verifier::Refuted>(&now)) {
        detail += fmt::format("; for example {}", verifier::describe(shown->witness));
      } else {
        detail += fmt::format("; perhaps: {}", std::get<verifier::Undecided>(now).why);
      }
      Json& call = candidates[i].call;
      (call.contains("from") ? call["from"] : call["to"])["detail"] = std::move(detail);
      out.push_back(std::move(call));
    }
    if (!prover.internal_errors().empty())
      throw RequestError{error_code::internal_error, prover.internal_errors().front()};
    return out;
  }

  const View& view_;
  model::Selector asked_;
  bool in_;
  model::Policy policy_;
  std::vector<Candidate> candidates_;
};

}  // namespace

Json prepare_open_hierarchy(const View& view, std::uint32_t offset) {
  if (view.file() == nullptr) return {};
  const Occurrence* here = view.symbols().at(view.source, offset);
  if (here != nullptr && here->symbol.kind == Symbol::Kind::Selector && here->symbol.scope.empty()) {
    for (const model::Group& group : view.meaning.policy.groups) {
      if (group.name != here->symbol.name) continue;
      return Json::array({item(view, group.name, in_words(group.selector), here->span, {{"group", group.name}})});
    }
    return {};
  }
  const frontend::Place place = frontend::place_in(*view.file(), offset);
  if (place.selector == nullptr || place.pattern != nullptr) return {};
  const Span span = place.selector->span;
  const model::Selector selector = frontend::meaning_of(view.files, *place.selector);
  return Json::array({item(view, std::string(view.meaning.sources.text(span)), in_words(selector), span,
                           {{"begin", span.begin}, {"end", span.end}})});
}

bool is_open_item(const Json& item) { return member(item, "data/open").is_object(); }

Errands::Work open_calls(const View& view, const Json& item, Direction direction) {
  if (!view.meaning.understood)
    throw RequestError{error_code::request_failed, "the policy has errors: they come first"};
  OpenCalls calls(view, member(item, "data/open"), direction);
  calls.add_rules();
  return std::move(calls).work();
}

}  // namespace weft::lsp
