// Files and standard modules that a policy imports.

#include <catch2/catch.hpp>

#include "stdlib-policies/modules.h"
#include "support.h"

namespace {

using namespace weft;
using frontend_tests::read;
using frontend_tests::read_beside;

}  // namespace

TEST_CASE("an imported file is part of the policy, once, however files import one another", "[frontend][imports]") {
  const auto got = read_beside(
      "import \"a.weft\"\nimport \"b.weft\"\npolicy p { allow web -> db : pg }\n",
      {{"a.weft", "import \"b.weft\"\nimport \"test0.weft\"\ngroup web = app == \"web\"\n"},
       {"b.weft", "import \"a.weft\"\nlabel app : string\ngroup db = app == \"db\"\nservice pg = tcp/5432\n"}});
  INFO(got.shown());
  CHECK(got.codes().empty());
  CHECK(got.files.size() == 3);
  CHECK(got.policy.groups.size() == 2);
}

TEST_CASE("what cannot be imported is one error, and its names are not missed", "[frontend][imports]") {
  const auto got = read_beside("import \"gone.weft\"\npolicy p { allow web -> db : pg }\n", {});
  CHECK(got.codes() == "W9002");
  CHECK(read("import std.core.dsn\nuse cluster_dns(clients = web)\n").codes() == "W1079");
}

TEST_CASE("templates of a standard module are there, its tests are not", "[frontend][imports]") {
  const auto got = read("import std.core.dns\nlabel app : string\nuse cluster_dns(clients = app == \"x\")\n");
  INFO(got.shown());
  CHECK(got.codes().empty());
  REQUIRE(got.policy.rules.size() == 1);
  CHECK(got.policy.blocks[0].name == "cluster_dns/dns");
  CHECK(got.policy.tests.empty());
  CHECK(got.sources[got.files[1].source].name() == "std/core/dns.weft");
}

TEST_CASE("what the user says of a label comes before what a module says", "[frontend][imports]") {
  const std::string import = "import std.core.dns\nuse cluster_dns(clients = workload)\n";
  const auto domain = [](const frontend_tests::Read& read) {
    return read.policy.schema.at(model::keys::of_workload("k8s-app")).values;
  };
  CHECK_FALSE(domain(read(import)));
  const auto same = read(import + "label `k8s-app` : string\n");
  CHECK(same.codes().empty());
  const auto finite = read(import + "label `k8s-app` : \"kube-dns\" | \"proxy\"\n");
  CHECK(finite.codes().empty());
  CHECK(domain(finite)->size() == 2);
  // Twice by the user stays twice.
  CHECK(read(import + "label `k8s-app` : string\nlabel `k8s-app` : string\n").codes() == "W1019");
}

TEST_CASE("every standard module reads without a finding, whatever of it is used", "[frontend][imports]") {
  REQUIRE(stdlib_policies::modules().size() >= 8);
  for (const auto& module : stdlib_policies::modules()) {
    const auto alone = read(std::string(module.text));
    INFO(module.path << "\n" << alone.shown());
    CHECK(alone.codes().empty());
    const auto imported = read("import " + std::string(module.name) +
                               "\nlabel app : string\ntiers a, b\n"
                               "policy p in a { allow app == \"x\" -> world : tcp }\n");
    INFO(imported.shown());
    CHECK(imported.codes().empty());
  }
}
