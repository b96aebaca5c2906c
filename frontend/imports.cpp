#include <algorithm>
#include <set>

#include "base/text.h"
#include "frontend/declarations.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "frontend/lost.h"

namespace weft::frontend {
namespace {

std::string module_name(const ast::ImportStatement& statement) {
  std::string out;
  for (const ast::Name& part : statement.module) out += (out.empty() ? "" : ".") + part.text;
  return out;
}

// The module whose last part is the word, for those who leave the rest out; or the nearest.
std::string module_meant_by(const std::string& name, const std::vector<std::string>& known) {
  const std::string last = name.substr(name.rfind('.') + 1);
  for (const std::string& each : known) {
    if (each.ends_with("." + last)) return each;
  }
  return nearest(name, known);
}

std::optional<SourceId> module_of(const ast::ImportStatement& statement, ImportReader& reader,
                                  std::set<std::string>& unknown, Reporter& reporter) {
  const std::string name = module_name(statement);
  const std::vector<std::string> known = reader.modules();
  if (std::ranges::find(known, name) != known.end()) return reader.module(name);
  if (!unknown.insert(name).second) return {};
  const Span place{statement.span.source, statement.module.front().span.begin, statement.module.back().span.end};
  Diagnostic& diagnostic = reporter.report(unknown_module, place, printable(name));
  if (const std::string near = module_meant_by(name, known); !near.empty()) {
    diagnostic.fix(fmt::format("did you mean `{}`?", near), place, near, Applicability::MaybeIncorrect);
  } else {
    diagnostic.suggest(fmt::format(
        "the standard modules are {}; a file is imported by its path: `import \"shop.weft\"`", fmt::join(known, ", ")));
  }
  return {};
}

// ---- templates of modules nobody imports

std::uint32_t begin_of(const ast::Statement& statement) {
  return std::visit(
      [](const auto& it) {
        std::uint32_t begin = it.span.begin;
        if constexpr (requires { it.annotations; }) {
          for (const ast::Annotation& each : it.annotations) begin = std::min(begin, each.span.begin);
        }
        return begin;
      },
      statement);
}

// Before the first import, or the first statement with the comment right above it.
Span import_place(const Sources& sources, const ast::File& file) {
  const ast::Statement* first = &file.statements.front();
  for (const ast::Statement& each : file.statements) {
    if (!std::holds_alternative<ast::ImportStatement>(each)) continue;
    first = &each;
    break;
  }
  std::uint32_t begin = begin_of(*first);
  for (auto comment = file.comments.rbegin(); comment != file.comments.rend(); ++comment) {
    if (comment->span.end > begin) continue;
    const std::string_view between = sources.text({file.source, comment->span.end, begin});
    if (std::ranges::count(between, '\n') != 1 || between.find_first_not_of(" \t\r\n") != std::string_view::npos) break;
    begin = comment->span.begin;
  }
  return {file.source, begin, begin};
}

struct ElsewhereTemplate {
  std::string name;
  std::string module;  // "std.core.dns"
};

std::vector<ElsewhereTemplate> all_templates(const Sources& sources, ImportReader& reader) {
  std::vector<ElsewhereTemplate> out;
  for (const std::string& module : reader.modules()) {
    Diagnostics unheard;
    for (const ast::Statement& statement : parse(sources, reader.module(module), unheard).statements) {
      if (const auto* it = std::get_if<ast::TemplateStatement>(&statement)) out.push_back({it->name.text, module});
    }
  }
  return out;
}

// The template that is meant: the one of that name, else one that is spelt much like it.
const ElsewhereTemplate* meant_by(const std::string& name, const std::vector<ElsewhereTemplate>& all) {
  std::vector<std::string> names;
  for (const ElsewhereTemplate& each : all) names.push_back(each.name);
  const bool exact = std::ranges::find(names, name) != names.end();
  const std::string near = exact ? name : nearest(name, names);
  const auto found = std::ranges::find(all, near, &ElsewhereTemplate::name);
  return near.empty() || found == all.end() ? nullptr : &*found;
}

// A `use` of what no file declares, and a module that is not imported does.
class Elsewhere {
 public:
  Elsewhere(const Sources& sources, ImportReader& reader, Reporter& reporter)
      : sources_(sources), reader_(reader), reporter_(reporter) {}

  void look(std::vector<ast::File>& files) {
    for (const ast::File& file : files) {
      for (const ast::Statement& statement : file.statements) {
        if (const auto* it = std::get_if<ast::TemplateStatement>(&statement)) declared_.push_back(it->name.text);
      }
    }
    for (ast::File& file : files) {
      if (file.library || file.lost.tier) continue;  // the declaration may be among what could not be read
      std::set<std::string, std::less<>> told;
      for (const ast::Statement& statement : file.statements) {
        const auto* use = std::get_if<ast::UseStatement>(&statement);
        if (use && told.insert(use->name.text).second) look(*use, file);
      }
      if (told_) lose_all(file.lost);
      told_ = false;
    }
  }

 private:
  void look(const ast::UseStatement& use, const ast::File& file) {
    const std::string& name = use.name.text;
    if (!nearest(name, declared_).empty()) return;  // itself, or what it is a slip of
    if (all_.empty()) all_ = all_templates(sources_, reader_);
    const ElsewhereTemplate* found = meant_by(name, all_);
    if (!found) return;
    told_ = true;
    const bool exact = found->name == name;
    Fix fix{exact ? fmt::format("it is in `{}`: import that", found->module)
                  : fmt::format("did you mean `{}` of `{}`?", found->name, found->module),
            {{import_place(sources_, file), fmt::format("import {}\n", found->module)}},
            exact ? Applicability::MachineApplicable : Applicability::MaybeIncorrect};
    if (!exact) fix.edits.push_back({use.name.span, spelled(found->name)});
    reporter_.report(unknown_template, use.name.span, printable(name)).fix(std::move(fix));
  }

  const Sources& sources_;
  ImportReader& reader_;
  Reporter& reporter_;
  std::vector<std::string> declared_;
  std::vector<ElsewhereTemplate> all_;
  bool told_ = false;
};

}  // namespace

void read_imports(const Sources& sources, ImportReader& reader, std::vector<ast::File>& files,
                  Diagnostics& diagnostics) {
  Reporter reporter(diagnostics);
  std::set<SourceId> read;
  std::set<std::string> unknown_modules;
  for (const ast::File& file : files) read.insert(file.source);
  // Files are appended while they are gone through, so nothing of one is held across that.
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t k = 0; k < files[i].statements.size(); ++k) {
      const auto* found = std::get_if<ast::ImportStatement>(&files[i].statements[k]);
      if (!found) continue;
      const ast::ImportStatement statement = *found;
      if (reporter.full(statement.span)) return lose_all(files[i].lost);
      const std::optional<SourceId> source = statement.path
                                                 ? reader.file(statement.path->text, statement.path->span, diagnostics)
                                                 : module_of(statement, reader, unknown_modules, reporter);
      if (!source) lose_all(files[i].lost);
      if (!source || !read.insert(*source).second) continue;
      ast::File file = parse(sources, *source, diagnostics);
      file.library = !statement.path;
      if (file.library) {
        std::erase_if(file.statements,
                      [](const ast::Statement& it) { return std::holds_alternative<ast::TestStatement>(it); });
      }
      files.push_back(std::move(file));
    }
  }
  Elsewhere(sources, reader, reporter).look(files);
}

}  // namespace weft::frontend
