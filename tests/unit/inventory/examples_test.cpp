#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "support.h"

namespace weft::inventory::test {
namespace {

const std::string example = WEFT_SOURCE_DIR "/examples/online-boutique/";
const std::string corpus = WEFT_SOURCE_DIR "/../shared/corpus/";

// True where the collection of public manifests lies beside the sources; ctest reads the words printed otherwise.
bool have_corpus() {
  if (std::filesystem::is_directory(corpus)) return true;
  std::cout << "SKIPPED: no collection of public manifests at " << corpus << '\n';
  return false;
}

// What must be the same whether our own inventory is read or the public manifests with their overlay: all but the names
// of ports, which the manifests mostly leave out, and the labels of the namespace, which they do not list.
std::string without_ports_and_namespaces(model::Inventory inventory) {
  std::erase_if(inventory.instances, [](const model::Instance& i) { return i.peer.kind == model::PeerKind::Node; });
  for (model::Instance& instance : inventory.instances) {
    instance.peer.ports.clear();
    instance.peer.node.reset();
    std::erase_if(instance.peer.labels,
                  [](const auto& label) { return label.first.scope == model::KeyScope::Namespace; });
  }
  inventory.namespaces.clear();
  std::ranges::sort(inventory.instances, {}, &model::Instance::name);
  return dump(inventory);
}

TEST_CASE("the inventory of Online Boutique is complete", "[inventory]") {
  const Reading reading = read_good({read_file(example + "inventory.yaml")});
  REQUIRE(reading.inventory.instances.size() == 13);
  std::set<std::string> interfaces;
  for (const model::Instance& instance : reading.inventory.instances) {
    INFO(instance.name);
    CHECK(instance.addresses.size() == 2);
    if (instance.peer.kind == model::PeerKind::Node) continue;
    REQUIRE(instance.attach);
    CHECK(interfaces.insert(instance.attach->interface).second);
    CHECK(instance.peer.node == model::InstanceId{0});
    CHECK(instance.peer.ports.size() == (instance.name == "default/loadgenerator" ? 0 : 1));
  }
}

TEST_CASE("the public manifests of Online Boutique with the overlay are the same inventory", "[inventory][shared]") {
  if (!have_corpus()) return;
  const Reading own = read_good({read_file(example + "inventory.yaml")});
  const Reading public_one =
      read_good({read_file(corpus + "GoogleCloudPlatform__microservices-demo/release/kubernetes-manifests.yaml"),
                 read_file(example + "manifests-overlay.yaml")});
  CHECK(without_ports_and_namespaces(own.inventory) == without_ports_and_namespaces(public_one.inventory));
  for (const model::Instance& instance : public_one.inventory.instances) {
    if (instance.peer.kind == model::PeerKind::Workload) CHECK(public_one.inventory[*instance.peer.node].name == "n1");
  }
}

TEST_CASE("every public manifest is read", "[inventory][shared]") {
  if (!have_corpus()) return;
  std::size_t files = 0;
  std::size_t workloads = 0;
  std::map<std::string, std::size_t> codes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    const std::string extension = entry.path().extension().string();
    if (!entry.is_regular_file() || (extension != ".yaml" && extension != ".yml" && extension != ".json")) continue;
    ++files;
    INFO(entry.path().string());
    const Reading reading = read_text(read_file(entry.path().string()));
    workloads += reading.inventory.instances.size();
    for (const std::string& code : reading.codes()) ++codes[code];
    const std::string show = std::getenv("WEFT_SHOW_CORPUS") ? reading.rendered() : std::string();
    if (reading.diagnostics.has_errors() && !show.empty()) std::cout << entry.path().string() << '\n' << show << '\n';
  }
  std::string counts;
  for (const auto& [code, count] : codes) counts += fmt::format(" {} {},", code, count);
  std::cout << fmt::format("{} manifests, {} workloads and nodes;{}\n", files, workloads, counts);
  CHECK(files > 0);
  CHECK(workloads > 0);
}

}  // namespace
}  // namespace weft::inventory::test
