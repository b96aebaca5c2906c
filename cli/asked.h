#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "driver/compile.h"
#include "driver/reach.h"

namespace weft::cli {

/// The inputs' meaning, for questions about the peers of an inventory. Nothing where they are wrong or hold no
/// inventory; that is told. `what_peers_do` ends the sentence that says so: "there is no inventory of peers that could
/// ...".
std::optional<driver::Compilation> compile_with_peers(const driver::InputNames& inputs, const driver::Options& options,
                                                      std::string_view what_peers_do, Console& console);

/// Turns the words of options into subjects and services. Nothing where the words are wrong; that is told.
class Asked {
 public:
  /// All three have to outlive this. What is asked becomes a source of the compilation, so that errors point into it.
  Asked(const driver::Reachability& reachability, driver::Compilation& compilation, Console& console);

  std::optional<std::vector<driver::ReachGroup>> groups(const driver::Grouping& grouping);
  std::optional<driver::ReachGroup> subject(const std::string& option, const std::string& text);
  std::optional<model::PointSet> services(const std::string& option, const std::string& text);

 private:
  template <typename Value>
  std::optional<Value> told(Result<Value> found, const Diagnostics& diagnostics);

  const driver::Reachability& reachability_;
  Sources& sources_;
  Console& console_;
};

}  // namespace weft::cli
