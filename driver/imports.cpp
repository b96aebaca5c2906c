#include "driver/imports.h"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>

#include "base/assert.h"
#include "driver/codes.h"
#include "stdlib-policies/modules.h"

namespace weft::driver {

namespace fs = std::filesystem;

PolicyImports::PolicyImports(const InputNames& names, Sources& sources, const std::vector<SourceId>& given)
    : names_(names), sources_(sources), given_(given) {
  for (const SourceId source : given) {
    if (const auto identity = identity_of(sources[source].name())) files_.emplace(*identity, source);
  }
}

std::optional<PolicyImports::Identity> PolicyImports::identity_of(const std::string& name) {
  struct stat status{};
  if (::stat(name.c_str(), &status) != 0) return {};
  return Identity{status.st_dev, status.st_ino};
}

std::optional<SourceId> PolicyImports::file(std::string_view path, Span at, Diagnostics& diagnostics) {
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    diagnostics.report(file_not_found, at, path);
    return {};
  }
  // As people wrote both: relative names stay relative.
  fs::path name = (fs::path(sources_[at.source].name()).parent_path() / fs::path(path)).lexically_normal();
  if (name == "-") name = "./-";  // a file of that name, not standard input
  const auto identity = identity_of(name.string());
  if (identity) {
    if (const auto found = files_.find(*identity); found != files_.end()) return found->second;
  }
  std::error_code ignored;
  if (fs::is_directory(name, ignored)) {
    diagnostics.report(no_file, at, name.string(), "a directory").suggest("import its files one by one");
    return {};
  }
  const auto source = read_policy_file(name.string(), at, names_, sources_, diagnostics);
  if (identity) files_.emplace(*identity, source);
  return source;
}

std::vector<std::string> PolicyImports::modules() const {
  std::vector<std::string> out;
  for (const stdlib_policies::Module& module : stdlib_policies::modules()) out.emplace_back(module.name);
  return out;
}

SourceId PolicyImports::module(std::string_view name) {
  if (const auto found = modules_.find(name); found != modules_.end()) return found->second;
  const auto all = stdlib_policies::modules();
  const auto module = std::ranges::find(all, name, &stdlib_policies::Module::name);
  WEFT_ASSERT(module != all.end(), "only modules that there are are asked for");
  // Who works on a module gives its file: it is the module then.
  const auto same = std::ranges::find_if(given_, [&](SourceId each) { return sources_[each].text() == module->text; });
  const SourceId source =
      same != given_.end() ? *same : sources_.add(std::string(module->path), std::string(module->text));
  modules_.emplace(std::string(name), source);
  return source;
}

}  // namespace weft::driver
