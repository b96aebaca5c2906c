// Fixes of inventories: the text within the quotes it stands in, and nothing where the text is written otherwise.

#include "base/fix.h"

#include <catch2/catch.hpp>

#include "support.h"

namespace weft::inventory::test {
namespace {

void check(const std::string& before, const std::string& after, Applicability applicability) {
  const Reading reading = read_text(before);
  INFO(reading.rendered());
  REQUIRE(reading.diagnostics.all().size() == 1);
  REQUIRE(reading.diagnostics.all()[0].fixes.size() == 1);
  const Fix& fix = reading.diagnostics.all()[0].fixes[0];
  CHECK(apply_edits(before, fix.edits) == after);
  CHECK(fix.applicability == applicability);
  CHECK(read_text(after).diagnostics.empty());
}

constexpr Applicability machine = Applicability::MachineApplicable;
constexpr Applicability maybe = Applicability::MaybeIncorrect;

}  // namespace

TEST_CASE("a fix of an inventory gives what was meant", "[inventory][fix]") {
  const std::string head = "workloads:\n  - name: web\n    ";
  check(head + "addreses: [10.0.0.1]\n", head + "addresses: [10.0.0.1]\n", maybe);
  check(head + "\"addreses\": [10.0.0.1]\n", head + "\"addresses\": [10.0.0.1]\n", maybe);
  check(head + "addresses: [10.0.0.1/32]\n", head + "addresses: [10.0.0.1]\n", machine);
  check(head + "addresses: ['fd00::1/128']\n", head + "addresses: ['fd00::1']\n", machine);
  check(head + "addresses: [10.0.0.1/24]\n", head + "addresses: [10.0.0.1]\n", maybe);
  check(head + "addresses: ['[fd00::1]']\n", head + "addresses: ['fd00::1']\n", maybe);
  check(head + "labels: {version: 1.10}\n", head + "labels: {version: \"1.10\"}\n", machine);
  check("nodes:\n  - name: node-1\n" + head + "node: 'node-2'\n",
        "nodes:\n  - name: node-1\n" + head + "node: 'node-1'\n", maybe);
  check(head + "sa: x\noverlay:\n  - {name: wbe, addresses: [10.0.0.1]}\n",
        head + "sa: x\noverlay:\n  - {name: web, addresses: [10.0.0.1]}\n", maybe);
  check(R"({"workloads": [{"name": "web", "labels": {"on": true}}]})",
        R"({"workloads": [{"name": "web", "labels": {"on": "true"}}]})", machine);
}

TEST_CASE("where a text is written with escapes there is advice, and no fix", "[inventory][fix]") {
  const Reading reading = read_text("workloads:\n  - name: web\n    \"addrese\\x73\": [10.0.0.1]\n");
  REQUIRE(reading.diagnostics.all().size() == 1);
  CHECK(reading.diagnostics.all()[0].fixes.empty());
  CHECK(reading.diagnostics.all()[0].suggestions == std::vector<std::string>{"did you mean `addresses`?"});
}

}  // namespace weft::inventory::test
