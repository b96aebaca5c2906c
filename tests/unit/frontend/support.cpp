#include "support.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace weft::frontend_tests {

std::string Read::shown() const { return render(diagnostics, sources, {.color = false, .limit = 20}); }

std::string Read::codes() const {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out += (out.empty() ? "" : " ") + diagnostic.code;
  return out;
}

Read read(const std::vector<std::string>& texts, const frontend::ReadOptions& options) {
  Read out;
  std::vector<SourceId> ids;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ids.push_back(out.sources.add("test" + std::to_string(i) + ".weft", texts[i]));
  }
  for (const SourceId id : ids) out.files.push_back(frontend::parse(out.sources, id, out.diagnostics));
  out.policy = frontend::resolve(out.sources, out.files, out.diagnostics, options);
  return out;
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
