#pragma once

// Private to this folder.

#include <cstddef>
#include <map>
#include <vector>

#include "verifier/query.h"

namespace weft::verifier {

/// A question as literals that may be assumed: some in any case, and others of which it is to be found out which are
/// needed for a "no". Compounds are none: give them a name first.
struct Assumptions {
  std::vector<z3::expr> fixed;
  std::vector<z3::expr> others;
};

/// Finds those of the others without which the answer would not be "no", one after the other from the last, so that of
/// several choices the first ones stay. The same question gives the same choice.
class MinimalCore {
 public:
  /// Both must outlive it.
  MinimalCore(Query& query, const Assumptions& assumptions);

  z3::check_result check(const std::vector<std::size_t>& others);
  z3::check_result check_all();
  /// What the solver needed for its last "no", ascending.
  std::vector<std::size_t> core();
  /// Of a set that is enough, a part that is and of which nothing can go; it may be larger where the solver gave up on
  /// a smaller one, or after very many of them.
  std::vector<std::size_t> minimal(std::vector<std::size_t> enough);

 private:
  Query& query_;
  const Assumptions& assumptions_;
  std::map<unsigned, std::size_t> numbers_;
};

}  // namespace weft::verifier
