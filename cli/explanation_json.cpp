#include "cli/explanation_json.h"

#include <nlohmann/json.hpp>

#include "codegen/explanation.h"
#include "plan/cost.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const codegen::Part& part) {
  Json out{{"name", part.name}, {"ways", Json::array()}, {"tables", Json::array()}, {"remarks", part.remarks}};
  for (const codegen::Way& way : part.ways) {
    out["ways"].push_back({{"name", way.name},
                           {"chosen", way.chosen},
                           {"bytes", way.bytes},
                           {"looks", {{"least", way.least_looks}, {"most", way.most_looks}}},
                           {"why", way.why}});
  }
  for (const codegen::Part::Table& table : part.tables) {
    out["tables"].push_back({{"bytes", table.bytes}, {"what", table.what}});
  }
  if (const std::string_view time = codegen::measured(part.name); !time.empty()) out["measured"] = time;
  return out;
}

}  // namespace

std::string explanation_json(const driver::Compilation& compilation, const codegen::Options& options) {
  const codegen::Explanation explained = codegen::explanation(*compilation.plan, options);
  Json out{{"table_bytes", explained.bytes},   {"max_table_bytes", explained.budget},
           {"addresses", explained.addresses}, {"classes", explained.classes},
           {"rows", explained.rows},           {"services", explained.services},
           {"parts", Json::array()},           {"rules", Json::array()}};
  for (const codegen::Part& part : explained.parts) out["parts"].push_back(json_of(part));
  for (const plan::RuleCost& cost : plan::rule_costs(*compilation.plan)) {
    const Span span = compilation.policy[cost.rule].span;
    out["rules"].push_back({{"at", compilation.sources.location(span)},
                            {"text", compilation.sources.text(span)},
                            {"bytes", cost.bytes},
                            {"entries", cost.entries},
                            {"groups_of_ends", cost.rows},
                            {"services", cost.atoms}});
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weft::cli
