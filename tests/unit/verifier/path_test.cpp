#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::Selector;

namespace {

Builder three_hops() {
  Builder out;
  out.allow(app("web"), app("api"), tcp(443));
  out.allow(app("api"), app("queue"), tcp(5672));
  out.allow(app("queue"), app("db"), tcp(5432));
  return out;
}

model::Assertion& claim(Builder& builder, Selector source, Selector destination, model::PortSet ports) {
  builder.never(std::move(source), std::move(destination), std::move(ports));
  model::Assertion& out = builder.policy.assertions.back();
  out.chain = true;
  return out;
}

Answer answer(const Builder& builder, Options options = {}, const model::Inventory* inventory = nullptr) {
  options.dump_smt.reset();
  return check(builder.policy, inventory, options).assertions.at(0).answer;
}

std::vector<std::string> hops(const Answer& answer) {
  std::vector<std::string> out;
  if (const auto* refuted = std::get_if<Refuted>(&answer)) {
    for (const Witness& hop : refuted->chain) out.push_back(describe(hop));
  }
  return out;
}

std::string said(const Builder& builder, const model::Inventory* inventory = nullptr) {
  const Report report = check(builder.policy, inventory, Options{});
  const Sources sources = builder.sources();
  Diagnostics diagnostics;
  report_to(report, builder.policy, sources, diagnostics);
  return render(diagnostics, sources, {});
}

}  // namespace

TEST_CASE("a chain is refuted with a shortest one, hop by hop", "[verifier]") {
  Builder builder = three_hops();
  claim(builder, app("web"), app("db"), any_port());
  CHECK(hops(answer(builder)) ==
        std::vector<std::string>{"workload {app: \"web\"} -> workload {app: \"api\"} : tcp/443",
                                 "workload {app: \"api\"} -> workload {app: \"queue\"} : tcp/5672",
                                 "workload {app: \"queue\"} -> workload {app: \"db\"} : tcp/5432"});
  builder.allow(app("api"), app("db"), tcp(5432));
  CHECK(hops(answer(builder)).size() == 2);
}

TEST_CASE("a chain claim is proved where no row of hops leads there", "[verifier]") {
  Builder builder = three_hops();
  claim(builder, app("db"), app("web"), any_port());
  CHECK(std::holds_alternative<Proved>(answer(builder)));
}

TEST_CASE("the service of a chain is that of its last hop", "[verifier]") {
  Builder builder = three_hops();
  SECTION("which nobody allows") { claim(builder, app("web"), app("db"), tcp(22)); }
  SECTION("which another hop has") { claim(builder, app("web"), app("db"), tcp(443)); }
  CHECK(std::holds_alternative<Proved>(answer(builder)));
}

TEST_CASE("whom a chain avoids passes nothing on", "[verifier]") {
  Builder builder = three_hops();
  model::Assertion& about = claim(builder, app("web"), app("db"), any_port());
  SECTION("and so nothing gets there") {
    about.avoiding = app("queue");
    CHECK(std::holds_alternative<Proved>(answer(builder)));
  }
  SECTION("and the ends of the chain are none that pass on") {
    about.avoiding = Selector::any_of({app("web"), app("db")});
    CHECK(hops(answer(builder)).size() == 3);
  }
}

TEST_CASE("the world relays nothing", "[verifier]") {
  Builder builder;
  builder.allow(app("web"), Selector::world(), any_port());
  builder.allow(Selector::world(), app("db"), any_port());
  SECTION("in the middle") {
    claim(builder, app("web"), app("db"), any_port());
    CHECK(std::holds_alternative<Proved>(answer(builder)));
  }
  SECTION("but it may be where a chain begins") {
    claim(builder, Selector::world(), app("db"), any_port());
    CHECK(hops(answer(builder)).size() == 1);
  }
}

TEST_CASE("where a chain ends, somebody like those in between may be", "[verifier]") {
  // Nobody but `b` is out of the reach of `a`, and whoever is reached behaves as `b` does.
  Builder builder;
  builder.deny(app("a"), app("b"), tcp(80));
  builder.allow(Selector::workload(), Selector::workload(), tcp(22));
  builder.allow(Selector::workload(), Selector::workload(), tcp(80));
  claim(builder, app("a"), app("b"), tcp(80));
  CHECK(hops(answer(builder)) == std::vector<std::string>{"workload {app: \"a\"} -> workload without labels : tcp/80",
                                                          "workload without labels -> workload {app: \"b\"} : tcp/80"});
}

TEST_CASE("a value that relations carry along is followed from hop to hop", "[verifier]") {
  const model::LabelKey tenant = model::keys::of_workload("tenant");
  const auto of = [&](const char* name) { return Selector::equals(tenant, name); };
  Builder builder;
  builder.allow(Selector::workload(), Selector::workload(), tcp(80)).relations = {{tenant, tenant, true}};
  claim(builder, of("a"), of("b"), any_port());
  CHECK(std::holds_alternative<Proved>(answer(builder)));
  builder.allow(Selector::negation(Selector::has(tenant)), of("b"), tcp(80));
  CHECK(std::holds_alternative<Proved>(answer(builder)));
  builder.allow(of("a"), Selector::all_of({Selector::workload(), Selector::negation(Selector::has(tenant))}), tcp(80));
  CHECK(hops(answer(builder)).size() == 2);
}

TEST_CASE("chains over more kinds of workloads than are followed are undecided, never proved", "[verifier]") {
  Builder builder = three_hops();
  claim(builder, app("web"), app("nobody"), any_port());
  Options options;
  options.max_behaviours = 2;
  const Answer given = answer(builder, options);
  REQUIRE(std::holds_alternative<Undecided>(given));
  CHECK(std::get<Undecided>(given).why == "more than 2 kinds of workloads that behave differently can be reached");
  options.max_behaviours = 3;
  CHECK(std::holds_alternative<Proved>(answer(builder, options)));
}

TEST_CASE("a chain lasts as long as each of its hops", "[verifier]") {
  Builder builder = three_hops();
  builder.policy.rules[1].expires = model::Moment{100};
  claim(builder, app("web"), app("db"), any_port());
  Options options;
  options.now = model::Moment{0};
  const AssertionResult result = check(builder.policy, nullptr, options).assertions.at(0);
  REQUIRE(result.parts.size() == 2);
  CHECK(std::holds_alternative<Refuted>(result.parts[0].answer));
  CHECK(result.parts[0].when == Interval{model::Moment{0}, model::Moment{100}});
  CHECK(std::holds_alternative<Proved>(result.parts[1].answer));
}

TEST_CASE("a claim about an inventory is undecided without one", "[verifier]") {
  Builder builder = three_hops();
  builder.never(app("web"), app("db"), any_port()).policy.assertions.back().in_inventory = true;
  CHECK(std::holds_alternative<Undecided>(answer(builder)));
  CHECK(said(builder).find("it is about an inventory, and none is given") != std::string::npos);
  CHECK(said(builder).find("= help: give one with `--inventory FILE`") != std::string::npos);
}

namespace {

model::Inventory shop() {
  model::Inventory out;
  for (const char* name : {"web", "api", "queue", "db"}) {
    model::Instance instance;
    instance.name = name;
    instance.peer.kind = model::PeerKind::Workload;
    instance.peer.labels[model::keys::of_workload("app")] = name;
    out.instances.push_back(std::move(instance));
  }
  for (std::uint32_t i = 0; i < out.instances.size(); ++i) out.instances[i].peer.instance = model::InstanceId{i};
  out.index();
  return out;
}

}  // namespace

TEST_CASE("claims about an inventory", "[verifier]") {
  Builder builder = three_hops();
  const model::Inventory inventory = shop();
  SECTION("what may exist and does not is none of their business") {
    builder.allow(app("cache"), app("db"), tcp(22));
    builder.never(Selector::any(), app("db"), tcp(22));
    CHECK(std::holds_alternative<Refuted>(answer(builder, {}, &inventory)));
    builder.policy.assertions.back().in_inventory = true;
    CHECK(std::holds_alternative<Proved>(answer(builder, {}, &inventory)));
  }
  SECTION("a flow that is refuted is named by its workloads") {
    builder.never(Selector::workload(), app("db"), any_port()).policy.assertions.back().in_inventory = true;
    const Answer given = answer(builder, {}, &inventory);
    REQUIRE(std::holds_alternative<Refuted>(given));
    CHECK(describe(std::get<Refuted>(given).witness) == "`queue` -> `db` : tcp/5432");
  }
  SECTION("chains") {
    claim(builder, app("web"), app("db"), any_port()).in_inventory = true;
    CHECK(hops(answer(builder, {}, &inventory)) == std::vector<std::string>{"`web` -> `api` : tcp/443",
                                                                            "`api` -> `queue` : tcp/5672",
                                                                            "`queue` -> `db` : tcp/5432"});
    const std::string text = said(builder, &inventory);
    CHECK(text.find("`web` reaches `db` on tcp/5432 in 3 hops") != std::string::npos);
    CHECK(text.find("= note: hop 2: `api` -> `queue` : tcp/5672") != std::string::npos);
  }
  SECTION("a chain that must be there") {
    model::Assertion& about = claim(builder, app("web"), app("db"), tcp(5432));
    about.kind = model::Assertion::Kind::Always;
    about.in_inventory = true;
    CHECK(std::holds_alternative<Proved>(answer(builder, {}, &inventory)));
    builder.policy.assertions.back().avoiding = app("api");
    const Answer given = answer(builder, {}, &inventory);
    REQUIRE(std::holds_alternative<Refuted>(given));
    CHECK(describe(std::get<Refuted>(given).witness) == "`web` -> `db` : tcp/5432");
  }
  SECTION("only flows whose ends are related as it asks") {
    const model::LabelKey key = model::keys::of_workload("app");
    builder.never(app("web"), Selector::workload(), any_port()).policy.assertions.back().relations = {{key, key, true}};
    builder.policy.assertions.back().in_inventory = true;
    Answer given = answer(builder, {}, &inventory);
    REQUIRE(std::holds_alternative<Proved>(given));  // `web` reaches `api`, which is another one
    CHECK(std::get<Proved>(given).why == "no two of them are as its `when` asks");
    builder.policy.assertions.back().relations[0].equal = false;
    given = answer(builder, {}, &inventory);
    REQUIRE(std::holds_alternative<Refuted>(given));
    CHECK(describe(std::get<Refuted>(given).witness) == "`web` -> `api` : tcp/443");
  }
  SECTION("nobody whom it speaks of") {
    builder.never(app("nobody"), app("db"), any_port()).policy.assertions.back().in_inventory = true;
    const Answer given = answer(builder, {}, &inventory);
    REQUIRE(std::holds_alternative<Proved>(given));
    CHECK(std::get<Proved>(given).vacuous);
  }
}

TEST_CASE("the world of an inventory is tried at both families of addresses", "[verifier]") {
  const auto world_v4 = [] { return Selector::all_of({Selector::world(), Selector::address(network("52.0.0.0/8"))}); };
  model::Inventory inventory;
  model::Instance& only = inventory.instances.emplace_back();
  only.name = "w6";
  only.peer.kind = model::PeerKind::Workload;
  only.peer.instance = model::InstanceId{0};
  only.addresses.push_back(*model::parse_address("fd00::1"));
  inventory.index();
  Builder builder;
  const auto check_all = [&](Selector source, Selector destination, bool chain) {
    builder.never(source, destination, tcp(443)).policy.assertions.back().in_inventory = true;
    builder.policy.assertions.back().chain = chain;
    const Answer given = answer(builder, {}, &inventory);
    REQUIRE(std::holds_alternative<Refuted>(given));
    const Witness& witness = std::get<Refuted>(given).witness;
    REQUIRE(witness.decision.allowed);
    for (const auto& address : {witness.source_address, witness.destination_address}) {
      CHECK(address->family == model::Family::V6);
    }
  };
  SECTION("at the source") {
    builder.deny(world_v4(), Selector::workload(), tcp(22));
    builder.allow(Selector::world(), Selector::workload(), tcp(443));
    check_all(Selector::world(), Selector::workload(), GENERATE(false, true));
  }
  SECTION("at the destination") {
    builder.deny(Selector::workload(), world_v4(), tcp(22));
    builder.allow(Selector::workload(), Selector::world(), tcp(443));
    check_all(Selector::workload(), Selector::world(), GENERATE(false, true));
  }
}
