#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/filters.h"
#include "runtime/namespaces.h"
#include "runtime/recover.h"

namespace weft::runtime {

/// Changes at interfaces with what undoes them, in whichever network namespaces. Unless committed, all is undone.
class Transaction {
 public:
  explicit Transaction(const BeforeStep& before_step) : before_step_(before_step) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { roll_back(); }

  /// An interface, and what hung there before the transaction.
  struct Place {
    const Ground& ground;
    std::uint32_t ifindex = 0;
    std::string name;
    bool is_node = false;

    std::string text() const { return ground.where.place(name); }
  };

  /// Errors of these: those of the calls in filters.h, W6012.
  Result<void> ensure_clsact(const Place& place);
  /// The gate of the new bundle at that hook, beside the former one.
  Result<void> attach(const Place& place, Side hook, Way way, int program_fd);
  /// All gates that share the flag judge from here on, by one store; none of them has before.
  Result<void> put_into_force(int flag);
  /// Takes away what hung there before and is still there beside the new gate.
  Result<void> detach_former(const Place& place, Side hook, Way way, int program_fd);
  Result<void> detach(const Place& place, const Filter& filter);
  Result<void> remove_clsact(const Place& place);

  void on_undo(std::function<Result<void>()> undo) { undo_.push_back(std::move(undo)); }
  /// Undoes everything, newest first; what could not be undone is returned.
  std::vector<std::string> roll_back();
  void commit() { undo_.clear(); }

 private:
  /// The gate that hung there before, held open from here on, or the kernel would drop it with its last gate.
  Result<std::shared_ptr<Descriptor>> hold(const Place& place, const Filter& gate) const;

  const BeforeStep& before_step_;
  std::vector<std::function<Result<void>()>> undo_;
};

}  // namespace weft::runtime
