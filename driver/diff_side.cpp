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

// True if there is something to read: a file, or a directory with a policy or a project in it.
bool holds_policy(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return fs::exists(path, error);
  for (const fs::directory_entry& each : fs::directory_iterator(path, error)) {
    if (each.path().extension() == ".weft" || each.path().filename() == "weft.toml") return true;
  }
  return false;
}

// `path` of the revision as it is asked for by a word of the command line.
Result<SideNames> of_path(const std::string& word, const std::string& revision, const std::string& path) {
  auto checked_out = Revision::check_out(revision);
  if (!checked_out) return std::unexpected(std::move(checked_out.error()));
  auto file = checked_out->file(path.empty() ? "." : path);
  if (!file) return std::unexpected(std::move(file.error()));
  InputNames inputs = names_at(*file);
  return SideNames{word, std::move(inputs), false, std::move(*checked_out)};
}

Result<SideNames> of_revision(const std::string& revision, const std::vector<std::string>& paths) {
  auto checked_out = Revision::check_out(revision);
  if (!checked_out) return std::unexpected(std::move(checked_out.error()));
  InputNames inputs;
  if (paths.empty()) inputs.project = checked_out->project();
  if (inputs.project.empty()) {
    for (const std::string& each : paths.empty() ? std::vector<std::string>{"."} : paths) {
      const auto file = checked_out->file(each);
      // What the other side has and this one has not yet, is what is to be compared.
      if (!file || !holds_policy(*file)) continue;
      InputNames at = names_at(*file);
      inputs.policies.insert(inputs.policies.end(), at.policies.begin(), at.policies.end());
      if (inputs.project.empty()) inputs.project = at.project;
    }
  }
  const bool absent = inputs.project.empty() && inputs.policies.empty();
  if (absent) {
    auto nothing = checked_out->empty_policy();
    if (!nothing) return std::unexpected(std::move(nothing.error()));
    inputs.policies = {std::move(*nothing)};
  }
  return SideNames{revision, std::move(inputs), absent, std::move(*checked_out)};
}

}  // namespace

std::pair<std::string, std::optional<std::string>> split_side(const std::string& word) {
  const std::size_t colon = word.find(':');
  if (exists(word) || colon == std::string::npos || colon == 0) return {word, {}};
  return {word.substr(0, colon), word.substr(colon + 1)};
}

Result<SideNames> find_side(const std::string& word, const std::vector<std::string>& paths) {
  if (exists(word)) return SideNames{word, names_at(word), false, {}};
  if (const auto [revision, path] = split_side(word); path) return of_path(word, revision, *path);
  return of_revision(word, paths);
}

DiffSide compile_side(SideNames names, const Options& options) {
  DiffSide out;
  out.name = std::move(names.name);
  out.absent = names.absent;
  out.revision = std::move(names.revision);
  out.compilation = compile(names.inputs, Goal::Understand, options);
  if (out.revision) out.compilation.sources = out.revision->shown(out.compilation.sources);
  return out;
}

}  // namespace weft::driver
