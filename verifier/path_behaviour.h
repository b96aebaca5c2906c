#pragma once

// Private to this folder.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/policy.h"
#include "verifier/query.h"
#include "verifier/slice.h"

namespace weft::verifier {

/// Ends whose packets a policy treats alike, whatever address they send from: that is all that matters of who is
/// reached.
struct Behaviour {
  std::vector<bool> matched;                       ///< by selector
  std::vector<std::optional<std::string>> values;  ///< by key that relations compare at the source

  bool operator==(const Behaviour&) const = default;
};

/// True if the selector looks at the address of an end.
bool asks_for_addresses(const model::Selector& selector);

/// What a policy asks about the sources of flows, apart from addresses.
class SourceQuestions {
 public:
  SourceQuestions(const model::Policy& policy, const Slice& slice);

  Behaviour of(const model::End& end) const;
  /// The condition under which an end behaves so.
  z3::expr is(Query& query, Side side, const Behaviour& behaviour) const;

 private:
  void add(const model::Selector& selector);

  std::vector<model::Selector> selectors_;
  std::set<std::string> known_;
  std::vector<model::LabelKey> keys_;
};

}  // namespace weft::verifier
