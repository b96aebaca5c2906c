// The readers of inventories (YAML, JSON; Weft's own form, Kubernetes objects) on any bytes: what comes out keeps the
// promises of model::Inventory, errors or not.
#include "inventory/inventory.h"

#include <algorithm>

#include "tests/fuzz/promises.h"

using namespace weft;

namespace {

struct Read {
  Sources sources;
  Diagnostics diagnostics;
  model::Inventory inventory;

  explicit Read(const std::vector<fuzz::Text>& texts) {
    std::vector<SourceId> ids;
    for (const fuzz::Text& text : texts) ids.push_back(sources.add(text.name, text.text));
    inventory = inventory::read(sources, ids, diagnostics);
  }
};

void check(const model::Inventory& inventory) {
  for (const model::Instance& instance : inventory.instances) {
    WEFT_ASSERT(!instance.name.empty(), "an instance has a name");
    WEFT_ASSERT(inventory.find(instance.name) == &instance, "names are unique");
    if (instance.host) {
      WEFT_ASSERT(static_cast<std::size_t>(*instance.host) < inventory.instances.size(), "the host exists");
      WEFT_ASSERT(!inventory[*instance.host].host, "a host is its own");
      WEFT_ASSERT(instance.addresses.empty(), "a workload of the host network has the addresses of its node");
    }
    for (const model::Address& address : instance.addresses) {
      WEFT_ASSERT(inventory.owner(address) == &instance, "addresses are unique");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A line `#### NAME` begins another text.
  std::vector<fuzz::Text> texts = fuzz::texts_of(data, size, "####", "input.yaml");
  const Read once(texts);
  fuzz::check(once.diagnostics, once.sources);
  check(once.inventory);

  std::ranges::reverse(texts);
  const Read reversed(texts);
  check(reversed.inventory);
  WEFT_ASSERT(once.diagnostics.has_errors() == reversed.diagnostics.has_errors(),
              "the order of the texts is no matter");
  return 0;
}
