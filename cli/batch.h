#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/decision_text.h"
#include "cli/output.h"
#include "driver/query.h"

namespace weft::cli {

/// Answers flows written as JSON, one line for one line (docs/cli.md).
class Batch {
 public:
  Batch(const driver::Judge& judge, DecisionText& text) : judge_(judge), text_(text) {}

  /// Answers every line of a file, in order, until it ends or nobody reads the results. What is answered is flushed
  /// before the file is waited for, so a program may ask and read in turn.
  ///
  /// Errors: W9003 where reading fails.
  Result<void> run(int descriptor, const std::string& name, Results& results);

  /// Appends the answer to one line, with its line end.
  void answer(std::string_view line, std::string& out);

  std::uint64_t answered() const { return answered_; }
  std::uint64_t refused() const { return refused_; }  ///< lines that got an error for an answer
  bool denied() const { return denied_; }             ///< some flow is not allowed

 private:
  void refuse(std::string_view id, const Error& error, std::string& out);

  const driver::Judge& judge_;
  DecisionText& text_;
  std::uint64_t answered_ = 0;
  std::uint64_t refused_ = 0;
  bool denied_ = false;
};

}  // namespace weft::cli
