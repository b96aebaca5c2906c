#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "driver/query.h"
#include "driver/rows.h"

namespace weft::driver {

/// An end of questions that was found, with what is true of it alone.
class KnownEnd;

/// Answers as `Judge` does, faster where ends come again: whoever asks keeps those it knows.
class QuickJudge {
 public:
  /// All must outlive it.
  QuickJudge(const model::Policy& policy, const model::Inventory& inventory, model::Moment now);

  /// The end, or null where there is none, or what it is hangs on the other end of a question (an imagined workload
  /// with addresses): then `Judge` has the answer.
  std::shared_ptr<const KnownEnd> know(const PeerQuestion& question) const;
  /// What `Judge` answers, or nothing where that is an error.
  std::optional<Answer> answer(const KnownEnd& source, const KnownEnd& destination, model::ServicePoint service) const;

  /// What a known end takes, about.
  std::size_t bytes(const KnownEnd& end) const;

 private:
  const model::Policy& policy_;
  const model::Inventory& inventory_;
  Rows rows_;
  bool addresses_matter_;
};

}  // namespace weft::driver
