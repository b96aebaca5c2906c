#include "support.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "stdlib-policies/modules.h"

namespace weft::frontend_tests {

std::string Read::shown() const { return render(diagnostics, sources, {.color = false, .limit = 20}); }

std::string Read::codes() const {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out += (out.empty() ? "" : " ") + diagnostic.code;
  return out;
}

namespace {

// The other texts by name, and the standard modules.
class Imports : public frontend::ImportReader {
 public:
  Imports(Sources& sources, const std::map<std::string, std::string>& others) : sources_(sources), others_(others) {}

  std::optional<SourceId> file(std::string_view path, Span at, Diagnostics& diagnostics) override {
    static constexpr DiagnosticKind<std::string> missing{"W9002", Severity::Error, "there is no file `{}`"};
    const std::string name(path);
    if (const auto known = find(name)) return known;
    if (const auto other = others_.find(name); other != others_.end()) return sources_.add(name, other->second);
    diagnostics.report(missing, at, name);
    return {};
  }
  std::vector<std::string> modules() const override {
    std::vector<std::string> out;
    for (const auto& module : stdlib_policies::modules()) out.emplace_back(module.name);
    return out;
  }
  SourceId module(std::string_view name) override {
    for (const auto& module : stdlib_policies::modules()) {
      if (module.name != name) continue;
      const std::string path(module.path);
      if (const auto known = find(path)) return *known;
      return sources_.add(path, std::string(module.text));
    }
    throw std::runtime_error("no module is called so");
  }

 private:
  std::optional<SourceId> find(const std::string& name) const {
    for (std::uint32_t i = 0; i < sources_.size(); ++i) {
      if (sources_[SourceId{i}].name() == name) return SourceId{i};
    }
    return {};
  }

  Sources& sources_;
  const std::map<std::string, std::string>& others_;
};

Read read_all(const std::vector<std::string>& texts, const std::map<std::string, std::string>& others,
              const frontend::ReadOptions& options) {
  Read out;
  std::vector<SourceId> ids;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ids.push_back(out.sources.add("test" + std::to_string(i) + ".weft", texts[i]));
  }
  for (const SourceId id : ids) out.files.push_back(frontend::parse(out.sources, id, out.diagnostics));
  Imports imports(out.sources, others);
  frontend::read_imports(out.sources, imports, out.files, out.diagnostics);
  out.policy = frontend::resolve(out.sources, out.files, out.diagnostics, options);
  return out;
}

}  // namespace

Read read(const std::vector<std::string>& texts, const frontend::ReadOptions& options) {
  return read_all(texts, {}, options);
}

Read read_beside(const std::string& text, const std::map<std::string, std::string>& others) {
  return read_all({text}, others, {});
}

Read parse(const std::string& text) {
  Read out;
  const SourceId id = out.sources.add("test.weft", text);
  out.files.push_back(frontend::parse(out.sources, id, out.diagnostics));
  return out;
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace weft::frontend_tests
