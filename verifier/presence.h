#pragma once

// Private to this folder.

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "model/policy.h"
#include "verifier/minimal_core.h"
#include "verifier/precedence.h"
#include "verifier/query.h"

namespace weft::verifier {

/// A condition for every statement on which it is there at all: what holds of every choice of them names those on which
/// a proof rests.
class Presence {
 public:
  /// Both must outlive it.
  Presence(Query& query, const model::Policy& policy) : query_(query), policy_(policy) {}

  z3::expr of(Statement statement);
  /// Those without which there would be a flow that meets all conditions, in the order in which a walk meets them; none
  /// can go. Nothing where there is such a flow, or nobody could tell.
  std::optional<std::vector<Statement>> needed(const std::vector<z3::expr>& conditions);

 private:
  Query& query_;
  const model::Policy& policy_;
  std::map<Precedence, std::pair<Statement, z3::expr>> present_;
};

}  // namespace weft::verifier
