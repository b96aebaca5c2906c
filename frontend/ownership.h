#pragma once

#include <map>

#include "frontend/declarations.h"
#include "model/satisfiable.h"

// Private to this folder.
namespace weft::frontend {

/// Sees to it that a policy with `for` writes gates only of the peers it is for. Which peers those are is decided
/// exactly, over all the vocabulary allows. The world has no gates, so it may stand at any end.
class Ownership {
 public:
  Ownership(const Sources& sources, const model::Policy& policy, Reporter& reporter)
      : sources_(sources), policy_(policy), reporter_(reporter) {}

  /// `scope` is what the policy is for, as its author wrote it. Nothing is checked of blocks without one.
  void check(const model::PolicyBlock& block, const ast::Selector& scope, const model::Rule& rule,
             const ast::RuleStatement& statement);
  void check(const model::PolicyBlock& block, const ast::Selector& scope, const model::Selector& subject,
             const ast::Selector& written);

 private:
  const model::Implication& inside(const model::PolicyBlock& block, const model::Selector& peers);
  /// Offers to narrow what is written to the scope, where some peer is both.
  void narrow(Diagnostic& diagnostic, const model::PolicyBlock& block, const model::Selector& peers,
              const ast::Selector& scope, const ast::Selector& written) const;
  void explain(Diagnostic& diagnostic, const ast::Selector& scope, const model::Implication& answer) const;

  const Sources& sources_;
  const model::Policy& policy_;
  Reporter& reporter_;
  model::Selector scope_;
  std::map<std::string, model::Implication> known_;  ///< of this scope, by what the selector says
};

}  // namespace weft::frontend
