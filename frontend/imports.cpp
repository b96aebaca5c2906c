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
}

}  // namespace weft::frontend
