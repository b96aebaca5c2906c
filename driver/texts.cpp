#include "driver/texts.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <sys/stat.h>

namespace weft::driver {

std::optional<Texts::Stamp> Texts::stamp_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return Stamp{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec,
               status.st_mtim.tv_nsec};
}

Texts::Text Texts::text(const std::string& path) {
  if (const auto open = open_.find(path); open != open_.end()) return open->second;
  const auto stamp = stamp_of(path);
  if (!stamp || stamp->size > most) {
    files_.erase(path);
    return nullptr;
  }
  OnDisk& file = files_[path];
  if (file.text && file.stamp == *stamp) return file.text;
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) {
    files_.erase(path);
    return nullptr;
  }
  file.stamp = *stamp;
  // Touched is not changed.
  if (!file.text || *file.text != text) file.text = std::make_shared<const std::string>(std::move(text));
  return file.text;
}

bool Texts::exists(const std::string& path) const { return is_open(path) || stamp_of(path).has_value(); }

std::vector<std::string> Texts::open_in(const std::string& directory, std::string_view extension) const {
  std::vector<std::string> out;
  for (const auto& [path, text] : open_) {
    const std::filesystem::path at(path);
    if (at.parent_path() == directory && at.extension() == extension) out.push_back(path);
  }
  return out;
}

void Texts::open(const std::string& path, std::string text) {
  Text& place = open_[path];
  if (!place || *place != text) place = std::make_shared<const std::string>(std::move(text));
}

void Texts::close(const std::string& path) { open_.erase(path); }

}  // namespace weft::driver
