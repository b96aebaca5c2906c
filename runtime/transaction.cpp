#include "runtime/transaction.h"

#include <fmt/format.h>

#include <cerrno>
#include <memory>

#include "runtime/kernel_object.h"
#include "runtime/waiting.h"

namespace weft::runtime {
namespace {

/// Does `undo` in the namespace of the place, wherever the thread is by then.
std::function<Result<void>()> there(const Namespace& where, std::function<Result<void>()> undo) {
  return [where, undo = std::move(undo)] { return inside(where, undo); };
}

}  // namespace

Result<void> Transaction::ensure_clsact(const Place& place) {
  if (place.ground.hooks.clsact.contains(place.ifindex)) return {};
  if (auto asked = ask(before_step_, fmt::format("create the clsact qdisc of `{}`", place.text())); !asked)
    return asked;
  // Before the change, not after: a call that fails half-way must be undone too.
  const auto ifindex = place.ifindex;
  undo_.push_back(there(place.ground.where, [=, name = place.name] { return destroy_clsact(ifindex, name); }));
  return inside(place.ground.where, [&] { return create_clsact(ifindex, place.name); });
}

Result<void> Transaction::attach(const Place& place, Side hook, Way way, int program_fd) {
  const std::string_view gate = gate_name(gate_at(hook, place.is_node));
  if (auto asked = ask(before_step_, fmt::format("attach the {} to `{}`", gate, place.text())); !asked) return asked;
  const Filter* const former = place.ground.hooks.our_gate(place.ifindex, hook);
  const auto ifindex = place.ifindex;
  undo_.push_back(there(place.ground.where, [=, name = place.name, former_way = former ? former->way : way,
                                             id = former ? former->program_id : 0] {
    return id == 0 ? detach_gate(ifindex, name, hook) : detach_gate_beside(ifindex, name, hook, former_way, id);
  }));
  const auto hang = former != nullptr && former->way == way ? attach_gate_beside : attach_gate;
  return inside(place.ground.where, [&] { return hang(ifindex, place.name, hook, way, program_fd); });
}

Result<void> Transaction::put_into_force(int flag) {
  if (auto asked = ask(before_step_, "put the new gates into force"); !asked) return asked;
  undo_.push_back([flag] { return set_waiting(flag, true); });
  return set_waiting(flag, false);
}

Result<void> Transaction::detach_former(const Place& place, Side hook, Way way, int program_fd) {
  const Filter* const former = place.ground.hooks.our_gate(place.ifindex, hook);
  if (former == nullptr) return {};
  const std::string_view gate = gate_name(gate_at(hook, place.is_node));
  if (auto asked = ask(before_step_, fmt::format("detach the former {} from `{}`", gate, place.text())); !asked) {
    return asked;
  }
  const auto held = hold(place, *former);
  if (!held) return std::unexpected(held.error());
  const auto ifindex = place.ifindex;
  undo_.push_back(there(place.ground.where,
                        [=, name = place.name, former_way = former->way, former_program = *held]() -> Result<void> {
                          // The new gate keeps the word until all former ones are back: it makes room for the one
                          // behind it.
                          if (former_way == Way::Clsact && way == Way::Clsact) {
                            if (auto moved = attach_gate_beside(ifindex, name, hook, way, program_fd); !moved)
                              return moved;
                          }
                          return attach_gate(ifindex, name, hook, former_way, former_program->get());
                        }));
  return inside(place.ground.where, [&] { return settle_gate(ifindex, place.name, hook, way, program_fd); });
}

Result<void> Transaction::detach(const Place& place, const Filter& filter) {
  const std::string_view gate = gate_name(filter.gate());
  if (auto asked = ask(before_step_, fmt::format("detach the {} from `{}`", gate, place.text())); !asked) return asked;
  const auto held = hold(place, filter);
  if (!held) return std::unexpected(held.error());
  undo_.push_back(
      there(place.ground.where, [=, ifindex = place.ifindex, name = place.name, hook = filter.side, way = filter.way,
                                 former = *held] { return attach_gate(ifindex, name, hook, way, former->get()); }));
  return inside(place.ground.where, [&] { return detach_gate(place.ifindex, place.name, filter.side); });
}

Result<void> Transaction::remove_clsact(const Place& place) {
  if (auto asked = ask(before_step_, fmt::format("remove the clsact qdisc of `{}`", place.text())); !asked)
    return asked;
  // Undoing runs newest first: the qdisc is back before its filters are.
  const auto ifindex = place.ifindex;
  undo_.push_back(there(place.ground.where, [=, name = place.name] { return create_clsact(ifindex, name); }));
  return inside(place.ground.where, [&] { return destroy_clsact(ifindex, place.name); });
}

std::vector<std::string> Transaction::roll_back() {
  std::vector<std::string> trouble;
  for (; !undo_.empty(); undo_.pop_back()) {
    // An interface that is gone has nothing on it.
    if (const auto undone = undo_.back()(); !undone && undone.error().code != "W6004") {
      trouble.push_back(undone.error().message);
    }
  }
  return trouble;
}

Result<std::shared_ptr<Descriptor>> Transaction::hold(const Place& place, const Filter& gate) const {
  auto former = std::make_shared<Descriptor>(program_by_id(gate.program_id));
  if (former->valid()) return former;
  return kernel_failure(errno, "W6008", fmt::format("keep the program that is attached to `{}`", place.text()));
}

}  // namespace weft::runtime
