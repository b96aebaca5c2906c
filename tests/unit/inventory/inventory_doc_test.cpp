// docs/inventory.md promises: each of its blocks marked `yaml` is an inventory without a finding. What is meant to fail
// or is a part only is marked otherwise.

#include <catch2/catch.hpp>

#include <sstream>

#include "support.h"

namespace weft::inventory::test {
namespace {

std::vector<std::string> examples() {
  std::vector<std::string> out;
  std::istringstream page(read_file(WEFT_SOURCE_DIR "/docs/inventory.md"));
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      out.back() += line + "\n";
    } else if (line == "```yaml") {
      inside = true;
      out.emplace_back();
    }
  }
  CHECK(!inside);
  return out;
}

TEST_CASE("each example of the inventory page can be copied", "[inventory]") {
  const std::vector<std::string> all = examples();
  REQUIRE(all.size() == 2);
  for (const std::string& text : all) {
    INFO(text);
    const Reading reading = read_good({text});
    CHECK(reading.diagnostics.empty());
    CHECK(!reading.inventory.instances.empty());
  }
  const Reading own = read_good({all[0]});
  REQUIRE(own.inventory.find("shop/web-1") != nullptr);
  CHECK(own.inventory.find("shop/web-1")->attach->interface == "veth-web-1");
  const Reading overlaid = read_good({all[1]});
  REQUIRE(overlaid.inventory.find("default/frontend") != nullptr);
  CHECK(overlaid.inventory.find("default/frontend")->attach->interface == "veth-frontend");
}

TEST_CASE("the examples of the inventory page are one inventory as well", "[inventory]") {
  // They share the node; whoever copies both has to state it once.
  const std::vector<std::string> all = examples();
  const Reading both = read_texts(all);
  CHECK(both.codes() == std::vector<std::string>{"W2017"});
}

}  // namespace
}  // namespace weft::inventory::test
