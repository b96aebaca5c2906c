#include "runtime/transaction.h"

#include <fmt/format.h>

#include <cerrno>
#include <memory>

#include "runtime/kernel_object.h"

namespace weft::runtime {
namespace {

/// At clsact the new gate takes the place of the former one, elsewhere it comes beside it.
bool comes_beside(const Filter* former, Way way) {
  return former != nullptr && (former->way != Way::Clsact || way != Way::Clsact);
}

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
  if (comes_beside(former, way)) {
    undo_.push_back(there(place.ground.where,
                          [=, ifindex = place.ifindex, name = place.name, way = former->way, id = former->program_id] {
                            return detach_gates_but(ifindex, name, hook, way, id);
                          }));
  } else if (auto undoable = prepare_undo(place, hook); !undoable) {
    return undoable;
  }
  return inside(place.ground.where, [&] { return attach_gate(place.ifindex, place.name, hook, way, program_fd); });
}

Result<void> Transaction::detach_former(const Place& place, Side hook, Way way, int program_fd) {
  if (!comes_beside(place.ground.hooks.our_gate(place.ifindex, hook), way)) return {};
  const std::string_view gate = gate_name(gate_at(hook, place.is_node));
  if (auto asked = ask(before_step_, fmt::format("detach the former {} from `{}`", gate, place.text())); !asked) {
    return asked;
  }
  if (auto undoable = prepare_undo(place, hook); !undoable) return undoable;
  return inside(place.ground.where,
                [&] { return detach_gates_but(place.ifindex, place.name, hook, way, program_info(program_fd).id); });
}

Result<void> Transaction::detach(const Place& place, const Filter& filter) {
  const std::string_view gate = gate_name(filter.gate());
  if (auto asked = ask(before_step_, fmt::format("detach the {} from `{}`", gate, place.text())); !asked) return asked;
  if (auto undoable = prepare_undo(place, filter.side); !undoable) return undoable;
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

Result<void> Transaction::prepare_undo(const Place& place, Side hook) {
  const auto ifindex = place.ifindex;
  const Filter* const gate = place.ground.hooks.our_gate(ifindex, hook);
  if (gate == nullptr) {
    undo_.push_back(there(place.ground.where, [=, name = place.name] { return detach_gate(ifindex, name, hook); }));
    return {};
  }
  // Held open from here on, or the kernel would drop it with its last gate.
  auto former = std::make_shared<Descriptor>(program_by_id(gate->program_id));
  if (!former->valid()) {
    return kernel_failure(errno, "W6008", fmt::format("keep the program that is attached to `{}`", place.text()));
  }
  undo_.push_back(there(place.ground.where, [=, name = place.name, way = gate->way] {
    return attach_gate(ifindex, name, hook, way, former->get());
  }));
  return {};
}

}  // namespace weft::runtime
