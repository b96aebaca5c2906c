#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cli/decision_text.h"
#include "cli/output.h"
#include "driver/query.h"
#include "driver/quick_judge.h"

namespace weft::cli {

struct PlainLine;

/// Answers flows written as JSON, one line for one line (docs/cli.md). Lines about ends that came before are not parsed
/// again: what is known of an end is kept by the text that asks for it, up to a bound.
class Batch {
 public:
  Batch(const driver::Judge& judge, const driver::QuickJudge& quick, DecisionText& text)
      : judge_(judge), quick_(quick), text_(text) {}

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

  struct Known {
    std::shared_ptr<const driver::KnownEnd> end;
    std::vector<std::string> notes;
  };
  // Looks up what is only viewed.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <typename Value>
  using ByText = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  bool answer_known(const PlainLine& plain, std::string& out);
  void answer_any(std::string_view line, const std::optional<PlainLine>& plain, std::string& out);
  void write(std::string_view id, const driver::Answer& answer, std::string& out);
  std::vector<std::string> notes_on(const driver::PeerQuestion& end) const;
  void remember(const PlainLine& plain, const driver::Question& question, model::ServicePoint service);

  const driver::Judge& judge_;
  const driver::QuickJudge& quick_;
  DecisionText& text_;
  ByText<Known> known_;
  std::size_t known_bytes_ = 0;
  ByText<model::ServicePoint> services_;
  std::uint64_t answered_ = 0;
  std::uint64_t refused_ = 0;
  bool denied_ = false;
};

}  // namespace weft::cli
