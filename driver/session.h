#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "driver/background.h"
#include "driver/texts.h"
#include "driver/unit.h"

namespace weft::driver {

/// The policies somebody works on: texts that are open over files on disk, each policy kept up to date, proofs in the
/// background. One thread uses it; only `wake` is called on another.
class Session {
 public:
  /// A policy with what is known of it.
  struct Known {
    std::unique_ptr<Unit> unit;
    std::uint64_t checked = 0;         ///< the revision that proofs were started for
    std::optional<Verdicts> verdicts;  ///< of the meaning of now, once they are there
    bool stale = true;
  };
  struct Options {
    /// Called whenever `collect` has something to say, on another thread.
    std::function<void()> wake;
    /// The clock, by which deadlines pass.
    std::function<model::Moment()> now;
    bool prove = true;
  };

  explicit Session(Options options);

  /// What holds for every policy from here on.
  void prefer(Preferences preferences);
  const Preferences& preferences() const { return preferences_; }

  // What happens to texts; all paths are absolute, or any name where a text is no file. Proofs about what was there
  // before are cancelled at once, nothing else is done before `refresh`.
  void open(const std::string& path, std::string text);
  void change(const std::string& path, std::string text);
  void close(const std::string& path);
  /// Files or directories have come, gone or changed on disk.
  void files_changed();

  /// Brings every policy with an open text up to date and starts its proofs. The policies that have a new meaning.
  std::vector<Known*> refresh();
  /// The same for one policy alone, without proofs: for who asks about it now.
  void refresh(Known& known);
  /// Takes in the proofs that are done. The policies they are about.
  std::vector<Known*> collect();

  /// The policy that a text belongs to, up to date; null where there is no such text.
  Known* policy_of(const std::string& path);
  /// The same as it was understood last, whatever has been typed since; null where it never was.
  Known* last_policy_of(const std::string& path);
  /// Every policy with an open text, up to date.
  std::vector<Known*> policies();
  /// Policies nobody has a text of any more, since the last call: what was said of them is to be taken back.
  std::vector<std::unique_ptr<Unit>> forgotten();

  Texts& texts() { return texts_; }
  /// True while proofs are under way or wait.
  bool proving() const { return checks_.busy(); }
  /// True while proofs that were cancelled have not ended. Then `insist` is to be called every few milliseconds.
  bool ending() const { return checks_.ending(); }
  void insist() { checks_.insist(); }

 private:
  UnitName home_of(const std::string& path);
  Known& known(const UnitName& name);
  void touch(const std::string& path);
  void cancel(Known& known);
  bool update(Known& known);
  void forget_unused();

  Options options_;
  Preferences preferences_;
  Texts texts_;
  std::set<std::string> open_;
  std::map<UnitName, Known> units_;
  std::map<std::string, UnitName> homes_;  ///< of open texts
  std::vector<std::unique_ptr<Unit>> forgotten_;
  std::uint64_t revision_ = 0;
  BackgroundChecks checks_;  // last: its thread ends before the rest
};

}  // namespace weft::driver
