#include "model/inventory.h"

namespace weft::model {

void Inventory::index() {
  by_name_.clear();
  by_address_.clear();
  world = Peer{};
  world.apiserver = apiserver;
  for (std::uint32_t i = 0; i < instances.size(); ++i) {
    Instance& instance = instances[i];
    instance.peer.apiserver = apiserver;
    by_name_.emplace(instance.name, InstanceId{i});
    for (const Address& address : instance.addresses) by_address_.emplace(address, InstanceId{i});
  }
}

const Instance* Inventory::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &(*this)[found->second];
}

const Instance* Inventory::owner(const Address& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : &(*this)[found->second];
}

End Inventory::end(const Address& address) const {
  const Instance* instance = owner(address);
  return {instance ? &instance->peer : &world, address};
}

}  // namespace weft::model
