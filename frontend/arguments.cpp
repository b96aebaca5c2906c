#include "frontend/arguments.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/services.h"

namespace weft::frontend {
namespace {

using Kind = ast::Parameter::Kind;

bool fits(const ast::Argument& argument, Kind kind) {
  switch (kind) {
    case Kind::Group:
      return argument.selector.has_value();
    case Kind::Network:
      return argument.networks.has_value();
    case Kind::Service:
      return argument.services.has_value();
    case Kind::Tier:
      return argument.name.has_value();
    case Kind::String:
      return argument.text.has_value();
    case Kind::Label:
      return argument.key.has_value();
  }
  return false;
}

std::string_view description(const ast::Argument& argument) {
  if (argument.text) return "a text";
  if (argument.name && argument.key) return "a name";
  if (argument.name) return "a tier";
  if (argument.key) return "a label key";
  if (argument.services) return "a service";
  if (argument.networks) return "a network";
  if (argument.selector && std::holds_alternative<ast::Reference>(argument.selector->node)) return "a group";
  return "a selector";
}

// What to write instead.
void explain_kind(Diagnostic& diagnostic, const ast::Argument& argument, Kind kind) {
  switch (kind) {
    case Kind::Group:
      if (argument.networks && argument.networks->items.size() == 1) {
        diagnostic.fix("peers of the world by their address are written `world ADDRESS`",
                       {argument.span.source, argument.span.begin, argument.span.begin}, "world ",
                       Applicability::MaybeIncorrect);
      } else {
        diagnostic.suggest("a group is a selector, `app == \"web\"`, or the name of a group");
      }
      return;
    case Kind::Network:
      diagnostic.suggest("a network is written `10.0.0.0/8`, or is the name of one");
      return;
    case Kind::Service:
      diagnostic.suggest("a service is written `tcp/443`, or is the name of one");
      return;
    case Kind::String:
      if (argument.name) {
        diagnostic.fix("texts stand in double quotes", argument.span, in_quotes(argument.name->text),
                       Applicability::MaybeIncorrect);
      } else {
        diagnostic.suggest("texts stand in double quotes");
      }
      return;
    case Kind::Tier:
    case Kind::Label:
      if (argument.text && !argument.text->text.empty()) {
        diagnostic.fix("names stand without quotes", argument.span, spelled(argument.text->text),
                       Applicability::MaybeIncorrect);
      } else {
        diagnostic.suggest(kind == Kind::Tier ? "a tier is given by its name"
                                              : "a label key is written as in selectors: `app`, `ns.team`");
      }
      return;
  }
}

// What is given, in a word or two: the value itself where it is one word.
std::string given(const ast::Argument& argument) {
  if (argument.text) return argument.text->parameter ? "this" : marked(in_quotes(argument.text->text));
  if (argument.name) return marked(argument.name->text);
  if (argument.key) return marked(argument.key->text);
  return "this";
}

Diagnostic& report_wrong(const ast::Parameter& parameter, const ast::Argument& argument, std::string_view is,
                         Reporter& reporter) {
  Diagnostic& diagnostic = reporter.report(wrong_argument, argument.span, printable(parameter.name.text),
                                           with_article(*parameter.kind), given(argument), is);
  if (argument.span != parameter.initial.value_or(ast::Argument{}).span) {
    diagnostic.label(parameter.span, "the parameter");
  }
  return diagnostic;
}

bool check_kind(const ast::Parameter& parameter, const ast::Argument& argument, Reporter& reporter) {
  if (!parameter.kind || fits(argument, *parameter.kind)) return true;
  explain_kind(report_wrong(parameter, argument, description(argument), reporter), argument, *parameter.kind);
  return false;
}

// A name can be anything by its form; what is declared by it tells more.
bool check_name(const ast::Parameter& parameter, const ast::Argument& argument, const NamedThings& things,
                Reporter& reporter) {
  if (!parameter.kind || !argument.name) return true;
  const auto declared = things.find(argument.name->text);
  if (declared == things.end()) return true;
  const auto can_be = [&](const NamedThing& thing) {
    switch (*parameter.kind) {
      case Kind::Group:
        return thing.kind == Kind::Group || thing.kind == Kind::Network;
      case Kind::Network:
      case Kind::Service:
        return thing.kind == *parameter.kind || (*parameter.kind == Kind::Service && is_protocol(argument.name->text));
      default:
        return true;  // texts, tiers and label keys are no names of these
    }
  };
  if (std::ranges::any_of(declared->second, can_be)) return true;
  const NamedThing& thing = declared->second.front();
  report_wrong(parameter, argument, with_article(thing.kind), reporter)
      .label(thing.span, fmt::format("this is {}", with_article(thing.kind)));
  return false;
}

std::vector<std::string> names_of(const ast::TemplateStatement& pattern) {
  std::vector<std::string> out;
  for (const ast::Parameter& each : pattern.parameters) out.push_back(each.name.text);
  return out;
}

void report_unknown(const ast::UseStatement::Value& value, const ast::TemplateStatement& pattern, Reporter& reporter) {
  Diagnostic& diagnostic = reporter.report(unknown_parameter, value.parameter.span, printable(pattern.name.text),
                                           printable(value.parameter.text));
  const std::vector<std::string> known = names_of(pattern);
  if (const std::string near = nearest(value.parameter.text, known); !near.empty()) {
    did_you_mean(diagnostic, value.parameter.span, near);
  } else if (known.empty()) {
    diagnostic.label(pattern.name.span, "it has no parameters");
  } else {
    std::vector<std::string> shown;
    for (const ast::Parameter& each : pattern.parameters) {
      shown.push_back(marked(each.name.text) + (each.kind ? fmt::format(" ({})", with_article(*each.kind)) : ""));
    }
    diagnostic.suggest(fmt::format("its parameters are {}", fmt::join(shown, ", ")));
  }
}

// A tier need not be named where there is but one.
std::optional<ast::Argument> default_of(const ast::Parameter& parameter, const std::optional<ast::Name>& only_tier) {
  if (parameter.initial || parameter.kind != Kind::Tier || !only_tier) return parameter.initial;
  ast::Argument out;
  out.name = *only_tier;
  out.span = only_tier->span;
  return out;
}

}  // namespace

NamedThings named_things(std::span<const ast::File> files) {
  NamedThings out;
  for (const ast::File& file : files) {
    for (const ast::Statement& statement : file.statements) {
      if (const auto* it = std::get_if<ast::GroupStatement>(&statement)) {
        out[it->name.text].push_back({Kind::Group, it->name.span});
      } else if (const auto* network = std::get_if<ast::NetworkStatement>(&statement)) {
        out[network->name.text].push_back({Kind::Network, network->name.span});
      } else if (const auto* service = std::get_if<ast::ServiceStatement>(&statement)) {
        out[service->name.text].push_back({Kind::Service, service->name.span});
      }
    }
  }
  return out;
}

std::optional<Arguments> match(const ast::UseStatement& use, const ast::TemplateStatement& pattern,
                               Substitution* around, const std::optional<ast::Name>& only_tier,
                               const NamedThings& things, Reporter& reporter) {
  const std::size_t errors = reporter.errors();
  Arguments out;
  out.values.resize(pattern.parameters.size());
  std::map<std::string, Span, std::less<>> given;
  for (const ast::UseStatement::Value& value : use.values) {
    const auto parameter = std::ranges::find(pattern.parameters, value.parameter.text,
                                             [](const ast::Parameter& each) { return each.name.text; });
    if (parameter == pattern.parameters.end()) {
      report_unknown(value, pattern, reporter);
      continue;
    }
    if (const auto [first, fresh] = given.emplace(value.parameter.text, value.parameter.span); !fresh) {
      reporter
          .report(stated_twice, value.parameter.span, fmt::format("the value of `{}`", printable(value.parameter.text)))
          .label(first->second, "it is stated here already");
      continue;
    }
    ast::Argument argument = value.argument;
    if (around) around->apply(argument);
    if (!check_kind(*parameter, argument, reporter)) continue;
    if (!around && !check_name(*parameter, argument, things, reporter)) continue;
    out.values[static_cast<std::size_t>(parameter - pattern.parameters.begin())] = std::move(argument);
  }
  std::vector<std::string> missing;
  std::string first_kind;
  for (std::size_t i = 0; i < pattern.parameters.size(); ++i) {
    const ast::Parameter& parameter = pattern.parameters[i];
    if (out.values[i] || given.contains(parameter.name.text)) continue;
    out.values[i] = default_of(parameter, only_tier);
    if (out.values[i]) continue;
    if (missing.empty()) first_kind = parameter.kind ? with_article(*parameter.kind) : "a value";
    missing.push_back(marked(parameter.name.text));
  }
  if (!missing.empty() && reporter.errors() == errors) {
    reporter
        .report(missing_argument, use.name.span, printable(pattern.name.text),
                fmt::format("{}", fmt::join(missing, ", ")))
        .label(pattern.name.span, "the template")
        .suggest(fmt::format("it is {}: write `{} = …` between the parentheses", first_kind,
                             printable(missing.front().substr(1, missing.front().size() - 2))));
  }
  if (reporter.errors() != errors) return {};
  return out;
}

bool check_parameters(const ast::TemplateStatement& pattern, Reporter& reporter) {
  const std::size_t errors = reporter.errors();
  std::map<std::string, Span, std::less<>> names;
  for (const ast::Parameter& parameter : pattern.parameters) {
    if (const auto [first, fresh] = names.emplace(parameter.name.text, parameter.name.span); !fresh) {
      reporter.report(declared_twice, parameter.name.span, "parameter", marked(parameter.name.text))
          .label(first->second, "it is declared here already");
    }
    if (parameter.initial) check_kind(parameter, *parameter.initial, reporter);
  }
  const auto clash = [&](const ast::Name& name, std::string_view kind) {
    if (const auto found = names.find(name.text); found != names.end()) {
      reporter.report(declared_twice, name.span, kind, marked(name.text))
          .label(found->second, "it is a parameter already");
    }
  };
  for (const ast::BodyStatement& statement : pattern.body) {
    if (const auto* it = std::get_if<ast::GroupStatement>(&statement)) clash(it->name, "group");
    if (const auto* it = std::get_if<ast::NetworkStatement>(&statement)) clash(it->name, "network");
    if (const auto* it = std::get_if<ast::ServiceStatement>(&statement)) clash(it->name, "service");
  }
  const bool kinds_known =
      std::ranges::all_of(pattern.parameters, [](const auto& each) { return each.kind.has_value(); });
  return kinds_known && reporter.errors() == errors;
}

Arguments any_arguments(const ast::TemplateStatement& pattern, const std::optional<ast::Name>& only_tier) {
  Arguments out;
  for (const ast::Parameter& parameter : pattern.parameters) out.values.push_back(default_of(parameter, only_tier));
  return out;
}

std::vector<ast::Statement> bind_arguments(const ast::TemplateStatement& pattern, const Arguments& arguments,
                                           const ast::ExpansionPointer& expansion, Substitution& substitution) {
  std::vector<ast::Statement> out;
  for (std::size_t i = 0; i < pattern.parameters.size(); ++i) {
    const ast::Parameter& parameter = pattern.parameters[i];
    const std::optional<ast::Argument>& value = arguments.values[i];
    const Span span = value ? value->span : parameter.span;
    ast::Name name = parameter.name;
    name.local = substitution.local(name.text);
    Binding binding{parameter.kind, {}, {}, {}};
    switch (parameter.kind.value_or(Kind::Group)) {
      case Kind::Group: {
        ast::Selector meaning{ast::Unreadable{}, span};
        if (value) meaning = *value->selector;
        out.emplace_back(ast::GroupStatement{std::move(name), std::move(meaning), span, expansion});
        break;
      }
      case Kind::Network: {
        ast::Networks meaning{{}, span};
        if (value) meaning = *value->networks;
        out.emplace_back(ast::NetworkStatement{std::move(name), std::move(meaning), span, !value, expansion});
        break;
      }
      case Kind::Service: {
        ast::Services meaning{{}, span};
        if (value) meaning = *value->services;
        out.emplace_back(ast::ServiceStatement{std::move(name), std::move(meaning), span, !value, expansion});
        break;
      }
      case Kind::Tier:
        binding.tier = value ? *value->name : name;
        break;
      case Kind::String:
        if (value) binding.text = value->text;
        if (!value) binding.text = ast::Text{"", parameter.span, true};
        break;
      case Kind::Label:
        if (value) binding.key = value->key;
        if (!value) binding.key = ast::Key{{}, parameter.name, false, parameter.name.text, parameter.span, true};
        break;
    }
    substitution.bind(parameter.name.text, std::move(binding));
  }
  return out;
}

}  // namespace weft::frontend
