#include "driver/unit_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view default_inventories[] = {"inventory.yaml", "inventory.yml", "inventory.json"};

std::string normal(const fs::path& path) { return path.lexically_normal().string(); }

// The files in a directory that end so, hidden ones left out, together with those that are open and not saved yet.
std::vector<std::string> files_in(const std::string& directory, std::initializer_list<std::string_view> extensions,
                                  const Texts& texts) {
  std::set<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    std::error_code ignored;
    if (path.filename().string().starts_with('.') || at->is_directory(ignored)) continue;
    if (std::ranges::find(extensions, path.extension().string()) != extensions.end()) out.insert(normal(path));
  }
  for (const std::string_view extension : extensions) {
    for (std::string& path : texts.open_in(directory, extension)) out.insert(std::move(path));
  }
  return {out.begin(), out.end()};
}

std::optional<std::string> inventory_in(const std::string& directory, const Texts& texts) {
  for (const std::string_view file : default_inventories) {
    std::string path = normal(fs::path(directory) / file);
    if (texts.exists(path)) return path;
  }
  return {};
}

std::vector<std::string> expanded(const std::vector<std::string>& names, bool inventories, const Texts& texts) {
  std::vector<std::string> out;
  const auto add = [&](std::string path) {
    if (std::ranges::find(out, path) == out.end()) out.push_back(std::move(path));
  };
  for (const std::string& name : names) {
    std::error_code ignored;
    if (!fs::is_directory(name, ignored)) {
      add(normal(name));
    } else if (const auto inventory = inventories ? inventory_in(name, texts) : std::nullopt) {
      add(*inventory);
    } else if (inventories) {
      for (std::string& path : files_in(name, {".yaml", ".yml", ".json"}, texts)) add(std::move(path));
    } else {
      std::string directory = normal(name);
      while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
      for (std::string& path : files_in(directory, {".weft"}, texts)) add(std::move(path));
    }
  }
  return out;
}

}  // namespace

std::string UnitName::directory() const {
  return kind == Kind::Directory ? path : fs::path(project.empty() ? path : project).parent_path().string();
}

std::string project_above(const std::string& directory) {
  std::error_code error;
  for (fs::path at(directory);; at = at.parent_path()) {
    if (fs::exists(at / "weft.toml", error)) return (at / "weft.toml").string();
    if (fs::exists(at / ".git", error) || at == at.parent_path()) return {};
  }
}

UnitFiles files_of(const UnitName& name, const Texts& texts, const Preferences& preferences) {
  UnitFiles out;
  const std::string project = name.kind == UnitName::Kind::Project ? name.path : name.project;
  if (!project.empty()) {
    Sources sources;
    out.project = read_project(project, sources, out.diagnostics);
    if (sources.size() > 0) out.project_text = sources[SourceId{0}].text();
  }
  switch (name.kind) {
    case UnitName::Kind::Project:
      // Which files are meant is a guess where the project file is wrong; they are no worse for being looked at.
      out.policies = expanded(out.project->policies, false, texts);
      break;
    case UnitName::Kind::Directory:
      out.policies = files_in(name.path, {".weft"}, texts);  // also where nothing is saved yet
      break;
    case UnitName::Kind::File:
      out.policies = {name.path};
      break;
  }
  if (!preferences.inventories.empty()) {
    out.inventories = expanded(preferences.inventories, true, texts);
  } else if (out.project && out.project->inventories) {
    out.inventories = expanded(*out.project->inventories, true, texts);
  } else if (name.path.starts_with('/')) {
    if (auto inventory = inventory_in(name.directory(), texts)) out.inventories = {std::move(*inventory)};
  }
  return out;
}

}  // namespace weft::driver
