#pragma once

// Private to this folder.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "model/policy.h"
#include "verifier/precedence.h"

namespace weft::verifier {

/// Flows between classes that all are denied, or all allowed, and the statements on which that rests.
class ClosedCore {
 public:
  /// What matches at a gate, in the order in which a walk meets it; nothing where no statement is asked.
  using Walk = std::optional<std::vector<Statement>>;

  /// The policy must outlive it.
  ClosedCore(const model::Policy& policy, model::Verdict verdict);

  void add(const Walk& egress, const Walk& ingress);

  /// Statements that give every flow the verdict whatever becomes of all others; none of them can go. In the order in
  /// which a walk meets them. Nothing where a flow has another verdict, or where it is too much work to tell.
  std::optional<std::vector<Statement>> minimal() const;

 private:
  // Rules by their number, isolations after them.
  using Steps = std::vector<std::uint32_t>;
  using Flow = std::array<std::uint32_t, 2>;  // positions in `walks_`, by gate
  enum class Effect : std::uint8_t { Gives, Refuses, Passes };
  struct Step {
    Effect effect = Effect::Gives;
    std::uint32_t tier = 0;
    std::uint32_t next_tier = 0;  // of one that passes
  };

  Statement statement(std::uint32_t step) const;
  std::uint32_t number(const Walk& walk);
  void note(std::uint32_t walk, std::vector<std::size_t>& decides) const;
  bool gives(std::uint32_t walk, const std::vector<bool>& kept, std::size_t& work) const;
  bool gives(const Flow& flow, const std::vector<bool>& kept, std::size_t& work) const;

  const model::Policy& policy_;
  model::Verdict verdict_;
  std::vector<Step> steps_;
  std::map<Steps, std::uint32_t> numbers_;
  std::vector<const Steps*> walks_;  // null: no statement is asked
  std::set<Flow> flows_;
};

}  // namespace weft::verifier
