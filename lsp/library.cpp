#include "lsp/library.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "driver/compile.h"
#include "driver/explanations.h"
#include "lsp/uri.h"
#include "stdlib-policies/modules.h"

namespace weft::lsp {

namespace fs = std::filesystem;

Library::Library() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path base;
  if (cache != nullptr && *cache == '/') {
    base = cache;
  } else if (home != nullptr && *home == '/') {
    base = fs::path(home) / ".cache";
  } else {
    return;
  }
  directory_ = (base / "weft" / std::string(driver::version())).lexically_normal().string();
}

bool Library::holds(std::string_view path) const {
  return !directory_.empty() && path.starts_with(directory_) && path.substr(directory_.size()).starts_with('/');
}

std::string Library::module_uri(std::string_view shown) {
  const auto all = stdlib_policies::modules();
  const auto found = std::ranges::find(all, shown, &stdlib_policies::Module::path);
  return found == all.end() ? std::string() : file(std::string(shown), found->text);
}

std::string Library::page_uri(std::string_view code) {
  const driver::Explanation* page = driver::find_explanation(code);
  if (page == nullptr) return {};
  return file(fmt::format("codes/{}.md", code), fmt::format("# {}: {}\n\n{}", page->code, page->title, page->text));
}

std::string Library::file(const std::string& name, std::string_view text) {
  if (directory_.empty()) return {};
  if (const auto known = files_.find(name); known != files_.end()) return known->second;
  const fs::path path = fs::path(directory_) / name;
  std::string& uri = files_[name];
  std::error_code error;
  {
    std::ifstream in(path, std::ios::binary);
    const std::string there{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in && there == text) return uri = uri_of(path.string());
  }
  fs::create_directories(path.parent_path(), error);
  if (error) return {};
  // Beside it and renamed: another server may read it at this moment.
  const fs::path fresh = path.string() + fmt::format(".{}", static_cast<const void*>(this));
  std::ofstream out(fresh, std::ios::binary);
  out << text;
  out.close();
  if (!out) return {};
  fs::permissions(fresh, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read, error);
  fs::rename(fresh, path, error);
  if (error) return {};
  return uri = uri_of(path.string());
}

}  // namespace weft::lsp
