#pragma once

#include "frontend/declarations.h"
#include "frontend/selectors.h"
#include "frontend/services.h"

// Private to this folder.
namespace weft::frontend {

/// Tests to their meaning. Asked after all policies are known, which `by` names. Workloads by name are looked up by
/// whoever runs the tests: an inventory knows them.
class TestResolver {
 public:
  TestResolver(const model::Policy& policy, Declarations& declarations, SelectorResolver& selectors,
               ServiceResolver& services, Reporter& reporter)
      : policy_(policy), declarations_(declarations), selectors_(selectors), services_(services), reporter_(reporter) {}

  model::Test resolve(const ast::TestStatement& test);

 private:
  model::Expectation resolve(const ast::Expectation& expectation);
  model::TestEnd end(const ast::TestEnd& end);
  model::TestEnd::Imagined imagined(const ast::TestEnd::Imagined& imagined);
  std::optional<model::Expectation::By> by(const ast::Expectation::By& by);
  std::optional<model::BlockId> block(const ast::Name& name, SourceId source);
  std::optional<model::RuleId> rule(const ast::Name& name, model::BlockId block);

  const model::Policy& policy_;
  Declarations& declarations_;
  SelectorResolver& selectors_;
  ServiceResolver& services_;
  Reporter& reporter_;
};

}  // namespace weft::frontend
