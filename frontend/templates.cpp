#include "frontend/templates.h"

#include "base/text.h"
#include "frontend/arguments.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"

namespace weft::frontend {

Templates::Templates(std::span<const ast::File> files, Reporter& reporter) : reporter_(reporter) {
  for (const ast::File& file : files) {
    lost_ = lost_ || (file.lost.group && file.lost.service && file.lost.label && file.lost.tier);
    for (const ast::Statement& statement : file.statements) {
      const auto* it = std::get_if<ast::TemplateStatement>(&statement);
      if (!it) continue;
      if (it->unreadable_header && it->name.text.empty()) {
        lost_ = true;
        continue;
      }
      const auto [at, fresh] = templates_.try_emplace(it->name.text, Template{it, file.library});
      if (!fresh) {
        reporter.report(declared_twice, it->name.span, "template", marked(it->name.text))
            .label(at->second.statement->name.span, "it is declared here already");
        continue;
      }
      at->second.sound = !it->unreadable_header && check_parameters(*it, reporter);
      order_.push_back(&at->second);
    }
  }
  for (Template* each : order_) {
    std::vector<const ast::UseStatement*> path;
    follow(*each, path);
  }
}

// Depth first: a template that is reached again while its uses are being followed uses itself.
void Templates::follow(Template& from, std::vector<const ast::UseStatement*>& path) {
  if (from.followed) return;
  from.open = true;
  for (const ast::BodyStatement& statement : from.statement->body) {
    const auto* use = std::get_if<ast::UseStatement>(&statement);
    const auto found = use ? templates_.find(use->name.text) : templates_.end();
    if (found == templates_.end()) continue;
    Template& next = found->second;
    path.push_back(use);
    if (next.open) {
      std::size_t first = path.size() - 1;
      // Back to where the template was entered: the use that led into it is not part of the cycle.
      while (first > 0 && path[first - 1]->name.text != next.statement->name.text) --first;
      report_cycle(next, std::span(path).subspan(first));
      for (std::size_t i = first; i < path.size(); ++i) templates_.find(path[i]->name.text)->second.sound = false;
    } else if (path.size() > Limits::nesting) {
      if (from.sound) reporter_.report(too_deep, use->name.span, Limits::nesting);
      from.sound = false;
    } else {
      follow(next, path);
    }
    path.pop_back();
  }
  from.open = false;
  from.followed = true;
}

void Templates::report_cycle(const Template& first, std::span<const ast::UseStatement* const> cycle) {
  const std::string name = printable(first.statement->name.text);
  Diagnostic& diagnostic = reporter_.report(recursive_template, cycle.front()->name.span, name);
  if (cycle.size() == 1) return;
  std::string from = name;
  for (const ast::UseStatement* use : cycle) {
    const std::string to = printable(use->name.text);
    diagnostic.note(fmt::format("`{}` uses `{}`", from, to));
    if (use != cycle.front()) diagnostic.label(use->name.span, fmt::format("`{}` uses `{}`", from, to));
    from = to;
  }
}

const Templates::Template* Templates::find(const ast::UseStatement& use) {
  if (const auto found = templates_.find(use.name.text); found != templates_.end()) return &found->second;
  if (lost_ || !unknown_.insert(use.name.text).second) return nullptr;
  report_unknown(use);
  return nullptr;
}

// Those of standard modules that are not imported are told where imports are read.
void Templates::report_unknown(const ast::UseStatement& use) {
  Diagnostic& diagnostic = reporter_.report(unknown_template, use.name.span, printable(use.name.text));
  std::vector<std::string> known;
  for (const auto& [name, each] : templates_) known.push_back(name);
  if (const std::string near = nearest(use.name.text, known); !near.empty()) {
    did_you_mean(diagnostic, use.name.span, near);
  } else {
    diagnostic.suggest("templates of another file are there once it is imported: `import \"shop.weft\"`");
  }
}

}  // namespace weft::frontend
