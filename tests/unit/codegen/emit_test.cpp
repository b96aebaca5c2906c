#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <tuple>

#include <fmt/format.h>
#include <unistd.h>

#include "bundle/abi.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/support/world.h"

using namespace weft;

namespace {

// One class of workloads, one of strangers, one atom, and only the default entry: the smallest plan there is.
plan::DecisionPlan smallest() {
  plan::DecisionPlan plan;
  plan.classes.resize(3);
  plan.atoms = {{{0, model::last_service_point}, plan::AtomId{0}}};
  plan.atom_count = 1;
  plan.tiers = 1;
  plan.v4.otherwise.class_id = plan::ClassId{1};
  plan.v6.otherwise.class_id = plan::ClassId{1};
  for (plan::Gate* gate : {&plan.egress, &plan.ingress}) {
    gate->entries.resize(WEFT_ENTRY_FIRST + 1);
    plan::Bits all(gate->entries.size()), none(gate->entries.size());
    all.set(WEFT_ENTRY_FIRST);
    gate->own_rows = {none, all, all};
    gate->peer_rows = {none, all, all};
    gate->atom_rows = {all};
  }
  return plan;
}

bundle::Bundle emitted(const plan::DecisionPlan& plan, const codegen::Options& options = {}) {
  auto out = codegen::emit(plan, options);
  REQUIRE(out.has_value());
  return std::move(*out);
}

std::set<std::string> names(const bundle::Bundle& bundle) {
  std::set<std::string> out;
  for (const auto& image : bundle.images) out.insert(image.name);
  return out;
}

bool holds(const bundle::Bundle& bundle, std::string_view text) {
  return std::search(bundle.object.begin(), bundle.object.end(), text.begin(), text.end()) != bundle.object.end();
}

const bundle::MapImage& image(const bundle::Bundle& bundle, std::string_view name) {
  const auto found = std::ranges::find(bundle.images, name, &bundle::MapImage::name);
  REQUIRE(found != bundle.images.end());
  return *found;
}

}  // namespace

TEST_CASE("the same plan gives the same bytes", "[codegen]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const test::World world = test::generate_world(seed);
    const auto plan = plan::build(world.policy, world.inventory);
    REQUIRE(plan);
    CHECK(emitted(*plan) == emitted(*plan));
  }
}

TEST_CASE("the bytes depend on nothing in the working directory", "[codegen]") {
  namespace fs = std::filesystem;
  const bundle::Bundle here = emitted(smallest());
  const fs::path before = fs::current_path(),
                 planted = fs::temp_directory_path() / fmt::format("weft-cwd-{}", ::getpid());
  for (const auto& entry : fs::directory_iterator(WEFT_SOURCE_DIR "/codegen/datapath")) {
    const fs::path path = planted / "codegen/datapath" / entry.path().filename();
    fs::create_directories(path.parent_path());
    std::ofstream(path) << std::string(2000, '\n') << "planted";
  }
  fs::current_path(planted);
  const bundle::Bundle there = emitted(smallest());
  fs::current_path(before);
  fs::remove_all(planted);
  CHECK(here == there);
}

TEST_CASE("the program is the same for all policies of one shape", "[codegen]") {
  plan::DecisionPlan a = smallest(), b = smallest();
  b.egress.entries.back().verdict = model::Verdict::Deny;
  a.egress.entries.back().verdict = model::Verdict::Allow;
  const bundle::Bundle one = emitted(a), other = emitted(b);
  CHECK(one.object == other.object);
  CHECK(one.images != other.images);
}

TEST_CASE("an object that libbpf and people can read", "[codegen]") {
  const bundle::Bundle bundle = emitted(smallest());
  REQUIRE(bundle.object.size() > 64);
  CHECK(std::memcmp(bundle.object.data(), "\177ELF", 4) == 0);
  for (const char* section : {".BTF", ".BTF.ext", ".maps", "license", ".symtab"}) CHECK(holds(bundle, section));
  for (const char* section : {".eh_frame", ".debug_info", ".debug_line"}) CHECK_FALSE(holds(bundle, section));
  CHECK_FALSE(holds(bundle, WEFT_SOURCE_DIR));  // nothing of the place where Weft was built
  CHECK(bundle.manifest.figures.at("classes") == 3);
  CHECK(bundle.manifest.figures.at("instructions") > 100);
}

TEST_CASE("what a policy does not need is not there", "[codegen]") {
  plan::DecisionPlan plan = smallest();
  SECTION("IPv6") {
    CHECK_FALSE(holds(emitted(plan), "weft_read6"));
    plan.v6.exact.push_back({*model::parse_address("fd00::1"), {plan::ClassId{2}, 0}});
    const bundle::Bundle six = emitted(plan);
    CHECK(holds(six, "weft_read6"));
    CHECK(names(six).contains("weft_hosts6"));
    CHECK_FALSE(names(six).contains("weft_exact6"));
  }
  SECTION("state") {
    CHECK(holds(emitted(plan), "weft_connections4"));
    CHECK_FALSE(holds(emitted(plan), "weft_connections6"));
    CHECK_FALSE(holds(emitted(plan, {.stateless = true}), "weft_connections4"));
    CHECK_FALSE(holds(emitted(plan, {.stateless = true}), "weft_is_answer4"));
  }
  SECTION("counters") {
    CHECK(holds(emitted(plan), "weft_counters_egress"));
    CHECK_FALSE(holds(emitted(plan, {.uncounted = true}), "weft_counters_egress"));
  }
  SECTION("homes, hashes, tries") {
    plan.v4.direct.push_back({model::v4_address(0x0A000000), std::vector<plan::Identity>(4)});
    CHECK(names(emitted(plan)) ==
          std::set<std::string>{"weft_atoms_by_protocol", "weft_direct4_0", "weft_egress_actions",
                                "weft_egress_atom_rows", "weft_egress_own_first", "weft_egress_own_rows",
                                "weft_egress_peer_first", "weft_egress_peer_rows", "weft_ingress_actions",
                                "weft_ingress_atom_rows", "weft_ingress_own_first", "weft_ingress_own_rows",
                                "weft_ingress_peer_first", "weft_ingress_peer_rows"});
    plan.uses_homes = plan.own_node_may_enter = true;
    plan.v4.exact.push_back({*model::parse_address("192.0.2.7"), {plan::ClassId{2}, 0x8001}});
    plan.v4.prefixes.push_back({*model::parse_prefix("192.0.2.0/24"), {plan::ClassId{1}, 0}});
    const bundle::Bundle more = emitted(plan);
    for (const char* name : {"weft_homes4_0", "weft_exact4", "weft_prefixes4"}) CHECK(names(more).contains(name));
    CHECK(image(more, "weft_exact4").entries == std::vector<bundle::MapEntry>{{{7, 2, 0, 192}, {2, 0, 1, 0x80}}});
    CHECK(image(more, "weft_prefixes4").entries ==
          std::vector<bundle::MapEntry>{{{24, 0, 0, 0, 192, 0, 2, 0}, {1, 0, 0, 0}}});
  }
}

TEST_CASE("rows hold every bit, and a summary of them", "[codegen]") {
  for (const std::size_t entries : {9U, 64U, 65U, 128U, 256U, 257U, 1024U, 4096U, 4097U, 10'000U}) {
    plan::DecisionPlan plan = smallest();
    test::Random random(entries);
    plan.egress.entries.assign(entries, {});
    std::vector<plan::Bits> rows;
    for (int row = 0; row < 3; ++row) {
      plan::Bits bits(entries);
      for (std::size_t e = WEFT_ENTRY_FIRST; e < entries; ++e) {
        if (row != 0 && random.chance(3)) bits.set(e);
      }
      rows.push_back(bits);
    }
    plan.egress.own_rows = plan.egress.peer_rows = rows;
    plan.egress.atom_rows = {rows[2]};
    const bundle::Bundle bundle = emitted(plan, {.stateless = true, .uncounted = true});
    const bundle::Bytes& bytes = image(bundle, "weft_egress_own_rows").value;
    // Never fewer than two of anything: see "one text".
    const std::size_t filled = (entries + 63) / 64, words = std::max<std::size_t>(filled, 2);
    const std::size_t summary = std::max<std::size_t>((words + 63) / 64, 2);
    const std::size_t length = words + summary, stride = length <= 8 ? std::bit_ceil(length) : (length + 7) / 8 * 8;
    const auto word = [&](std::size_t at) {
      std::uint64_t out = 0;
      REQUIRE((at + 1) * 8 <= bytes.size());
      std::memcpy(&out, bytes.data() + at * 8, 8);
      return out;
    };
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t w = 0; w < words; ++w) {
        const std::uint64_t expected = w < filled ? rows[row].words()[w] : 0;
        CHECK(word(row * stride + summary + w) == expected);
        CHECK((word(row * stride + w / 64) >> (w % 64) & 1) == (expected != 0 ? 1U : 0U));
      }
    }
  }
}

namespace {

model::Instance workload(std::uint32_t number, const std::string& app) {
  model::Instance out;
  out.name = fmt::format("w{}", number);
  out.peer.kind = model::PeerKind::Workload;
  out.peer.instance = model::InstanceId{number};
  out.peer.labels = {{model::keys::of_workload("app"), app}};
  out.addresses = {model::v4_address(0x0A000000 + number),
                   *model::parse_address(fmt::format("fd00::{:x}", number + 1))};
  return out;
}

// Names of the tables that two bundles of one shape do not share.
std::set<std::string> changed(const bundle::Bundle& before, const bundle::Bundle& after) {
  std::set<std::string> out;
  REQUIRE(names(before) == names(after));
  for (const bundle::MapImage& one : before.images) {
    if (one != image(after, one.name)) out.insert(one.name);
  }
  return out;
}

}  // namespace

TEST_CASE("an inventory that needs no new class has other tables of addresses and nothing else", "[codegen]") {
  const auto app = [](std::string name) {
    return model::Selector::equals(model::keys::of_workload("app"), std::move(name));
  };
  model::Policy policy;
  policy.profile = *model::find_profile("strict");
  policy.tiers = {{.name = "main"}};
  policy.blocks.emplace_back();
  for (const auto& [from, to, port] : {std::tuple("web", "db", 5432), {"db", "cache", 6379}, {"batch", "web", 80}}) {
    model::Rule rule;
    rule.source = app(from);
    rule.destination = app(to);
    rule.ports.points = model::PointSet::of_range(model::protocol::tcp, static_cast<std::uint16_t>(port),
                                                  static_cast<std::uint16_t>(port));
    policy.rules.push_back(std::move(rule));
  }
  const std::array<std::string, 4> apps{"web", "db", "cache", "batch"};
  model::Inventory inventory;
  for (std::uint32_t i = 0; i < 200; ++i) inventory.instances.push_back(workload(i, apps[i % apps.size()]));
  const auto built = [&](model::Inventory of) {
    of.index();
    const auto plan = plan::build(policy, of);
    REQUIRE(plan);
    return emitted(*plan);
  };
  const bundle::Bundle before = built(inventory);
  const std::set<std::string> addresses{"weft_direct4_0", "weft_direct6_0"};

  SECTION("two workloads change places, the first of their classes") {
    std::swap(inventory.instances[0].peer.labels, inventory.instances[1].peer.labels);
  }
  SECTION("one moves") {
    inventory.instances[7].addresses = {model::v4_address(0x0A0000F0), *model::parse_address("fd00::f0")};
  }
  SECTION("one leaves") { inventory.instances.pop_back(); }
  SECTION("one comes") { inventory.instances.push_back(workload(200, "cache")); }
  SECTION("a label that no rule knows") {
    inventory.instances[3].peer.labels[model::keys::of_workload("pod")] = "3";
    CHECK((built(inventory) == before));
    return;
  }
  SECTION("a rule that denies what it allowed moves nobody to another class") {
    policy.rules[0].verdict = model::Verdict::Deny;
    const std::set<std::string> tables = changed(before, built(inventory));
    CHECK(tables.contains("weft_egress_actions"));
    for (const std::string& name : addresses) CHECK_FALSE(tables.contains(name));
    return;
  }
  const bundle::Bundle after = built(inventory);
  CHECK(changed(before, after) == addresses);
  CHECK(after.object == before.object);
}

TEST_CASE("one text, however many entries", "[codegen]") {
  // What the masks and strides are does not change how many instructions a packet meets.
  std::set<std::uint64_t> sizes;
  for (const std::size_t entries : {9U, 100U, 1000U, 10'000U}) {
    plan::DecisionPlan plan = smallest();
    for (plan::Gate* gate : {&plan.egress, &plan.ingress}) {
      gate->entries.assign(entries, {});
      for (auto* rows : {&gate->own_rows, &gate->peer_rows, &gate->atom_rows}) {
        rows->assign(rows->size(), plan::Bits(entries));
      }
    }
    sizes.insert(emitted(plan).manifest.figures.at("instructions"));
  }
  CHECK(*sizes.rbegin() - *sizes.begin() <= 8);
}

TEST_CASE("too much is an error that says what is too much", "[codegen]") {
  plan::DecisionPlan plan = smallest();
  SECTION("table bytes") {
    plan.v4.direct.push_back({model::v4_address(0), std::vector<plan::Identity>(1U << 16U)});
    const auto out = codegen::emit(plan, {.table_budget = 100'000});
    REQUIRE_FALSE(out);
    CHECK(out.error().code == "W4101");
    CHECK_THAT(out.error().message, Catch::Contains("direct tables"));
    CHECK(codegen::emit(plan, {.table_budget = 200'000}));
  }
  SECTION("rows") {
    plan.classes.resize(60'000);
    plan.egress.own_rows.resize(60'000);
    plan.ingress.entries.resize(40'000);
    const auto out = codegen::emit(plan);
    REQUIRE_FALSE(out);
    CHECK(out.error().code == "W4101");
    CHECK_THAT(out.error().message, Catch::Contains("ingress gate (60000 classes in 60000 rows"));
  }
  SECTION("classes") {
    plan.classes.resize(65'536);
    const auto out = codegen::emit(plan);
    REQUIRE_FALSE(out);
    CHECK(out.error().code == "W4102");
  }
}

TEST_CASE("the IR is there for people", "[codegen]") {
  const auto text = codegen::emit_ir(smallest(), {.stateless = true});
  REQUIRE(text);
  CHECK_THAT(*text, Catch::Contains("define") && Catch::Contains("@weft_search_egress"));
  CHECK_THAT(*text, !Catch::Contains("@weft_connections4"));
}
