#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/ending.h"
#include "driver/compile.h"

namespace weft::cli {

/// Waits for the inputs of a run to change. From its making to its end, SIGINT and SIGTERM are taken by `wait`.
class Watch {
 public:
  enum class Event { Changed, Ended };

  Watch();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Errors: W9029 where the kernel watches no more.
  Result<void> begin();

  /// Looks after everything the run read, and the directories it was given. True if a directory is new: what happened
  /// in it before went unseen.
  Result<bool> follow(const driver::Compilation& compilation);

  /// How many files it looks after.
  std::size_t files() const { return files_.size(); }

  /// Returns once a watched file has changed and 50 ms passed without a further change, or a signal has come.
  Event wait();

 private:
  Result<bool> add_directory(const std::string& name);
  bool drain();  // true if something that matters has changed

  int changes_ = -1;  // of inotify
  Ending ending_;
  std::map<int, std::string> directories_;  // by watch descriptor
  std::set<std::string> files_;             // directory + "/" + name
  std::set<std::string> whole_;             // directories in which every inventory counts
};

}  // namespace weft::cli
