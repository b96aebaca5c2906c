#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::driver {

/// Texts by absolute path: those that are open in an editor, and otherwise what the files on disk say. One thread.
class Texts {
 public:
  using Text = std::shared_ptr<const std::string>;

  /// The text as it is now. The same object while it stays the same; null where there is no such file, or it cannot be
  /// read or is bigger than `most` bytes.
  Text text(const std::string& path);
  /// True if there is an open text or a regular file.
  bool exists(const std::string& path) const;
  bool is_open(const std::string& path) const { return open_.contains(path); }
  /// The open texts directly in that directory with that extension, sorted.
  std::vector<std::string> open_in(const std::string& directory, std::string_view extension) const;

  /// From here on the path means this text, whatever the disk says.
  void open(const std::string& path, std::string text);
  void close(const std::string& path);

  static constexpr std::uint64_t most = 64u << 20;

 private:
  /// What tells one state of a file from another.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;

    bool operator==(const Stamp&) const = default;
  };
  struct OnDisk {
    Stamp stamp;
    Text text;
  };

  static std::optional<Stamp> stamp_of(const std::string& path);

  std::map<std::string, Text> open_;
  std::map<std::string, OnDisk> files_;
};

}  // namespace weft::driver
