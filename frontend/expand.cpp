#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/text.h"
#include "frontend/arguments.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "frontend/substitution.h"
#include "frontend/templates.h"

namespace weft::frontend {
namespace {

// The one tier of a policy with no more than one. Where some may be lost, it is one that nobody misses.
std::optional<ast::Name> only_tier(std::span<const ast::File> files) {
  for (const ast::File& file : files) {
    if (file.lost.tier) return ast::Name{"main", {}, false, "\n"};
  }
  for (const ast::File& file : files) {
    for (const ast::Statement& statement : file.statements) {
      const auto* tiers = std::get_if<ast::TiersStatement>(&statement);
      if (tiers && tiers->names.size() == 1) return tiers->names.front();
      if (tiers) return {};
    }
  }
  return ast::Name{"main", {}};
}

std::size_t statements_in(const ast::BodyStatement& statement) {
  if (const auto* it = std::get_if<ast::PolicyStatement>(&statement)) return 1 + it->items.size();
  if (const auto* it = std::get_if<ast::TestStatement>(&statement)) return 1 + it->expectations.size();
  return 1;
}

class Expander {
 public:
  Expander(std::span<const ast::File> files, Reporter& reporter)
      : reporter_(reporter), templates_(files, reporter), things_(named_things(files)), only_tier_(only_tier(files)) {}

  // Every template by itself: what is wrong with it is told without a use.
  std::vector<ast::File> try_out() {
    std::vector<ast::File> out;
    for (const Templates::Template* each : templates_.all()) {
      if (!each->sound) continue;
      const auto expansion = std::make_shared<const ast::Expansion>(
          ast::Expansion{each->statement->name.text, each->statement->span, nullptr, true});
      Substitution substitution(*each->statement, each->statement->name.text, true, reporter_);
      ast::File trial;
      trial.source = each->statement->span.source;
      trial.trial = true;
      trial.statements =
          bind_arguments(*each->statement, any_arguments(*each->statement, only_tier_), expansion, substitution);
      add_body(*each, expansion, substitution, 0, trial.statements);
      // The vocabulary of a standard module may be another where nothing of it is used.
      if (!each->library) out.push_back(std::move(trial));
    }
    return out;
  }

  void use(const ast::UseStatement& statement, std::vector<ast::Statement>& out) {
    outermost_ = statement.span;
    use(statement, nullptr, nullptr, 0, out);
  }

  /// True if some use made nothing, so that the names of its policies are not there.
  bool lost() const { return lost_; }

 private:
  using Place = std::tuple<SourceId, std::uint32_t>;
  static Place place_of(Span span) { return {span.source, span.begin}; }

  // `around` is the expansion this use stands in.
  void use(const ast::UseStatement& statement, Substitution* around, const ast::ExpansionPointer& outer,
           std::size_t depth, std::vector<ast::Statement>& out) {
    // What is wrong with a use in a template is wrong in each of its expansions, and told once.
    if (refused_.contains(place_of(statement.span))) return;
    const Templates::Template* pattern = templates_.find(statement);
    if (!pattern || !pattern->sound) {
      lost_ = true;
      return;
    }
    if (depth > Limits::nesting) {
      refuse(statement);
      reporter_.report(too_deep, statement.name.span, Limits::nesting);
      return;
    }
    const auto arguments = match(statement, *pattern->statement, around, only_tier_, things_, reporter_);
    if (!arguments || !take_name(statement, around)) return refuse(statement);

    const bool trial = around && around->trial();
    const std::string& name = statement.alias ? statement.alias->text : statement.name.text;
    Substitution substitution(*pattern->statement, around ? around->place() + "/" + name : name, trial, reporter_);
    const auto expansion = std::make_shared<const ast::Expansion>(
        ast::Expansion{pattern->statement->name.text, statement.span, outer, trial});
    const Span use = statement.span;
    const Span body = pattern->statement->span;
    const std::uint32_t body_end = pattern->statement->close.value_or(body).end;
    if (!room_for(1 + pattern->statement->parameters.size(), use.end - use.begin + body_end - body.begin, trial))
      return;
    std::vector<ast::Statement> arguments_made =
        bind_arguments(*pattern->statement, *arguments, expansion, substitution);
    std::ranges::move(arguments_made, std::back_inserter(out));
    // In a trial the template is tried out by itself.
    if (!trial) add_body(*pattern, expansion, substitution, depth, out);
  }

  void add_body(const Templates::Template& pattern, const ast::ExpansionPointer& expansion, Substitution& substitution,
                std::size_t depth, std::vector<ast::Statement>& out) {
    for (const ast::BodyStatement& statement : pattern.statement->body) {
      if (const auto* inner = std::get_if<ast::UseStatement>(&statement)) {
        use(*inner, &substitution, expansion, depth + 1, out);
        continue;
      }
      // The tests of a module are its own.
      if (pattern.library && std::holds_alternative<ast::TestStatement>(statement)) continue;
      if (!room_for(statements_in(statement), 0, substitution.trial())) return;
      std::visit(
          [&](const auto& it) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(it)>, ast::UseStatement>) {
              auto copy = it;
              substitution.apply(copy);
              copy.expansion = expansion;
              out.emplace_back(std::move(copy));
            }
          },
          statement);
    }
  }

  void refuse(const ast::UseStatement& statement) {
    refused_.insert(place_of(statement.span));
    lost_ = true;
  }

  // What comes out of a use is called by its name, so no two uses may share one.
  bool take_name(const ast::UseStatement& statement, const Substitution* around) {
    const ast::Name& name = statement.alias ? *statement.alias : statement.name;
    const std::string before = around ? around->place() + (around->trial() ? "\n" : "/") : "";
    const auto [first, fresh] = names_.emplace(before + name.text, name.span);
    if (fresh) return true;
    int number = 2;
    while (names_.contains(fmt::format("{}{}_{}", before, name.text, number))) ++number;
    const std::string free = fmt::format("{}_{}", name.text, number);
    Diagnostic& diagnostic = reporter_.report(use_name_taken, name.span, printable(name.text));
    diagnostic.label(first->second, "this one");
    const std::string title = fmt::format("give it a name of its own: `as {}`", printable(spelled(free)));
    if (statement.alias) {
      diagnostic.fix(title, name.span, spelled(free), Applicability::MaybeIncorrect);
    } else {
      const Span end{statement.span.source, statement.span.end, statement.span.end};
      diagnostic.fix(title, end, " as " + spelled(free), Applicability::MaybeIncorrect);
    }
    names_.emplace(before + free, name.span);
    return false;
  }

  // Few statements may be long ones: what is copied counts as well.
  bool room_for(std::size_t statements, std::size_t bytes, bool trial) {
    if (trial) return true;  // at most what the templates say
    made_ += statements;
    bytes_ += bytes;
    const bool many = made_ > Limits::expanded;
    if (!many && bytes_ <= Limits::source_bytes) return true;
    if (!limit_reported_) {
      reporter_.report(too_much_made, outermost_, many ? Limits::expanded : Limits::source_bytes,
                       many ? "statements" : "bytes");
    }
    limit_reported_ = true;
    return false;
  }

  Reporter& reporter_;
  Templates templates_;
  NamedThings things_;
  std::optional<ast::Name> only_tier_;
  std::map<std::string, Span, std::less<>> names_;
  std::set<Place> refused_;
  Span outermost_{};
  std::size_t made_ = 0;
  std::size_t bytes_ = 0;
  bool limit_reported_ = false;
  bool lost_ = false;
};

}  // namespace

std::vector<ast::File> expand(std::vector<ast::File> files, Diagnostics& diagnostics) {
  Reporter reporter(diagnostics);
  Expander expander(files, reporter);
  std::vector<ast::File> trials = expander.try_out();
  std::vector<std::vector<ast::Statement>> expanded;
  for (const ast::File& file : files) {
    std::vector<ast::Statement>& out = expanded.emplace_back();
    for (const ast::Statement& statement : file.statements) {
      if (const auto* use = std::get_if<ast::UseStatement>(&statement)) {
        expander.use(*use, out);
      } else if (!std::holds_alternative<ast::TemplateStatement>(statement) &&
                 !std::holds_alternative<ast::ImportStatement>(statement)) {
        out.push_back(statement);
      }
    }
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i].statements = std::move(expanded[i]);
    files[i].lost.policy = files[i].lost.policy || expander.lost();
  }
  std::ranges::move(trials, std::back_inserter(files));
  return files;
}

}  // namespace weft::frontend
