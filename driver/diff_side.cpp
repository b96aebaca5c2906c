#include "driver/diff_side.h"

#include <filesystem>
#include <utility>

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

bool exists(const std::string& name) {
  std::error_code ignored;
  return name == "-" || fs::exists(name, ignored);
}

// The project file that holds for a path: in the directory it names, or the nearest one above, no further than a
// repository or `top`.
std::string project_around(const std::string& path, const fs::path& top = {}) {
  std::error_code error;
  if (path == "-") return {};
  fs::path at = fs::is_directory(path, error) ? fs::path(path) : fs::path(path).parent_path();
  fs::path whole = fs::weakly_canonical(fs::absolute(at.empty() ? "." : at, error), error);
  const fs::path stop = top.empty() ? fs::path() : fs::weakly_canonical(top, error);
  for (;;) {
    const fs::path file = (at.empty() ? fs::path(".") : at) / "weft.toml";
    if (fs::is_regular_file(file, error)) return file.lexically_normal().string();
    if (fs::exists(whole / ".git", error) || whole == stop || whole == whole.parent_path()) return {};
    whole = whole.parent_path();
    at = at.empty() ? fs::path("..") : at / "..";
  }
}

// What to read for a path: a directory with a project file, or such a file, stands for the project.
InputNames names_at(const std::string& path) {
  InputNames out;
  std::error_code ignored;
  const fs::path given(path);
  if (given.filename() == "weft.toml") {
    out.project = path;
  } else {
    out.project = project_around(path);
    const bool whole =
        !out.project.empty() && fs::is_directory(given, ignored) &&
        fs::equivalent(fs::path(out.project).parent_path().empty() ? "." : fs::path(out.project).parent_path(), given,
                       ignored);
    if (!whole) out.policies = {path};
  }
  return out;
}

Result<SideNames> of_revision(const std::string& revision, const std::vector<std::string>& paths,
                              const std::string& name) {
  auto checked_out = Revision::check_out(revision);
  if (!checked_out) return std::unexpected(std::move(checked_out.error()));
  InputNames inputs;
  if (paths.empty()) {
    inputs.project = checked_out->project();
    if (inputs.project.empty()) {
      auto here = checked_out->file(".");
      if (!here) return std::unexpected(std::move(here.error()));
      inputs.policies = {std::move(*here)};
    }
  }
  for (const std::string& each : paths) {
    auto file = checked_out->file(each.empty() ? "." : each);
    if (!file) return std::unexpected(std::move(file.error()));
    InputNames at = names_at(*file);
    inputs.policies.insert(inputs.policies.end(), at.policies.begin(), at.policies.end());
    if (inputs.project.empty()) inputs.project = at.project;
  }
  return SideNames{name, std::move(inputs), std::move(*checked_out)};
}

}  // namespace

Result<SideNames> find_side(const std::string& word, const std::vector<std::string>& paths) {
  if (exists(word)) return SideNames{word, names_at(word), {}};
  const std::size_t colon = word.find(':');
  if (colon != std::string::npos && colon > 0)
    return of_revision(word.substr(0, colon), {word.substr(colon + 1)}, word);
  return of_revision(word, paths, word);
}

DiffSide compile_side(SideNames names, const Options& options) {
  DiffSide out;
  out.name = std::move(names.name);
  out.revision = std::move(names.revision);
  out.compilation = compile(names.inputs, Goal::Understand, options);
  if (out.revision) out.compilation.sources = out.revision->shown(out.compilation.sources);
  return out;
}

}  // namespace weft::driver
