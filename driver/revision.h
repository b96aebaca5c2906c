#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/source.h"

namespace weft::driver {

/// The policy files, project files and inventories of one commit of the repository around a directory, as files below
/// a directory of their own, which goes with this object. What git does to files it checks out is done to them; the
/// repository, its index and its working tree are left alone.
class Revision {
 public:
  /// `directory` is where one stands in the repository; empty for the working directory.
  ///
  /// Errors: W3040 where git knows no such revision, or there is no repository; W3041 where git cannot be run or fails.
  static Result<Revision> check_out(const std::string& revision, const std::string& directory = {});

  Revision(Revision&& other) noexcept;
  Revision& operator=(Revision&& other) noexcept;
  ~Revision();

  /// The name by which a file of the commit is opened: `path` is absolute, or as one names it from where one stands.
  ///
  /// Errors: W3040 where the commit has no such file or directory, or the path leads out of the repository.
  Result<std::string> file(const std::string& path) const;
  /// The name of a policy that says nothing, for what the commit does not have yet. Errors: W3041 where it cannot be
  /// written.
  Result<std::string> empty_policy() const;
  /// The `weft.toml` that held where one stands, or an empty name.
  std::string project() const;
  /// A name of a file below the directory as people know it: "HEAD~1:policies/shop.weft".
  std::string shown(const std::string& name) const;
  /// The file of the working tree that a name as `shown` gives it stands for, whether or not there still is one.
  std::string in_working_tree(const std::string& shown) const;
  /// Sources under the names people know them by; their numbers stay.
  Sources shown(const Sources& sources) const;
  /// Sources with names from `shown`, under those of the working tree.
  Sources in_working_tree(const Sources& sources) const;

 private:
  Revision() = default;

  std::string revision_;
  std::filesystem::path directory_;  // made for it
  std::filesystem::path tree_;       // the commit's files
  std::filesystem::path prefix_;     // of where one stands in the repository
  std::filesystem::path top_;        // of the repository
};

/// True if git takes the word for a commit of the repository around the working directory.
bool is_revision(const std::string& word);

}  // namespace weft::driver
