// The verdicts other projects publish, row by row (the row's id names the section). Every row that was derived for the
// core is here. One part of a row is not expressible and therefore absent: N19's second verdict (a pod reaching itself
// through a service: the hairpin is not in the model, whose services are after address translation).
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "peer_cases.h"

using namespace weft;
using namespace weft::test::peer;

static void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    DYNAMIC_SECTION(one.id << ": " << one.claim) {
      Universe universe(one.profile, one.tiers);
      one.build(universe);
      for (const Question& question : one.questions) {
        INFO(question.from << " -> " << question.to << " : " << model::to_string(question.service));
        CHECK(universe.ask(question.from, question.to, question.service).allowed == question.allowed);
      }
    }
  }
}

TEST_CASE("peer cases: NetworkPolicy", "[model][peers]") { check(network_policy_cases()); }
TEST_CASE("peer cases: ClusterNetworkPolicy", "[model][peers]") { check(cluster_network_policy_cases()); }
TEST_CASE("peer cases: Cilium", "[model][peers]") { check(cilium_cases()); }
TEST_CASE("peer cases: Calico, Antrea, Istio, nftables", "[model][peers]") { check(other_cases()); }

TEST_CASE("peer cases: the decider is the one the row names", "[model][peers]") {
  const auto cases = other_cases();
  const auto skipped = std::ranges::find(cases, "A01", &Case::id);
  Universe universe(skipped->profile, skipped->tiers);
  skipped->build(universe);
  const auto gate = universe.ask("x/a", "y/b", tcp(80)).ingress;
  REQUIRE(gate);
  CHECK(gate->tier == model::TierId{3});  // the baseline's, not the application tier's
  CHECK(gate->rule == model::RuleId{2});
}

// The rows marked as derived for the core.
static const std::set<std::string> derived_rows{
    "K01", "K02", "K03", "K04", "K05", "K06", "K07", "K09", "K10", "K11", "K12", "K13", "K14", "K15",
    "K16", "K17", "K18", "K19", "K21", "K22", "K23", "K24", "K25", "K26", "K28", "K29", "K31", "K32",
    "K33", "K34", "K35", "K36", "K37", "K38", "K41", "N01", "N02", "N03", "N04", "N05", "N06", "N07",
    "N08", "N09", "N11", "N12", "N13", "N15", "N19", "N22", "N25", "C01", "C03", "C04", "C05", "C06",
    "C07", "C08", "C09", "C10", "C11", "C12", "C15", "C16", "C18", "C19", "C20", "C21", "C23", "C24",
    "C26", "C27", "C28", "C29", "C41", "C42", "C48", "L01", "L03", "A01", "I02", "F01"};

TEST_CASE("peer cases: every derived row is covered", "[model][peers]") {
  std::set<std::string> covered;
  for (const auto& cases : {network_policy_cases(), cluster_network_policy_cases(), cilium_cases(), other_cases()}) {
    for (const Case& one : cases) {
      covered.insert(one.id);
      CHECK_FALSE(one.questions.empty());
    }
  }
  CHECK(covered == derived_rows);
  CHECK(derived_rows.size() == 82);
}

TEST_CASE("peer cases: the list of rows is the published one", "[model][peers][shared]") {
  const auto path = std::filesystem::path(WEFT_SOURCE_DIR).parent_path() / "shared/POLICY-LANGUAGES.md";
  std::ifstream in(path);
  if (!in) {
    std::cout << "SKIPPED: POLICY-LANGUAGES.md is not beside the source folder\n";
    return;
  }
  std::set<std::string> published;
  for (std::string line; std::getline(in, line);) {
    // "| K01 | … ✓ … |"
    if (line.size() > 7 && line.starts_with("| ") && line.substr(5, 2) == " |" && line.find("✓") != std::string::npos) {
      published.insert(line.substr(2, 3));
    }
  }
  CHECK(published == derived_rows);
}
