#include "frontend/clauses.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "model/evaluate.h"
#include "model/moment.h"

namespace weft::frontend {
namespace {

using Value = ast::Annotation::Value;

// What `@expect(…)` can silence.
constexpr std::array<std::string_view, 3> expectable{"conflict", "dead", "redundant"};

constexpr std::array<std::string_view, 5> obligation_kinds{"http", "grpc", "dns", "mutual-auth", "sni"};

template <std::size_t size>
std::vector<std::string> listed(const std::array<std::string_view, size>& words) {
  return {words.begin(), words.end()};
}

// Policy text states its times in UTC, in whole seconds.
std::optional<model::Moment> moment(std::string_view text) {
  if (text.find_first_not_of("0123456789-T:Z") != std::string_view::npos) return {};
  const auto read = model::parse_moment(text);
  return read ? std::optional(*read) : std::nullopt;
}

}  // namespace

// ---- annotations

std::vector<model::Annotation> ClauseResolver::annotations(const std::vector<ast::Annotation>& written,
                                                           Subject subject) {
  std::vector<model::Annotation> out;
  out.reserve(written.size());
  for (const ast::Annotation& each : written) {
    check(each, subject);
    const bool once = each.name.text == "id" || each.name.text == "owner" || each.name.text == "review_by";
    const auto first = std::ranges::find(out, each.name.text, &model::Annotation::name);
    if (once && first != out.end()) {
      reporter_.report(stated_twice, each.span, fmt::format("`@{}`", each.name.text))
          .label(first->span, "it is stated here already");
    }
    model::Annotation annotation{each.name.text, {}, each.span};
    for (const Value& value : each.values) annotation.values.push_back(value.text);
    out.push_back(std::move(annotation));
  }
  return out;
}

void ClauseResolver::check(const ast::Annotation& annotation, Subject subject) {
  for (const Value& value : annotation.values) {
    if (value.kind == Value::Kind::Date && !moment(value.text)) report_bad_date(value.text, value.span);
  }
  const std::string& name = annotation.name.text;
  const auto wants = [&](std::string_view what, std::string_view example) {
    reporter_.report(bad_annotation, annotation.span, name, what)
        .suggest(fmt::format("it is written `@{}({})`", name, example));
  };
  const bool one = annotation.values.size() == 1;
  const auto is = [&](Value::Kind kind) { return one && annotation.values.front().kind == kind; };
  if (name == "id") {
    if (!is(Value::Kind::Word)) wants("one name", "NAME");
    if (subject != Subject::Rule) reporter_.report(rules_only, annotation.span, name);
  } else if (name == "owner") {
    if (!is(Value::Kind::Text) && !is(Value::Kind::Word)) wants("one text", "\"TEXT\"");
  } else if (name == "review_by") {
    if (!is(Value::Kind::Date)) wants("one date", "YYYY-MM-DD");
  } else if (name == "expect") {
    if (subject != Subject::Rule) reporter_.report(rules_only, annotation.span, name);
    if (annotation.values.empty()) wants("what is expected", expectable.front());
    for (const Value& value : annotation.values) {
      if (std::ranges::find(expectable, value.text) != expectable.end()) continue;
      Diagnostic& diagnostic = reporter_.report(unknown_expectation, value.span, printable(value.text));
      if (const std::string near = nearest(value.text, listed(expectable)); !near.empty()) {
        did_you_mean(diagnostic, value.span, near);
      } else {
        diagnostic.suggest(fmt::format("what can be expected: {}", fmt::join(expectable, ", ")));
      }
    }
  }
}

const ast::Annotation::Value* ClauseResolver::id(const std::vector<ast::Annotation>& written) {
  for (const ast::Annotation& each : written) {
    if (each.name.text == "id" && each.values.size() == 1 && each.values.front().kind == Value::Kind::Word) {
      return &each.values.front();
    }
  }
  return nullptr;
}

// ---- clauses

std::vector<model::Relation> ClauseResolver::relations(const std::vector<ast::Relation>& written) {
  std::vector<model::Relation> out;
  out.reserve(written.size());
  for (const ast::Relation& each : written) {
    auto left = declarations_.declared_key(each.left.key);
    auto right = declarations_.declared_key(each.right.key);
    if (each.left.source == each.right.source) {
      const std::string_view end = each.left.source ? "source" : "destination";
      const std::string_view other = each.left.source ? "destination" : "source";
      const Span place{each.right.span.source, each.right.span.begin,
                       each.right.span.begin + static_cast<std::uint32_t>(end.size())};
      reporter_.report(one_sided, each.span, end)
          .fix(fmt::format("compare with the {}", other), place, std::string(other), Applicability::MaybeIncorrect);
      continue;
    }
    if (!left || !right) continue;
    if (!each.left.source) std::swap(left, right);
    model::Relation relation{std::move(*left), std::move(*right), each.equal};
    if (std::ranges::find(out, relation) == out.end()) out.push_back(std::move(relation));
  }
  return out;
}

std::vector<model::Obligation> ClauseResolver::obligations(const std::vector<ast::Obligation>& written) {
  std::vector<model::Obligation> out;
  out.reserve(written.size());
  for (const ast::Obligation& each : written) {
    if (std::ranges::find(obligation_kinds, each.kind.text) == obligation_kinds.end()) {
      Diagnostic& diagnostic = reporter_.report(unknown_obligation, each.kind.span, printable(each.kind.text));
      const std::string near = nearest(each.kind.text, listed(obligation_kinds));
      if (!near.empty()) {
        did_you_mean(diagnostic, each.kind.span, near);
      } else {
        diagnostic.suggest(fmt::format("what can be required: {}", fmt::join(obligation_kinds, ", ")));
      }
    }
    model::Obligation obligation{each.kind.text, {}, each.span};
    for (const ast::Obligation::Detail& detail : each.details) {
      for (const auto& [key, value] : obligation.details) {
        if (key == detail.key.text) reporter_.report(stated_twice, detail.key.span, marked(detail.key.text));
      }
      obligation.details.emplace_back(detail.key.text, detail.value.text);
    }
    out.push_back(std::move(obligation));
  }
  return out;
}

std::optional<model::Moment> ClauseResolver::deadline(const ast::Literal& written) {
  const auto when = moment(written.text);
  if (!when) {
    report_bad_date(written.text, written.span);
  } else if (now_ != model::before_all && *when <= now_) {
    reporter_
        .report(expired, written.span, written.text,
                *when == now_ ? "has come: the rule holds before it, and no longer"
                              : fmt::format("has passed: it is {}", to_string(now_)))
        .suggest("remove the rule, or give it a later deadline");
  }
  return when;
}

void ClauseResolver::report_bad_date(const std::string& text, Span span) {
  reporter_.report(bad_date, span, printable(text.substr(0, 40)))
      .suggest("dates are written `2027-01-31` or, with a time in UTC, `2027-01-31T08:30:00Z`");
}

}  // namespace weft::frontend
