#pragma once

#include "frontend/declarations.h"
#include "frontend/frontend.h"

// Private to this folder.
namespace weft::frontend {

/// What may stand before and behind a rule: annotations, `when`, `requires`, `expires`.
class ClauseResolver {
 public:
  ClauseResolver(Declarations& declarations, Reporter& reporter, model::Moment now)
      : declarations_(declarations), reporter_(reporter), now_(now) {}

  /// What an annotation may stand before.
  enum class Subject : std::uint8_t { Rule, Isolation, Policy, Claim, Test };

  std::vector<model::Annotation> annotations(const std::vector<ast::Annotation>& written, Subject subject);
  /// The value of `@id`, where there is a readable one.
  static const ast::Annotation::Value* id(const std::vector<ast::Annotation>& written);

  /// The ends may stand in either order.
  std::vector<model::Relation> relations(const std::vector<ast::Relation>& written);
  std::vector<model::Obligation> obligations(const std::vector<ast::Obligation>& written);
  /// Nothing where it is no date; past is an error.
  std::optional<model::Moment> deadline(const ast::Literal& written);

 private:
  void check(const ast::Annotation& annotation, Subject subject);
  void report_bad_date(const std::string& text, Span span);

  Declarations& declarations_;
  Reporter& reporter_;
  model::Moment now_;
};

}  // namespace weft::frontend
