#include "driver/project_files.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "model/selector.h"

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

bool climbs(const fs::path& path) {
  return std::ranges::any_of(path, [](const fs::path& part) { return part == ".."; });
}

bool only_climbs(const fs::path& path) {
  return std::ranges::all_of(path, [](const fs::path& part) { return part == ".." || part == "." || part.empty(); });
}

// `matched` files lie below `at`, for which the parts from `next` on are still to be matched.
void match(const fs::path& at, const fs::path& below, const std::vector<std::string>& parts, std::size_t next,
           std::set<std::string>& matched) {
  const std::string& part = parts[next];
  const bool last = next + 1 == parts.size();
  if (part == "." || part == "..") {
    if (!last) match(at / part, below / part, parts, next + 1, matched);
    return;
  }
  if (part == "**" && !last) match(at, below, parts, next + 1, matched);

  std::error_code error;
  for (fs::directory_iterator entry(at, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') && !part.starts_with('.')) continue;
    std::error_code ignored;
    if (part == "**") {
      // Directories that are links are not entered: they may lead back here.
      if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
        match(entry->path(), below / name, parts, next, matched);
      } else if (last && entry->is_regular_file(ignored)) {
        matched.insert((below / name).string());
      }
    } else if (model::glob_matches(part, name)) {
      if (last && entry->is_regular_file(ignored)) matched.insert((below / name).string());
      if (!last && entry->is_directory(ignored)) match(entry->path(), below / name, parts, next + 1, matched);
    }
  }
}

}  // namespace

std::string reached_from_here(const fs::path& directory, const std::string& entry) {
  fs::path path = directory / entry;
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (!error && path.is_relative() && only_climbs(directory) && !climbs(entry)) {
    // The working directory's own name has no links in it, so the way up and down again can be shortened.
    path = (here / directory / entry).lexically_normal().lexically_relative(here);
  }
  std::string name = path.string();
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  if (name.empty()) return ".";
  return name == "-" ? "./-" : name;  // `-` alone would be standard input
}

bool is_pattern(const std::string& entry) { return entry.find_first_of("*?") != std::string::npos; }

std::vector<std::string> matching_files(const fs::path& directory, const std::string& pattern) {
  const fs::path path(pattern);
  std::vector<std::string> parts;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty()) parts.push_back(part.string());
  }
  if (parts.empty()) return {};
  std::set<std::string> matched;
  const fs::path from = path.is_absolute() ? path.root_path() : directory.empty() ? fs::path(".") : directory;
  match(from, path.is_absolute() ? path.root_path() : fs::path(), parts, 0, matched);
  return {matched.begin(), matched.end()};
}

}  // namespace weft::driver
