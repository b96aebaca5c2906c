#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/before.h"
#include "verifier/slice.h"
#include "verifier/universe.h"
#include "verifier/verifier.h"

namespace weft::verifier {

class Query;

/// Puts claims about one policy to Z3. It owns one Z3 context, made for the first question that needs it, and stays on
/// one thread. No witness leaves it that `model::evaluate` does not confirm.
class Prover {
 public:
  /// All three must outlive the prover.
  Prover(const model::Policy& policy, const Universe& universe, const Options& options);
  ~Prover();
  Prover(const Prover&) = delete;
  Prover& operator=(const Prover&) = delete;

  /// Proved: no flow breaks the assertion. One answer for each stretch of time, neighbours differ; at least one.
  std::vector<TimedAnswer> holds(std::size_t assertion);
  /// Proved: no flow that passes the gate of `direction` matches both rules while its walk comes to `place`, of all
  /// that stands `before` it. The slice is in force at `now`; without it, no more than that both match.
  Answer disjoint(model::RuleId first, model::RuleId second, model::Direction direction, const Slice& before,
                  PlaceInWalk place, model::Moment now);

  /// What makes it so at `Options::now` that every flow the assertion speaks of is allowed, or that none is: the rules
  /// and isolations without some of which it would not be, whatever else the policy says or leaves out. None where it
  /// is not so, or nobody could tell.
  std::optional<Grounds> grounds(std::size_t assertion, bool allowed);

  const Slicer& slicer() const { return slicer_; }
  std::size_t questions() const { return questions_; }
  const std::vector<std::string>& internal_errors() const { return internal_errors_; }

 private:
  struct Engine;
  using Pose = std::function<void(Query&)>;
  using Shows = std::function<bool(const Witness&)>;

  Answer ask(const std::string& name, model::Moment now, const model::Policy& judge, const Pose& pose,
             const Shows& shows);
  Answer holds_at(std::size_t assertion, const Slice& slice, model::Moment now, const std::string& name);

  const model::Policy& policy_;
  const Universe& universe_;
  const Options& options_;
  Slicer slicer_;
  std::unique_ptr<Engine> engine_;
  std::size_t questions_ = 0;
  std::vector<std::string> internal_errors_;
};

}  // namespace weft::verifier
