#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "driver/texts.h"
#include "driver/unit_files.h"
#include "frontend/frontend.h"
#include "frontend/reread.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::verifier {
class InventoryMemory;
}

namespace weft::driver {

/// What the texts of a unit mean at one moment. It never changes, so another thread may look at it.
struct Meaning {
  std::uint64_t revision = 0;      ///< higher than that of every meaning before, in any unit
  Sources sources;                 ///< named as people see them, from the unit's directory
  std::vector<std::string> paths;  ///< by SourceId: absolute; of a standard module its name as in `std/core/dns.weft`
  std::vector<bool> built_in;      ///< by SourceId: a standard module
  model::Policy policy;
  std::shared_ptr<const model::Inventory> inventory;  ///< never null; empty where there is none
  std::shared_ptr<verifier::InventoryMemory> memory;  ///< of that inventory, from one meaning to the next
  bool has_inventory = false;
  std::vector<SourceId> inventories{};  ///< the texts it was read from
  bool understood = false;              ///< no error so far: proofs are of what was written
  Diagnostics diagnostics;
  model::Moment now = model::before_all;
};

/// One policy of a workspace, kept up to date by doing again only what an edit touches: a statement that stays the same
/// is not parsed again, an inventory not read again. One thread.
class Unit {
 public:
  /// `preferences` outlive the unit, and change only before `files_changed`.
  Unit(UnitName name, Texts& texts, const Preferences& preferences);

  const UnitName& name() const { return name_; }

  /// To be called when files have come or gone, or a project file has changed.
  void files_changed() { files_stale_ = true; }
  /// Looks at the texts again; true if anything is not as it was, and there is a new meaning of that revision.
  bool refresh(model::Moment now, std::uint64_t revision);

  /// All the following are of the last `refresh`.
  const std::shared_ptr<const Meaning>& meaning() const { return meaning_; }
  /// The files as they are written, those that are imported last.
  const std::vector<frontend::ast::File>& files() const { return files_; }
  /// The text at this path, where it is part of the unit.
  std::optional<SourceId> source(const std::string& path) const;
  bool is_policy(SourceId source) const;
  const LintLevels& levels() const { return levels_; }

 private:
  class Imports;

  /// One text, for as long as the set of files is the same; its place is its SourceId.
  struct Slot {
    std::string path;  ///< of a module "std.core.dns"
    std::string shown;
    bool module = false;
    Texts::Text text{};
    bool parsed = false;           ///< `last.file` and `findings` are of `text`
    frontend::LastReading last{};  ///< its `file` while that is not among `files_`
    frontend::ast::Lost lost{};    ///< in it alone: imports that fail add to what `file` has
    Diagnostics findings{};
  };

  bool read_files();
  std::optional<SourceId> slot_of(const std::string& path);
  SourceId add_slot(Slot slot);
  void parse(SourceId source, bool library);
  void read_policy(Meaning& out);
  void follow_imports(Meaning& out);
  void read_inventory(Meaning& out);
  std::string shown_name(const std::string& path) const;

  UnitName name_;
  Texts& texts_;
  const Preferences& preferences_;
  bool files_stale_ = true;
  UnitFiles given_;
  LintLevels levels_;
  std::vector<Slot> slots_;
  std::vector<Slot> former_;  ///< of before the files changed: what has kept its place is not read again
  std::map<std::string, SourceId, std::less<>> by_path_;
  std::vector<frontend::ast::File> files_;
  std::shared_ptr<const Meaning> meaning_;

  std::vector<SourceId> inventory_ids_;
  std::vector<Texts::Text> inventory_texts_;
  std::shared_ptr<const model::Inventory> inventory_;
  std::shared_ptr<verifier::InventoryMemory> memory_;
  Diagnostics inventory_findings_;
};

}  // namespace weft::driver
