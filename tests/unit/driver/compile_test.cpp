#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "bundle/abi.h"
#include "driver/compile.h"
#include "driver/table_budget.h"

using namespace weft;
using namespace weft::driver;
namespace fs = std::filesystem;

namespace {

const std::string policy =
    "label app : \"web\" | \"db\"\n"
    "tiers app\n"
    "policy shop in app {\n"
    "  isolate app == \"db\"\n"
    "  allow app == \"web\" -> app == \"db\" : tcp/5432\n"
    "}\n";
const std::string inventory =
    "workloads:\n"
    "  - {name: web, labels: {app: web}, addresses: [10.0.0.1], attach: {interface: w0}}\n"
    "  - {name: db, labels: {app: db}, addresses: [10.0.0.2], attach: {interface: d0}}\n";

// A project directory of its own, gone afterwards.
class Directory {
 public:
  Directory(const std::string& policy_text, const std::string& inventory_text) {
    std::string pattern = (fs::temp_directory_path() / "weft-compile-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    std::ofstream(root_ / "policy.weft") << policy_text;
    if (!inventory_text.empty()) std::ofstream(root_ / "inventory.yaml") << inventory_text;
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  Compilation compile(Goal goal, const Options& options = {}) const {
    return driver::compile({{root_.string()}, {}}, goal, options);
  }
  std::string path(const std::string& name) const { return (root_ / name).string(); }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("each goal is reached and none beyond it", "[driver]") {
  const Directory project(policy, inventory);
  const Compilation understood = project.compile(Goal::Understand);
  CHECK(understood.understood);
  CHECK(!understood.report);
  const Compilation checked = project.compile(Goal::Check);
  CHECK(checked.report);
  CHECK(!checked.plan);
  const Compilation planned = project.compile(Goal::Plan);
  CHECK(planned.plan);
  CHECK(!planned.bundle);
  const Compilation built = project.compile(Goal::Build);
  CHECK(built.bundle);
  CHECK(built.diagnostics.empty());
}

TEST_CASE("steps are told in order", "[driver]") {
  std::vector<std::string> steps;
  Options options;
  options.on_step = [&](std::string_view step) { steps.emplace_back(step); };
  (void)Directory(policy, inventory).compile(Goal::Build, options);
  CHECK(steps == std::vector<std::string>{"reading", "proving", "planning", "generating code"});
}

TEST_CASE("errors in the text stop before the verifier", "[driver]") {
  const Compilation out = Directory(policy + "never web -> db : tcp\n", inventory).compile(Goal::Build);
  CHECK(!out.understood);
  CHECK(!out.report);
}

TEST_CASE("errors in policy and inventory are told together", "[driver]") {
  const Compilation out =
      Directory(policy + "never web -> any : tcp\n", inventory + "  - {nmae: x}\n").compile(Goal::Check);
  bool language = false, of_inventory = false;
  for (const Diagnostic& diagnostic : out.diagnostics.all()) {
    language |= diagnostic.code.starts_with("W1");
    of_inventory |= diagnostic.code.starts_with("W2");
  }
  CHECK(language);
  CHECK(of_inventory);
}

TEST_CASE("what is refuted or open is not built", "[driver]") {
  const Compilation refuted =
      Directory(policy + "never app == \"web\" -> app == \"db\" : tcp\n", inventory).compile(Goal::Build);
  REQUIRE(refuted.report);
  CHECK(refuted.report->has_errors());
  CHECK(!refuted.plan);

  // A question the solver may spend nothing on stays open.
  Options options;
  options.verifier.rlimit = 1;
  const Compilation open =
      Directory(policy + "never app == \"db\" -> app == \"web\" && has ns : tcp when source.ns != destination.ns\n",
                inventory)
          .compile(Goal::Build, options);
  if (open.report && open.report->has_undecided()) CHECK(!open.plan);
}

TEST_CASE("a build needs an inventory", "[driver]") {
  const Compilation out = Directory(policy, "").compile(Goal::Build);
  CHECK(out.report);
  CHECK(!out.plan);
  REQUIRE(out.diagnostics.errors() == 1);
  CHECK(out.diagnostics.all().back().code == "W9007");
}

TEST_CASE("the manifest says what every entry means to people", "[driver]") {
  const Directory project(policy, inventory);
  const Compilation out = project.compile(Goal::Build);
  REQUIRE(out.bundle);
  const bundle::Manifest& manifest = out.bundle->manifest;
  CHECK(manifest.weft_version == version());
  CHECK(manifest.profile == "strict");
  REQUIRE(manifest.inputs.size() == 2);
  CHECK(manifest.inputs[0] == bundle::Input{project.path("policy.weft"), bundle::sha256(policy)});
  CHECK(manifest.inputs[1] == bundle::Input{project.path("inventory.yaml"), bundle::sha256(inventory)});

  for (const auto* gate : {&manifest.egress, &manifest.ingress}) {
    const plan::Gate& tables = gate == &manifest.egress ? out.plan->egress : out.plan->ingress;
    std::size_t rules = 0, isolations = 0;
    std::uint32_t before = 0;
    for (const bundle::Entry& entry : *gate) {
      CHECK((entry.number > before || entry.number == 0));
      before = entry.number;
      if (entry.by == "rule") {
        ++rules;
        CHECK(entry.action == "allow");
        CHECK(entry.policy == "shop");
        CHECK(entry.tier == "app");
        CHECK(entry.at == project.path("policy.weft") + ":5:3");
        CHECK(entry.text == "allow app == \"web\" -> app == \"db\" : tcp/5432");
      }
      if (entry.by == "isolation") {
        ++isolations;
        CHECK(entry.action == "deny");
        CHECK(entry.text == "isolate app == \"db\"");
      }
      if (entry.number == WEFT_ENTRY_REPLY) CHECK(entry.by == "reply");
      if (entry.number == WEFT_ENTRY_MALFORMED) CHECK(entry.by == "malformed");
    }
    CHECK(rules == 1);
    CHECK(isolations == 1);
    CHECK(gate->back().number + 1 == tables.entries.size());
    CHECK(gate->size() == tables.entries.size());  // the fixed ones, then every bit of the rows
    // The two that every gate ends with: what no rule decides, and subjects without a gate.
    CHECK((gate->end() - 2)->by == "profile");
    CHECK(gate->back().by == "no-gate");
  }
}

TEST_CASE("rows beyond all room are not worked out, and the warning says what they come to at least", "[driver]") {
  const Directory project(policy, inventory);
  const Compilation checked = project.compile(Goal::Check);
  REQUIRE(checked.understood);
  codegen::Options options;
  options.table_budget = 8;
  Diagnostics diagnostics;
  warn_of_table_budget(checked, options, diagnostics, 16);
  REQUIRE(diagnostics.all().size() == 1);
  const Diagnostic& said = diagnostics.all().front();
  CHECK(said.code == "W4104");
  CHECK(said.message == "the tables of a build would take more than 16 bytes, the budget is 8");
  CHECK_FALSE(said.span);  // no rule is known to cost most
  CHECK_FALSE(said.suggestions.empty());

  // With room for the rows, what they take is known, and of which rule.
  Diagnostics exact;
  warn_of_table_budget(checked, options, exact);
  REQUIRE(exact.all().size() == 1);
  CHECK(exact.all().front().span);
  CHECK(exact.all().front().message.find("would take more than") == std::string::npos);
}

TEST_CASE("who asks for findings gets all of them, and who builds the first hundred", "[driver]") {
  std::string many = "label app : \"web\" | \"db\"\npolicy shop {\n";
  for (int i = 0; i < 120; ++i) many += "  allow app == \"web\" -> app == \"db\" : tcp/5432\n";
  const Directory project(many + "}\n", inventory);
  const Compilation checked = project.compile(Goal::Check);
  REQUIRE(checked.report);
  CHECK(checked.report->dead.size() == 119);
  CHECK(checked.report->not_checked.empty());
  const Compilation built = project.compile(Goal::Build);
  REQUIRE(built.report);
  CHECK(built.report->dead.size() == 100);
  REQUIRE(built.report->not_checked.size() == 1);
  CHECK(built.report->not_checked[0].what == "whether 20 further rules ever decide");
}
