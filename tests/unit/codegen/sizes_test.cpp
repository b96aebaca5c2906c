#include "codegen/sizes.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "bundle/abi.h"
#include "codegen/codegen.h"
#include "codegen/explanation.h"
#include "plan/build.h"
#include "tests/support/world.h"

using namespace weft;

namespace {

std::uint64_t global_bytes(const std::vector<bundle::MapImage>& images) {
  std::uint64_t out = 0;
  for (const bundle::MapImage& image : images) out += image.value.size();
  return out;
}

bool has(const std::vector<bundle::MapImage>& images, std::string_view name) {
  return std::ranges::find(images, name, &bundle::MapImage::name) != images.end();
}

test::WorldOptions plain() {
  test::WorldOptions out = test::WorldOptions::small();
  out.relations = out.peer_nodes = out.audit = out.deadlines = false;
  return out;
}

}  // namespace

TEST_CASE("tables are as large as was said before there were any", "[codegen]") {
  std::vector<test::World> worlds;
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    worlds.push_back(test::generate_world(seed, test::WorldOptions::small()));
  worlds.push_back(test::generate_world(1, test::WorldOptions::big()));
  for (const test::World& world : worlds) {
    const auto plan = plan::build(world.policy, world.inventory);
    REQUIRE(plan);
    for (const codegen::Strategy strategy : {codegen::Strategy::Rows, codegen::Strategy::Matrix}) {
      const codegen::Options options{.strategy = strategy};
      const auto images = codegen::emit_images(*plan, options);
      REQUIRE(images);
      CHECK(global_bytes(*images) == codegen::table_sizes(*plan, options).total());
    }
  }
}

TEST_CASE("a budget of exactly what tables take is kept, one byte less is exceeded", "[codegen]") {
  const test::World world = test::generate_world(7, test::WorldOptions::big());
  const auto plan = plan::build(world.policy, world.inventory);
  REQUIRE(plan);
  const std::uint64_t bytes = codegen::table_sizes(*plan, {}).total();
  CHECK(codegen::emit_images(*plan, {.table_budget = bytes}));
  const auto out = codegen::emit_images(*plan, {.table_budget = bytes - 1});
  REQUIRE_FALSE(out);
  CHECK(out.error().code == "W4101");
}

TEST_CASE("a matrix is there where nothing but ends and services has a say", "[codegen]") {
  const codegen::Options options{.strategy = codegen::Strategy::Matrix};
  std::size_t matrices = 0, rows = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const test::World world = test::generate_world(seed, test::WorldOptions::small());
    const auto plan = plan::build(world.policy, world.inventory);
    REQUIRE(plan);
    const auto images = codegen::emit_images(*plan, options);
    REQUIRE(images);
    for (const bool egress : {true, false}) {
      const plan::Gate& gate = egress ? plan->egress : plan->ingress;
      const std::string name = egress ? "weft_egress_" : "weft_ingress_";
      const auto audited = [](const plan::Gate& each) {
        return std::ranges::any_of(each.entries, &plan::Entry::audited);
      };
      const bool asks =
          audited(plan->egress) || audited(plan->ingress) ||
          std::ranges::any_of(gate.entries, [](const plan::Entry& entry) { return !entry.conditions.empty(); });
      CHECK(has(*images, name + "matrix") == !asks);
      CHECK(has(*images, name + "own_rows") == asks);
      CHECK(has(*images, name + "actions") == asks);
      ++(asks ? rows : matrices);
    }
  }
  CHECK(matrices > 10);
  CHECK(rows > 10);
}

TEST_CASE("a matrix that is too large is rows, and says so", "[codegen]") {
  plan::DecisionPlan plan;
  plan.classes.resize(3'000);
  for (std::uint32_t c = 0; c < plan.classes.size(); ++c) plan.classes[c].row = c;
  plan.atoms = {{{0, model::last_service_point}, plan::AtomId{0}}};
  plan.atom_count = 1;
  plan.tiers = 1;
  for (plan::Gate* gate : {&plan.egress, &plan.ingress}) {
    gate->entries.resize(WEFT_ENTRY_FIRST + 1);
    gate->own_rows.assign(plan.classes.size(), plan::Bits(gate->entries.size()));
    gate->peer_rows = gate->own_rows;
    gate->atom_rows.assign(1, plan::Bits(gate->entries.size()));
  }
  const codegen::Options options{.strategy = codegen::Strategy::Matrix};
  CHECK(codegen::table_sizes(plan, options).egress.strategy == codegen::Strategy::Rows);
  const std::string text = to_string(codegen::explanation(plan, options));
  CHECK_THAT(
      text,
      Catch::Contains("- matrix    1 look a packet, 134217728 bytes: not taken: a matrix would be larger than 16 MiB"));
}

TEST_CASE("what is explained names every choice with its bytes", "[codegen]") {
  const test::World world = test::generate_world(3, plain());
  const auto plan = plan::build(world.policy, world.inventory);
  REQUIRE(plan);
  const std::string rows = to_string(codegen::explanation(*plan, {}));
  for (const char* says : {"tables take", "egress gate: rows of bits", "ingress gate: rows of bits", "where to begin",
                           "what each entry does", "it is taken only where it is asked for", "IPv4 addresses",
                           "IPv6 addresses", "services"}) {
    CHECK_THAT(rows, Catch::Contains(says));
  }
  const std::string matrix = to_string(codegen::explanation(*plan, {.strategy = codegen::Strategy::Matrix}));
  CHECK_THAT(matrix, Catch::Contains("egress gate: a matrix") && Catch::Contains("- rows "));
}

TEST_CASE("the times that are explained are those of the page of figures", "[codegen]") {
  std::ifstream file(WEFT_SOURCE_DIR "/docs/performance.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::string says(codegen::measured("egress gate"));
  for (const char* figures : {"0.55 to 0.59", "0.70 to 0.73"}) CHECK_THAT(says, Catch::Contains(figures));
  CHECK_THAT(page, Catch::Contains("IPv4 0.55 to 0.59 hot") && Catch::Contains("0.70 to 0.73 random; IPv6"));
  CHECK(codegen::measured("services").empty());
}
